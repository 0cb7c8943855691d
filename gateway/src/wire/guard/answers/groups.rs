//! Layouts of the answers about consumer groups and their coordinators, after Apache Kafka's
//! message definitions.

use super::{BOOLEAN, I16, I32, I64, UUID, plain};
use crate::wire::guard::{Field, Layout, Message, Shape};

const TEXT: Shape = Shape::Text;
const BLOB: Shape = Shape::Blob;

/// FindCoordinator, 0-6.
pub static FIND_COORDINATOR: Message = Message {
    api_key: 10,
    versions: (0, 6),
    flexible_since: 3,
    body: plain(&[
        Field::since(I32, 1),
        Field::between(I16, 0, 3),
        Field::between(TEXT, 1, 3),
        Field::between(I32, 0, 3),
        Field::between(TEXT, 0, 3),
        Field::between(I32, 0, 3),
        Field::since(Shape::Array(&COORDINATOR), 4),
    ]),
};
static COORDINATOR: Layout = plain(&[
    Field::new(TEXT),
    Field::new(I32),
    Field::new(TEXT),
    Field::new(I32),
    Field::new(I16),
    Field::new(TEXT),
]);

/// JoinGroup, 0-9.
pub static JOIN_GROUP: Message = Message {
    api_key: 11,
    versions: (0, 9),
    flexible_since: 6,
    body: plain(&[
        Field::since(I32, 2),
        Field::new(I16),
        Field::new(I32),
        Field::since(TEXT, 7),
        Field::new(TEXT),
        Field::new(TEXT),
        Field::since(BOOLEAN, 9),
        Field::new(TEXT),
        Field::new(Shape::Array(&JOINED_MEMBER)),
    ]),
};
static JOINED_MEMBER: Layout = plain(&[Field::new(TEXT), Field::since(TEXT, 5), Field::new(BLOB)]);

/// Heartbeat, 0-4.
pub static HEARTBEAT: Message = Message {
    api_key: 12,
    versions: (0, 4),
    flexible_since: 4,
    body: plain(&[Field::since(I32, 1), Field::new(I16)]),
};

/// LeaveGroup, 0-5.
pub static LEAVE_GROUP: Message = Message {
    api_key: 13,
    versions: (0, 5),
    flexible_since: 4,
    body: plain(&[
        Field::since(I32, 1),
        Field::new(I16),
        Field::since(Shape::Array(&LEFT_MEMBER), 3),
    ]),
};
static LEFT_MEMBER: Layout = plain(&[Field::new(TEXT), Field::new(TEXT), Field::new(I16)]);

/// SyncGroup, 0-5.
pub static SYNC_GROUP: Message = Message {
    api_key: 14,
    versions: (0, 5),
    flexible_since: 4,
    body: plain(&[
        Field::since(I32, 1),
        Field::new(I16),
        Field::since(TEXT, 5),
        Field::since(TEXT, 5),
        Field::new(BLOB),
    ]),
};

/// OffsetCommit, 2-9.
pub static OFFSET_COMMIT: Message = Message {
    api_key: 8,
    versions: (2, 9),
    flexible_since: 8,
    body: plain(&[Field::since(I32, 3), Field::new(Shape::Array(&COMMITTED_TOPIC))]),
};
pub(super) static COMMITTED_TOPIC: Layout =
    plain(&[Field::new(TEXT), Field::new(Shape::Array(&COMMITTED_PARTITION))]);
static COMMITTED_PARTITION: Layout = plain(&[Field::new(I32), Field::new(I16)]);

/// OffsetFetch, 1-10.
pub static OFFSET_FETCH: Message = Message {
    api_key: 9,
    versions: (1, 10),
    flexible_since: 6,
    body: plain(&[
        Field::since(I32, 3),
        Field::between(Shape::Array(&FETCHED_TOPIC), 1, 7),
        Field::between(I16, 2, 7),
        Field::since(Shape::Array(&FETCHED_GROUP), 8),
    ]),
};
static FETCHED_GROUP: Layout =
    plain(&[Field::new(TEXT), Field::new(Shape::Array(&FETCHED_TOPIC)), Field::new(I16)]);
static FETCHED_TOPIC: Layout = plain(&[
    Field::between(TEXT, 0, 9),
    Field::since(UUID, 10),
    Field::new(Shape::Array(&FETCHED_PARTITION)),
]);
static FETCHED_PARTITION: Layout = plain(&[
    Field::new(I32),
    Field::new(I64),
    Field::since(I32, 5),
    Field::new(TEXT),
    Field::new(I16),
]);

/// DescribeGroups, 0-6.
pub static DESCRIBE_GROUPS: Message = Message {
    api_key: 15,
    versions: (0, 6),
    flexible_since: 5,
    body: plain(&[Field::since(I32, 1), Field::new(Shape::Array(&DESCRIBED_GROUP))]),
};
static DESCRIBED_GROUP: Layout = plain(&[
    Field::new(I16),
    Field::since(TEXT, 6),
    Field::new(TEXT),
    Field::new(TEXT),
    Field::new(TEXT),
    Field::new(TEXT),
    Field::new(Shape::Array(&DESCRIBED_MEMBER)),
    Field::since(I32, 3),
]);
static DESCRIBED_MEMBER: Layout = plain(&[
    Field::new(TEXT),
    Field::since(TEXT, 4),
    Field::new(TEXT),
    Field::new(TEXT),
    Field::new(BLOB),
    Field::new(BLOB),
]);

/// ListGroups, 0-5.
pub static LIST_GROUPS: Message = Message {
    api_key: 16,
    versions: (0, 5),
    flexible_since: 3,
    body: plain(&[Field::since(I32, 1), Field::new(I16), Field::new(Shape::Array(&LISTED_GROUP))]),
};
static LISTED_GROUP: Layout =
    plain(&[Field::new(TEXT), Field::new(TEXT), Field::since(TEXT, 4), Field::since(TEXT, 5)]);

/// DeleteGroups, 0-2.
pub static DELETE_GROUPS: Message = Message {
    api_key: 42,
    versions: (0, 2),
    flexible_since: 2,
    body: plain(&[Field::new(I32), Field::new(Shape::Array(&DELETED_GROUP))]),
};
static DELETED_GROUP: Layout = plain(&[Field::new(TEXT), Field::new(I16)]);

/// OffsetDelete, 0.
pub static OFFSET_DELETE: Message = Message {
    api_key: 47,
    versions: (0, 0),
    flexible_since: i16::MAX,
    body: plain(&[Field::new(I16), Field::new(I32), Field::new(Shape::Array(&COMMITTED_TOPIC))]),
};
