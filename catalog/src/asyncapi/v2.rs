//! AsyncAPI 2.6.0: channels are named by their addresses and hold their operations. What
//! subscribers consume is `subscribe`, what they produce is `publish`.

use serde_json::{Map, Value, json};

use super::{
    SpecVersion,
    members::{Members, reference},
    messages::{self, Dialect, EVENT, RECORD, WRITTEN},
    servers::{Offered, sse_binding, sse_operation, websocket_channel},
    v3,
    view::View,
};
use crate::model::Direction;

/// The version of Kafka's bindings that goes with 2.6.0.
const KAFKA_BINDING: &str = "0.4.0";
/// How messages are.
const DIALECT: Dialect = Dialect {
    kafka_binding: KAFKA_BINDING,
    ids: true,
    payload: |message, placed| {
        message.with_some("schemaFormat", placed.format).with("payload", placed.schema.clone())
    },
};
/// The version of HTTP's.
const HTTP_BINDING: &str = "0.1.0";

pub(super) fn document(view: &View<'_>, servers: &Offered<'_>) -> Value {
    let components = messages::components(view, servers, &DIALECT);
    let tags = view.endpoint.tags.iter().map(|tag| json!({"name": tag})).collect();
    Members::default()
        .with("asyncapi", SpecVersion::V2_6.name())
        .with("id", v3::id(view))
        .with("info", v3::common_info(view))
        .with("defaultContentType", view.content_type())
        .with("servers", servers.described(("url", true), security))
        .with("channels", channels(view, servers))
        .with("components", components)
        .with_list("tags", tags)
        .into()
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
    if offered.by_kafka() {
        let binding =
            Members::default().with("topic", address).with("bindingVersion", KAFKA_BINDING);
        let on: Vec<Value> = offered.kafka.iter().map(|_| "kafka".into()).collect();
        let subscribe = direction.allows_consuming().then(|| operation("consume", EVENT));
        let message = if direction == Direction::Both { WRITTEN } else { EVENT };
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
    if offered.over_http() {
        let on = [offered.sse.map(|_| "sse"), offered.websocket.map(|_| "websocket")];
        let on: Vec<Value> = on.into_iter().flatten().map(Value::from).collect();
        let mut sse = operation("consumeSse", RECORD);
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
                .with("servers", on)
                .with("subscribe", sse)
                .with_some("bindings", offered.websocket.map(|_| websocket_channel()))
                .with("x-sluicegate-sse", sse_binding()),
        );
    }
    channels
}
