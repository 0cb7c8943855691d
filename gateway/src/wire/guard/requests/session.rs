//! Requests of a session itself and of what the gateway answers without asking a cluster.

use super::super::{Field, Layout, Message, Shape};

/// Every request described here.
pub static ALL: &[&Message] = &[
    &METADATA,
    &FIND_COORDINATOR,
    &SASL_HANDSHAKE,
    &API_VERSIONS,
    &SASL_AUTHENTICATE,
    &DESCRIBE_CLUSTER,
];

const I8: Shape = Shape::Fixed(1);
const BOOLEAN: Shape = Shape::Fixed(1);
const UUID: Shape = Shape::Fixed(16);

const fn plain(fields: &'static [Field]) -> Layout {
    Layout { fields, tags: &[] }
}

/// Metadata, 0-13.
pub static METADATA: Message = Message {
    api_key: 3,
    versions: (0, 13),
    flexible_since: 9,
    body: plain(&[
        Field::new(Shape::Array(&METADATA_TOPIC)),
        Field::since(BOOLEAN, 4),
        Field::between(BOOLEAN, 8, 10),
        Field::since(BOOLEAN, 8),
    ]),
};
static METADATA_TOPIC: Layout = plain(&[Field::since(UUID, 10), Field::new(Shape::Text)]);

/// FindCoordinator, 0-6.
pub static FIND_COORDINATOR: Message = Message {
    api_key: 10,
    versions: (0, 6),
    flexible_since: 3,
    body: plain(&[
        Field::between(Shape::Text, 0, 3),
        Field::since(I8, 1),
        Field::since(Shape::List(&Shape::Text), 4),
    ]),
};

/// SaslHandshake, 0-1.
pub static SASL_HANDSHAKE: Message = Message {
    api_key: 17,
    versions: (0, 1),
    flexible_since: i16::MAX,
    body: plain(&[Field::new(Shape::Text)]),
};

/// ApiVersions, 0-4.
pub static API_VERSIONS: Message = Message {
    api_key: 18,
    versions: (0, 4),
    flexible_since: 3,
    body: plain(&[Field::since(Shape::Text, 3), Field::since(Shape::Text, 3)]),
};

/// SaslAuthenticate, 0-2.
pub static SASL_AUTHENTICATE: Message = Message {
    api_key: 36,
    versions: (0, 2),
    flexible_since: 2,
    body: plain(&[Field::new(Shape::Blob)]),
};

/// DescribeCluster, 0-2.
pub static DESCRIBE_CLUSTER: Message = Message {
    api_key: 60,
    versions: (0, 2),
    flexible_since: 0,
    body: plain(&[Field::new(BOOLEAN), Field::since(I8, 1), Field::since(BOOLEAN, 2)]),
};

#[cfg(test)]
mod tests;
