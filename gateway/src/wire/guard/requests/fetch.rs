//! Layouts of the requests that read: Fetch, ListOffsets, OffsetForLeaderEpoch.

use super::super::{Field, Layout, Message, Shape};

/// Every described request of this group.
pub static ALL: &[&Message] = &[&FETCH, &LIST_OFFSETS, &OFFSET_FOR_LEADER_EPOCH];

const I8: Shape = Shape::Fixed(1);
const I32: Shape = Shape::Fixed(4);
const I64: Shape = Shape::Fixed(8);
const UUID: Shape = Shape::Fixed(16);

const fn plain(fields: &'static [Field]) -> Layout {
    Layout { fields, tags: &[] }
}

/// Fetch, 4-17.
pub static FETCH: Message = Message {
    api_key: 1,
    versions: (4, 17),
    flexible_since: 12,
    body: Layout {
        fields: &[
            Field::between(I32, 0, 14), // replica id
            Field::new(I32),
            Field::new(I32),
            Field::since(I32, 3),
            Field::since(I8, 4),
            Field::since(I32, 7),
            Field::since(I32, 7),
            Field::new(Shape::Array(&FETCH_TOPIC)),
            Field::since(Shape::Array(&FORGOTTEN_TOPIC), 7),
            Field::since(Shape::Text, 11),
        ],
        tags: &[(0, Shape::Text), (1, Shape::Struct(&REPLICA_STATE))],
    },
};
static REPLICA_STATE: Layout = plain(&[Field::new(I32), Field::new(I64)]);
static FETCH_TOPIC: Layout = plain(&[
    Field::between(Shape::Text, 0, 12),
    Field::since(UUID, 13),
    Field::new(Shape::Array(&FETCH_PARTITION)),
]);
static FETCH_PARTITION: Layout = Layout {
    fields: &[
        Field::new(I32),
        Field::since(I32, 9),
        Field::new(I64),
        Field::since(I32, 12),
        Field::since(I64, 5),
        Field::new(I32),
    ],
    tags: &[(0, UUID), (1, I64)],
};
static FORGOTTEN_TOPIC: Layout = plain(&[
    Field::between(Shape::Text, 7, 12),
    Field::since(UUID, 13),
    Field::new(Shape::List(&I32)),
]);

/// ListOffsets, 1-10.
pub static LIST_OFFSETS: Message = Message {
    api_key: 2,
    versions: (1, 10),
    flexible_since: 6,
    body: plain(&[
        Field::new(I32),
        Field::since(I8, 2),
        Field::new(Shape::Array(&OFFSETS_TOPIC)),
        Field::since(I32, 10),
    ]),
};
static OFFSETS_TOPIC: Layout =
    plain(&[Field::new(Shape::Text), Field::new(Shape::Array(&OFFSETS_PARTITION))]);
static OFFSETS_PARTITION: Layout = plain(&[Field::new(I32), Field::since(I32, 4), Field::new(I64)]);

/// OffsetForLeaderEpoch, 2-4.
pub static OFFSET_FOR_LEADER_EPOCH: Message = Message {
    api_key: 23,
    versions: (2, 4),
    flexible_since: 4,
    body: plain(&[Field::since(I32, 3), Field::new(Shape::Array(&EPOCH_TOPIC))]),
};
static EPOCH_TOPIC: Layout =
    plain(&[Field::new(Shape::Text), Field::new(Shape::Array(&EPOCH_PARTITION))]);
static EPOCH_PARTITION: Layout = plain(&[Field::new(I32), Field::new(I32), Field::new(I32)]);

#[cfg(test)]
mod tests;
