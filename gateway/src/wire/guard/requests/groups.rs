//! Layouts of the requests about consumer groups, after Apache Kafka's message definitions.

use crate::wire::guard::{Field, Layout, Message, Shape};

/// Every described request of this group.
pub static ALL: &[&Message] = &[
    &OFFSET_COMMIT,
    &OFFSET_FETCH,
    &JOIN_GROUP,
    &HEARTBEAT,
    &LEAVE_GROUP,
    &SYNC_GROUP,
    &DESCRIBE_GROUPS,
    &LIST_GROUPS,
    &DELETE_GROUPS,
    &OFFSET_DELETE,
];

const TEXT: Shape = Shape::Text;
const BLOB: Shape = Shape::Blob;
const BOOLEAN: Shape = Shape::Fixed(1);
const I32: Shape = Shape::Fixed(4);
const I64: Shape = Shape::Fixed(8);

const fn plain(fields: &'static [Field]) -> Layout {
    Layout { fields, tags: &[] }
}

/// OffsetCommit, 2-9.
pub static OFFSET_COMMIT: Message = Message {
    api_key: 8,
    versions: (2, 9),
    flexible_since: 8,
    body: plain(&[
        Field::new(TEXT),
        Field::new(I32),
        Field::new(TEXT),
        Field::since(TEXT, 7),
        Field::between(I64, 2, 4),
        Field::new(Shape::Array(&COMMITTED_TOPIC)),
    ]),
};
static COMMITTED_TOPIC: Layout =
    plain(&[Field::new(TEXT), Field::new(Shape::Array(&COMMITTED_PARTITION))]);
static COMMITTED_PARTITION: Layout =
    plain(&[Field::new(I32), Field::new(I64), Field::since(I32, 6), Field::new(TEXT)]);

/// OffsetFetch, 1-9.
pub static OFFSET_FETCH: Message = Message {
    api_key: 9,
    versions: (1, 9),
    flexible_since: 6,
    body: plain(&[
        Field::between(TEXT, 1, 7),
        Field::between(Shape::Array(&TOPIC_PARTITIONS), 1, 7),
        Field::since(Shape::Array(&FETCHED_GROUP), 8),
        Field::since(BOOLEAN, 7),
    ]),
};
static FETCHED_GROUP: Layout = plain(&[
    Field::new(TEXT),
    Field::since(TEXT, 9),
    Field::since(I32, 9),
    Field::new(Shape::Array(&TOPIC_PARTITIONS)),
]);
static TOPIC_PARTITIONS: Layout = plain(&[Field::new(TEXT), Field::new(Shape::List(&I32))]);

/// JoinGroup, 0-9.
pub static JOIN_GROUP: Message = Message {
    api_key: 11,
    versions: (0, 9),
    flexible_since: 6,
    body: plain(&[
        Field::new(TEXT),
        Field::new(I32),
        Field::since(I32, 1),
        Field::new(TEXT),
        Field::since(TEXT, 5),
        Field::new(TEXT),
        Field::new(Shape::Array(&PROTOCOL)),
        Field::since(TEXT, 8),
    ]),
};
static PROTOCOL: Layout = plain(&[Field::new(TEXT), Field::new(BLOB)]);

/// Heartbeat, 0-4.
pub static HEARTBEAT: Message = Message {
    api_key: 12,
    versions: (0, 4),
    flexible_since: 4,
    body: plain(&[Field::new(TEXT), Field::new(I32), Field::new(TEXT), Field::since(TEXT, 3)]),
};

/// LeaveGroup, 0-5.
pub static LEAVE_GROUP: Message = Message {
    api_key: 13,
    versions: (0, 5),
    flexible_since: 4,
    body: plain(&[
        Field::new(TEXT),
        Field::between(TEXT, 0, 2),
        Field::since(Shape::Array(&LEAVING_MEMBER), 3),
    ]),
};
static LEAVING_MEMBER: Layout = plain(&[Field::new(TEXT), Field::new(TEXT), Field::since(TEXT, 5)]);

/// SyncGroup, 0-5.
pub static SYNC_GROUP: Message = Message {
    api_key: 14,
    versions: (0, 5),
    flexible_since: 4,
    body: plain(&[
        Field::new(TEXT),
        Field::new(I32),
        Field::new(TEXT),
        Field::since(TEXT, 3),
        Field::since(TEXT, 5),
        Field::since(TEXT, 5),
        Field::new(Shape::Array(&ASSIGNMENT)),
    ]),
};
static ASSIGNMENT: Layout = plain(&[Field::new(TEXT), Field::new(BLOB)]);

/// DescribeGroups, 0-6.
pub static DESCRIBE_GROUPS: Message = Message {
    api_key: 15,
    versions: (0, 6),
    flexible_since: 5,
    body: plain(&[Field::new(Shape::List(&TEXT)), Field::since(BOOLEAN, 3)]),
};

/// ListGroups, 0-5.
pub static LIST_GROUPS: Message = Message {
    api_key: 16,
    versions: (0, 5),
    flexible_since: 3,
    body: plain(&[Field::since(Shape::List(&TEXT), 4), Field::since(Shape::List(&TEXT), 5)]),
};

/// DeleteGroups, 0-2.
pub static DELETE_GROUPS: Message = Message {
    api_key: 42,
    versions: (0, 2),
    flexible_since: 2,
    body: plain(&[Field::new(Shape::List(&TEXT))]),
};

/// OffsetDelete, 0.
pub static OFFSET_DELETE: Message = Message {
    api_key: 47,
    versions: (0, 0),
    flexible_since: i16::MAX,
    body: plain(&[Field::new(TEXT), Field::new(Shape::Array(&DELETED_TOPIC))]),
};
static DELETED_TOPIC: Layout =
    plain(&[Field::new(TEXT), Field::new(Shape::Array(&DELETED_PARTITION))]);
static DELETED_PARTITION: Layout = plain(&[Field::new(I32)]);
