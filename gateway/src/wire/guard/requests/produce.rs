//! Layouts of the requests that write: batches and transactions, after Apache Kafka's message
//! definitions. Record batches are bytes here; `kafka::produce` looks into their headers.

use crate::wire::guard::{Field, Layout, Message, Shape};

/// Every described request of this group.
pub static ALL: &[&Message] = &[
    &PRODUCE,
    &INIT_PRODUCER_ID,
    &ADD_PARTITIONS_TO_TXN,
    &ADD_OFFSETS_TO_TXN,
    &END_TXN,
    &TXN_OFFSET_COMMIT,
];

const TEXT: Shape = Shape::Text;
const BOOLEAN: Shape = Shape::Fixed(1);
const I16: Shape = Shape::Fixed(2);
const I32: Shape = Shape::Fixed(4);
const I64: Shape = Shape::Fixed(8);
const UUID: Shape = Shape::Fixed(16);

const fn plain(fields: &'static [Field]) -> Layout {
    Layout { fields, tags: &[] }
}

/// Produce, 3-13.
pub static PRODUCE: Message = Message {
    api_key: 0,
    versions: (3, 13),
    flexible_since: 9,
    body: plain(&[
        Field::new(TEXT),
        Field::new(I16),
        Field::new(I32),
        Field::new(Shape::Array(&PRODUCED_TOPIC)),
    ]),
};
static PRODUCED_TOPIC: Layout = plain(&[
    Field::between(TEXT, 0, 12),
    Field::since(UUID, 13),
    Field::new(Shape::Array(&PRODUCED_PARTITION)),
]);
static PRODUCED_PARTITION: Layout = plain(&[Field::new(I32), Field::new(Shape::Blob)]);

/// InitProducerId, 0-5.
pub static INIT_PRODUCER_ID: Message = Message {
    api_key: 22,
    versions: (0, 5),
    flexible_since: 2,
    body: plain(&[Field::new(TEXT), Field::new(I32), Field::since(I64, 3), Field::since(I16, 3)]),
};

/// AddPartitionsToTxn, 0-3: from 4 on it is between brokers.
pub static ADD_PARTITIONS_TO_TXN: Message = Message {
    api_key: 24,
    versions: (0, 3),
    flexible_since: 3,
    body: plain(&[
        Field::new(TEXT),
        Field::new(I64),
        Field::new(I16),
        Field::new(Shape::Array(&ADDED_TOPIC)),
    ]),
};
static ADDED_TOPIC: Layout = plain(&[Field::new(TEXT), Field::new(Shape::List(&I32))]);

/// AddOffsetsToTxn, 0-4.
pub static ADD_OFFSETS_TO_TXN: Message = Message {
    api_key: 25,
    versions: (0, 4),
    flexible_since: 3,
    body: plain(&[Field::new(TEXT), Field::new(I64), Field::new(I16), Field::new(TEXT)]),
};

/// EndTxn, 0-4.
pub static END_TXN: Message = Message {
    api_key: 26,
    versions: (0, 4),
    flexible_since: 3,
    body: plain(&[Field::new(TEXT), Field::new(I64), Field::new(I16), Field::new(BOOLEAN)]),
};

/// TxnOffsetCommit, 0-4.
pub static TXN_OFFSET_COMMIT: Message = Message {
    api_key: 28,
    versions: (0, 4),
    flexible_since: 3,
    body: plain(&[
        Field::new(TEXT),
        Field::new(TEXT),
        Field::new(I64),
        Field::new(I16),
        Field::since(I32, 3),
        Field::since(TEXT, 3),
        Field::since(TEXT, 3),
        Field::new(Shape::Array(&COMMITTED_TOPIC)),
    ]),
};
static COMMITTED_TOPIC: Layout =
    plain(&[Field::new(TEXT), Field::new(Shape::Array(&COMMITTED_PARTITION))]);
static COMMITTED_PARTITION: Layout =
    plain(&[Field::new(I32), Field::new(I64), Field::since(I32, 2), Field::new(TEXT)]);
