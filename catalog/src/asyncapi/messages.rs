//! Messages, as all versions have them but for how a payload is put.

use serde_json::{Map, Value, json};

use super::{
    members::Members,
    schemas::{Placed, Schemas, envelope},
    servers::Offered,
    view::View,
};
use crate::model::{Direction, JsonText, Sample};

/// The message on the Kafka door.
pub(super) const EVENT: &str = "event";
/// The message that is written, where it is read as well and each needs an id of its own.
pub(super) const WRITTEN: &str = "written";
/// The message on the SSE door.
pub(super) const RECORD: &str = "record";
/// The extension of a message that has the keys of its examples.
pub(super) const KEYS: &str = "x-sluicegate-keys";

/// How a version of the specification has messages.
pub(super) struct Dialect {
    /// The version of Kafka's bindings.
    pub(super) kafka_binding: &'static str,
    /// Messages have ids, each met once in a document.
    pub(super) ids: bool,
    /// Puts a payload into a message.
    pub(super) payload: fn(Members, &Placed) -> Members,
}

/// What a document is made of: messages, schemas and security schemes.
pub(super) fn components(view: &View<'_>, offered: &Offered<'_>, dialect: &Dialect) -> Members {
    let mut schemas = Schemas::default();
    let messages = messages(view, offered, &mut schemas, dialect);
    let schemes: Map<String, Value> =
        offered.schemes().into_iter().map(|(name, scheme)| (name.to_owned(), scheme)).collect();
    Members::default()
        .with("messages", messages)
        .with_some("schemas", (!schemas.0.is_empty()).then_some(schemas.0))
        .with_some("securitySchemes", (!schemes.is_empty()).then_some(schemes))
}

/// The messages of a view, by name.
fn messages(
    view: &View<'_>,
    offered: &Offered<'_>,
    schemas: &mut Schemas,
    dialect: &Dialect,
) -> Members {
    let value = view.schema.as_ref().map(|schema| schemas.place("value", schema));
    let mut messages = Members::default();
    if offered.by_kafka() {
        messages = messages.with(EVENT, event(view, EVENT, value.as_ref(), schemas, dialect));
        if dialect.ids && view.endpoint.direction == Direction::Both {
            let written = event(view, WRITTEN, value.as_ref(), schemas, dialect);
            messages = messages.with(WRITTEN, written);
        }
    }
    if offered.over_http() {
        // What is no JSON comes as a text.
        let shown = value.filter(|value| value.format.is_none()).map(|value| value.schema);
        let envelope = envelope(view, shown.unwrap_or(json!({})));
        let record = Members::default()
            .with_some("messageId", dialect.ids.then_some(RECORD))
            .with("name", RECORD)
            .with("title", view.title())
            .with("contentType", "application/json")
            .with("payload", schemas.own(RECORD, envelope));
        messages = messages.with(RECORD, record);
    }
    messages
}

fn event(
    view: &View<'_>,
    id: &str,
    value: Option<&Placed>,
    schemas: &mut Schemas,
    dialect: &Dialect,
) -> Members {
    let key = view.key_schema.as_ref().map(|schema| schemas.place("key", schema));
    let headers = view.headers_schema.as_ref().map(|schema| schemas.place("headers", schema));
    let binding = Members::default()
        .with_some("key", key.filter(|key| key.format.is_none()).map(|key| key.schema))
        .with("bindingVersion", dialect.kafka_binding);
    let event = Members::default()
        .with_some("messageId", dialect.ids.then_some(id))
        .with("name", EVENT)
        .with("title", view.title())
        .with("contentType", view.content_type())
        .with_some("headers", headers.map(|headers| headers.schema));
    let event = match value {
        Some(value) => (dialect.payload)(event, value),
        None => event,
    };
    event
        .with("bindings", Members::default().with("kafka", binding))
        .with_list("examples", examples(view))
        .with_some(KEYS, keys(view))
}

/// Samples as examples of messages, which have headers, a payload or both.
fn examples(view: &View<'_>) -> Vec<Value> {
    let samples = view.samples.iter().filter(|s| s.value.is_some() || !s.headers.is_empty());
    let example = |sample: &Sample| {
        let headers: Map<String, Value> =
            sample.headers.iter().map(|(name, text)| (name.clone(), json!(text))).collect();
        Members::default()
            .with("name", sample.name.as_str())
            .with_some("summary", sample.summary.as_deref())
            .with_some("headers", (!headers.is_empty()).then_some(headers))
            .with_some("payload", sample.value.as_ref().map(JsonText::parse))
            .into()
    };
    samples.map(example).collect()
}

/// The keys of samples, by their names: examples have no place for them.
fn keys(view: &View<'_>) -> Option<Map<String, Value>> {
    let keyed = view.samples.iter().filter_map(|sample| Some((sample, sample.key.as_deref()?)));
    let keys: Map<String, Value> =
        keyed.map(|(sample, key)| (sample.name.clone(), json!(key))).collect();
    (!keys.is_empty()).then_some(keys)
}
