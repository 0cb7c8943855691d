//! AsyncAPI 2.6.0: channels are named by their addresses and hold their operations. What
//! subscribers consume is `subscribe`, what they produce is `publish`.

use serde_json::{Map, Value, json};

use super::{
    KEYS, SpecVersion,
    members::{Members, reference},
    schemas::{Placed, Schemas, envelope},
    servers::{HttpServer, Offered, sse_binding, sse_operation},
    v3,
    view::View,
};
use crate::model::Direction;

/// The version of Kafka's bindings that goes with 2.6.0.
const KAFKA_BINDING: &str = "0.4.0";
/// The message that is written, where it is read as well.
const WRITTEN: &str = "written";
/// The version of HTTP's.
const HTTP_BINDING: &str = "0.1.0";

pub(super) fn document(view: &View<'_>, servers: &Offered<'_>) -> Value {
    let mut schemas = Schemas::default();
    let messages = messages(view, servers, &mut schemas);
    let schemes: Map<String, Value> =
        servers.schemes().into_iter().map(|(name, scheme)| (name.to_owned(), scheme)).collect();
    let components = Members::default()
        .with("messages", messages)
        .with_some("schemas", (!schemas.0.is_empty()).then_some(schemas.0))
        .with_some("securitySchemes", (!schemes.is_empty()).then_some(schemes));
    let tags = view.endpoint.tags.iter().map(|tag| json!({"name": tag})).collect();
    Members::default()
        .with("asyncapi", SpecVersion::V2_6.name())
        .with("id", v3::id(view))
        .with("info", v3::common_info(view))
        .with("defaultContentType", view.content_type())
        .with("servers", servers_of(servers))
        .with("channels", channels(view, servers))
        .with("components", components)
        .with_list("tags", tags)
        .into()
}

fn servers_of(offered: &Offered<'_>) -> Members {
    let mut servers = Members::default();
    if let Some(kafka) = offered.kafka {
        servers = servers.with(
            "kafka",
            Members::default()
                .with("url", kafka.address.as_str())
                .with("protocol", kafka.protocol())
                .with("description", "Any Kafka client.")
                .with("security", security(&kafka.security())),
        );
    }
    if let Some(http) = offered.sse {
        servers = servers.with(
            "sse",
            Members::default()
                .with("url", format!("{}://{}", http.protocol(), http.host))
                .with("protocol", http.protocol())
                .with("description", "Server-Sent Events.")
                .with("security", security(&HttpServer::security())),
        );
    }
    servers
}

fn security(names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| json!({ *name: [] })).collect()
}

fn channels(view: &View<'_>, offered: &Offered<'_>) -> Members {
    let address = view.endpoint.address();
    let direction = view.endpoint.direction;
    let operation = |id: &str, message: &str| {
        Members::default()
            .with("operationId", id)
            .with("message", reference(format!("#/components/messages/{message}")))
    };
    let mut channels = Members::default();
    if offered.kafka.is_some() || offered.sse.is_none() {
        let binding =
            Members::default().with("topic", address).with("bindingVersion", KAFKA_BINDING);
        let on: Vec<Value> = offered.kafka.iter().map(|_| "kafka".into()).collect();
        let subscribe = direction.allows_consuming().then(|| operation("consume", "event"));
        let message = if direction == Direction::Both { WRITTEN } else { "event" };
        let publish = direction.allows_producing().then(|| operation("produce", message));
        channels = channels.with(
            address,
            Members::default()
                .with_list("servers", on)
                .with_some("subscribe", subscribe)
                .with_some("publish", publish)
                .with("bindings", Members::default().with("kafka", binding)),
        );
    }
    if offered.sse.is_some() {
        let mut sse = operation("consumeSse", "record");
        let mut binding = sse_operation(HTTP_BINDING);
        if let Some(Value::Object(http)) = binding.get_mut("http") {
            let mut typed = Map::new();
            typed.insert("type".to_owned(), "request".into());
            typed.append(http);
            *http = typed;
        }
        sse = sse.with("bindings", binding);
        channels = channels.with(
            &format!("/v1/endpoints/{address}/events"),
            Members::default()
                .with("servers", json!(["sse"]))
                .with("subscribe", sse)
                .with("x-sluicegate-sse", sse_binding()),
        );
    }
    channels
}

fn messages(view: &View<'_>, offered: &Offered<'_>, schemas: &mut Schemas) -> Members {
    let value = view.schema.as_ref().map(|schema| schemas.place("value", schema));
    let key = view.key_schema.as_ref().map(|schema| schemas.place("key", schema));
    let headers = view.headers_schema.as_ref().map(|schema| schemas.place("headers", schema));
    let mut messages = Members::default();
    if offered.kafka.is_some() || offered.sse.is_none() {
        let binding = Members::default()
            .with_some("key", key.filter(|key| key.format.is_none()).map(|key| key.schema))
            .with("bindingVersion", KAFKA_BINDING);
        let event = Members::default()
            .with("messageId", "event")
            .with("name", "event")
            .with("title", view.title())
            .with("contentType", view.content_type())
            .with_some("schemaFormat", value.as_ref().and_then(|value: &Placed| value.format))
            .with_some("headers", headers.map(|headers| headers.schema))
            .with_some("payload", value.as_ref().map(|value| value.schema.clone()))
            .with("bindings", Members::default().with("kafka", binding))
            .with_list("examples", v3::examples(view))
            .with_some(KEYS, v3::keys(view));
        let event = Value::from(event);
        // What is read and written alike is met twice, and an id may be met once only.
        let mut written = event.clone();
        messages = messages.with("event", event);
        if view.endpoint.direction == Direction::Both {
            if let Some(id) = written.get_mut("messageId") {
                *id = WRITTEN.into();
            }
            messages = messages.with(WRITTEN, written);
        }
    }
    if offered.sse.is_some() {
        let shown = value.filter(|value| value.format.is_none()).map(|value| value.schema);
        let envelope = envelope(view, shown.unwrap_or(json!({})));
        let record = Members::default()
            .with("messageId", "record")
            .with("name", "record")
            .with("title", view.title())
            .with("contentType", "application/json")
            .with("payload", schemas.own("record", envelope));
        messages = messages.with("record", record);
    }
    messages
}
