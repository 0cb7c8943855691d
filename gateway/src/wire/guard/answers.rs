//! Layouts of the answers that the gateway decodes with the message codec, after Apache Kafka's
//! message definitions. Fetch answers are not here: `fetch_answer` reads them itself.

use super::{Field, Layout, Message, Shape};

mod groups;
mod produce;

/// Every described answer.
pub static ALL: &[&Message] = &[
    &API_VERSIONS,
    &SASL_HANDSHAKE,
    &SASL_AUTHENTICATE,
    &METADATA,
    &LIST_OFFSETS,
    &DESCRIBE_CONFIGS,
    &OFFSET_FOR_LEADER_EPOCH,
    &groups::FIND_COORDINATOR,
    &groups::JOIN_GROUP,
    &groups::HEARTBEAT,
    &groups::LEAVE_GROUP,
    &groups::SYNC_GROUP,
    &groups::OFFSET_COMMIT,
    &groups::OFFSET_FETCH,
    &groups::DESCRIBE_GROUPS,
    &groups::LIST_GROUPS,
    &groups::DELETE_GROUPS,
    &groups::OFFSET_DELETE,
    &produce::PRODUCE,
    &produce::INIT_PRODUCER_ID,
    &produce::ADD_PARTITIONS_TO_TXN,
    &produce::ADD_OFFSETS_TO_TXN,
    &produce::END_TXN,
    &produce::TXN_OFFSET_COMMIT,
];

const I8: Shape = Shape::Fixed(1);
const BOOLEAN: Shape = Shape::Fixed(1);
const I16: Shape = Shape::Fixed(2);
const I32: Shape = Shape::Fixed(4);
const I64: Shape = Shape::Fixed(8);
const UUID: Shape = Shape::Fixed(16);

const fn plain(fields: &'static [Field]) -> Layout {
    Layout { fields, tags: &[] }
}

/// ApiVersions, 0-4.
pub static API_VERSIONS: Message = Message {
    api_key: 18,
    versions: (0, 4),
    flexible_since: 3,
    body: Layout {
        fields: &[Field::new(I16), Field::new(Shape::Array(&RANGE)), Field::since(I32, 1)],
        tags: &[(0, Shape::Array(&FEATURE)), (1, I64), (2, Shape::Array(&FEATURE)), (3, BOOLEAN)],
    },
};
static RANGE: Layout = plain(&[Field::new(I16), Field::new(I16), Field::new(I16)]);
static FEATURE: Layout = plain(&[Field::new(Shape::Text), Field::new(I16), Field::new(I16)]);

/// SaslHandshake, 0-1.
pub static SASL_HANDSHAKE: Message = Message {
    api_key: 17,
    versions: (0, 1),
    flexible_since: i16::MAX,
    body: plain(&[Field::new(I16), Field::new(Shape::List(&Shape::Text))]),
};

/// SaslAuthenticate, 0-2.
pub static SASL_AUTHENTICATE: Message = Message {
    api_key: 36,
    versions: (0, 2),
    flexible_since: 2,
    body: plain(&[
        Field::new(I16),
        Field::new(Shape::Text),
        Field::new(Shape::Blob),
        Field::since(I64, 1),
    ]),
};

/// Metadata, 0-13.
pub static METADATA: Message = Message {
    api_key: 3,
    versions: (0, 13),
    flexible_since: 9,
    body: plain(&[
        Field::since(I32, 3),
        Field::new(Shape::Array(&METADATA_BROKER)),
        Field::since(Shape::Text, 2),
        Field::since(I32, 1),
        Field::new(Shape::Array(&METADATA_TOPIC)),
        Field::between(I32, 8, 10),
        Field::since(I16, 13),
    ]),
};
static METADATA_BROKER: Layout = plain(&[
    Field::new(I32),
    Field::new(Shape::Text),
    Field::new(I32),
    Field::since(Shape::Text, 1),
]);
static METADATA_TOPIC: Layout = plain(&[
    Field::new(I16),
    Field::new(Shape::Text),
    Field::since(UUID, 10),
    Field::since(BOOLEAN, 1),
    Field::new(Shape::Array(&METADATA_PARTITION)),
    Field::since(I32, 8),
]);
static METADATA_PARTITION: Layout = plain(&[
    Field::new(I16),
    Field::new(I32),
    Field::new(I32),
    Field::since(I32, 7),
    Field::new(Shape::List(&I32)),
    Field::new(Shape::List(&I32)),
    Field::since(Shape::List(&I32), 5),
]);

/// ListOffsets, 1-10.
pub static LIST_OFFSETS: Message = Message {
    api_key: 2,
    versions: (1, 10),
    flexible_since: 6,
    body: plain(&[Field::since(I32, 2), Field::new(Shape::Array(&OFFSETS_TOPIC))]),
};
static OFFSETS_TOPIC: Layout =
    plain(&[Field::new(Shape::Text), Field::new(Shape::Array(&OFFSETS_PARTITION))]);
static OFFSETS_PARTITION: Layout = plain(&[
    Field::new(I32),
    Field::new(I16),
    Field::new(I64),
    Field::new(I64),
    Field::since(I32, 4),
]);

/// DescribeConfigs, 1-4.
pub static DESCRIBE_CONFIGS: Message = Message {
    api_key: 32,
    versions: (1, 4),
    flexible_since: 4,
    body: plain(&[Field::new(I32), Field::new(Shape::Array(&CONFIG_RESULT))]),
};
static CONFIG_RESULT: Layout = plain(&[
    Field::new(I16),
    Field::new(Shape::Text),
    Field::new(I8),
    Field::new(Shape::Text),
    Field::new(Shape::Array(&CONFIG_ENTRY)),
]);
static CONFIG_ENTRY: Layout = plain(&[
    Field::new(Shape::Text),
    Field::new(Shape::Text),
    Field::new(BOOLEAN),
    Field::new(I8),
    Field::new(BOOLEAN),
    Field::new(Shape::Array(&CONFIG_SYNONYM)),
    Field::since(I8, 3),
    Field::since(Shape::Text, 3),
]);
static CONFIG_SYNONYM: Layout =
    plain(&[Field::new(Shape::Text), Field::new(Shape::Text), Field::new(I8)]);

/// OffsetForLeaderEpoch, 2-4.
pub static OFFSET_FOR_LEADER_EPOCH: Message = Message {
    api_key: 23,
    versions: (2, 4),
    flexible_since: 4,
    body: plain(&[Field::new(I32), Field::new(Shape::Array(&EPOCH_TOPIC))]),
};
static EPOCH_TOPIC: Layout =
    plain(&[Field::new(Shape::Text), Field::new(Shape::Array(&EPOCH_PARTITION))]);
static EPOCH_PARTITION: Layout =
    plain(&[Field::new(I16), Field::new(I32), Field::new(I32), Field::new(I64)]);
