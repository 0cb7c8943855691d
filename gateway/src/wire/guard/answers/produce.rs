//! Layouts of the answers about produced batches and transactions, after Apache Kafka's message
//! definitions.

use super::{I16, I32, I64, UUID, groups::COMMITTED_TOPIC, plain};
use crate::wire::guard::{Field, Layout, Message, Shape};

const TEXT: Shape = Shape::Text;

/// Produce, 3-13.
pub static PRODUCE: Message = Message {
    api_key: 0,
    versions: (3, 13),
    flexible_since: 9,
    body: Layout {
        fields: &[Field::new(Shape::Array(&PRODUCED_TOPIC)), Field::new(I32)],
        tags: &[(0, Shape::Array(&NODE_ENDPOINT))],
    },
};
static PRODUCED_TOPIC: Layout = plain(&[
    Field::between(TEXT, 0, 12),
    Field::since(UUID, 13),
    Field::new(Shape::Array(&PRODUCED_PARTITION)),
]);
static PRODUCED_PARTITION: Layout = Layout {
    fields: &[
        Field::new(I32),
        Field::new(I16),
        Field::new(I64),
        Field::new(I64),
        Field::since(I64, 5),
        Field::since(Shape::Array(&RECORD_ERROR), 8),
        Field::since(TEXT, 8),
    ],
    tags: &[(0, Shape::Struct(&CURRENT_LEADER))],
};
static RECORD_ERROR: Layout = plain(&[Field::new(I32), Field::new(TEXT)]);
static CURRENT_LEADER: Layout = plain(&[Field::new(I32), Field::new(I32)]);
static NODE_ENDPOINT: Layout =
    plain(&[Field::new(I32), Field::new(TEXT), Field::new(I32), Field::new(TEXT)]);

/// InitProducerId, 0-5.
pub static INIT_PRODUCER_ID: Message = Message {
    api_key: 22,
    versions: (0, 5),
    flexible_since: 2,
    body: plain(&[Field::new(I32), Field::new(I16), Field::new(I64), Field::new(I16)]),
};

/// AddPartitionsToTxn, 0-3: from 4 on it is between brokers.
pub static ADD_PARTITIONS_TO_TXN: Message = Message {
    api_key: 24,
    versions: (0, 3),
    flexible_since: 3,
    body: plain(&[Field::new(I32), Field::new(Shape::Array(&COMMITTED_TOPIC))]),
};

/// AddOffsetsToTxn, 0-4.
pub static ADD_OFFSETS_TO_TXN: Message = Message {
    api_key: 25,
    versions: (0, 4),
    flexible_since: 3,
    body: plain(&[Field::new(I32), Field::new(I16)]),
};

/// EndTxn, 0-4: from 5 on it means transactions that the gateway does not carry (KIP-890).
pub static END_TXN: Message = Message {
    api_key: 26,
    versions: (0, 4),
    flexible_since: 3,
    body: plain(&[Field::new(I32), Field::new(I16)]),
};

/// TxnOffsetCommit, 0-4.
pub static TXN_OFFSET_COMMIT: Message = Message {
    api_key: 28,
    versions: (0, 4),
    flexible_since: 3,
    body: plain(&[Field::new(I32), Field::new(Shape::Array(&COMMITTED_TOPIC))]),
};
