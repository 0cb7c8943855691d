//! Requests are walked by a table before the codec decodes them, as at the gateway's door: no count
//! on the wire decides how much memory is reserved. The tables of what the gateway itself does not
//! serve stand here, after Apache Kafka's message definitions.

use bytes::Bytes;
use gateway::wire::guard::{
    Field, Layout, Message, REQUEST_ELEMENTS_MAX, Shape, check_request, check_within,
};
use kafka_protocol::messages::{ApiKey, RequestKind};

use crate::api;

/// A request, if it is served in this version and its bytes are one.
pub(super) fn decode(api: ApiKey, version: i16, mut body: Bytes) -> Option<RequestKind> {
    if !api::serves(api, version) {
        return None;
    }
    match OWN.iter().find(|message| message.api_key == api as i16) {
        Some(message) => check_within(message, version, &body, REQUEST_ELEMENTS_MAX),
        None => check_request(api as i16, version, &body),
    }
    .ok()?;
    RequestKind::decode(api, &mut body, version).ok()
}

static OWN: &[&Message] = &[&CREATE_TOPICS, &DELETE_TOPICS, &DELETE_RECORDS, &DESCRIBE_CONFIGS];

const TEXT: Shape = Shape::Text;
const I8: Shape = Shape::Fixed(1);
const BOOLEAN: Shape = Shape::Fixed(1);
const I16: Shape = Shape::Fixed(2);
const I32: Shape = Shape::Fixed(4);
const I64: Shape = Shape::Fixed(8);
const UUID: Shape = Shape::Fixed(16);

const fn plain(fields: &'static [Field]) -> Layout {
    Layout { fields, tags: &[] }
}

/// CreateTopics, 2-7.
static CREATE_TOPICS: Message = Message {
    api_key: 19,
    versions: (2, 7),
    flexible_since: 5,
    body: plain(&[
        Field::new(Shape::Array(&CREATED_TOPIC)),
        Field::new(I32),
        Field::since(BOOLEAN, 1),
    ]),
};
static CREATED_TOPIC: Layout = plain(&[
    Field::new(TEXT),
    Field::new(I32),
    Field::new(I16),
    Field::new(Shape::Array(&ASSIGNMENT)),
    Field::new(Shape::Array(&CREATED_CONFIG)),
]);
static ASSIGNMENT: Layout = plain(&[Field::new(I32), Field::new(Shape::List(&I32))]);
static CREATED_CONFIG: Layout = plain(&[Field::new(TEXT), Field::new(TEXT)]);

/// DeleteTopics, 1-6.
static DELETE_TOPICS: Message = Message {
    api_key: 20,
    versions: (1, 6),
    flexible_since: 4,
    body: plain(&[
        Field::since(Shape::Array(&DELETED_TOPIC), 6),
        Field::between(Shape::List(&TEXT), 0, 5),
        Field::new(I32),
    ]),
};
static DELETED_TOPIC: Layout = plain(&[Field::new(TEXT), Field::new(UUID)]);

/// DeleteRecords, 0-2.
static DELETE_RECORDS: Message = Message {
    api_key: 21,
    versions: (0, 2),
    flexible_since: 2,
    body: plain(&[Field::new(Shape::Array(&EMPTIED_TOPIC)), Field::new(I32)]),
};
static EMPTIED_TOPIC: Layout =
    plain(&[Field::new(TEXT), Field::new(Shape::Array(&EMPTIED_PARTITION))]);
static EMPTIED_PARTITION: Layout = plain(&[Field::new(I32), Field::new(I64)]);

/// DescribeConfigs, 1-4.
static DESCRIBE_CONFIGS: Message = Message {
    api_key: 32,
    versions: (1, 4),
    flexible_since: 4,
    body: plain(&[
        Field::new(Shape::Array(&DESCRIBED)),
        Field::since(BOOLEAN, 1),
        Field::since(BOOLEAN, 3),
    ]),
};
static DESCRIBED: Layout =
    plain(&[Field::new(I8), Field::new(TEXT), Field::new(Shape::List(&TEXT))]);

#[cfg(test)]
mod tests;
