//! AsyncAPI 3.0.0 and 3.1.0, which differ in their number only as far as we write them.

use serde_json::{Value, json};

use super::{
    PERSPECTIVE, SpecVersion,
    members::{Members, reference},
    messages::{self, Dialect, EVENT, RECORD},
    servers::{Offered, sse_binding, sse_operation, websocket_channel},
    view::View,
};

/// The version of Kafka's bindings that we write.
const KAFKA_BINDING: &str = "0.5.0";
/// How messages are.
const DIALECT: Dialect = Dialect {
    kafka_binding: KAFKA_BINDING,
    ids: false,
    payload: |message, placed| {
        message.with(
            "payload",
            match placed.format {
                None => placed.schema.clone(),
                Some(format) => json!({"schemaFormat": format, "schema": placed.schema}),
            },
        )
    },
};
/// The version of HTTP's.
const HTTP_BINDING: &str = "0.3.0";

pub(super) fn document(view: &View<'_>, servers: &Offered<'_>, version: SpecVersion) -> Value {
    let components = messages::components(view, servers, &DIALECT);
    Members::default()
        .with("asyncapi", version.name())
        .with("id", id(view))
        .with("info", info(view))
        .with("defaultContentType", view.content_type())
        .with("servers", servers.described(("host", false), security))
        .with("channels", channels(view, servers))
        .with("operations", operations(view, servers))
        .with("components", components)
        .into()
}

/// The same for all minor versions: readers go on with it.
pub(super) fn id(view: &View<'_>) -> String {
    let plan = view.plan.map(|(plan, _)| format!(":{plan}")).unwrap_or_default();
    format!("urn:sluicegate:endpoint:{}:{}{plan}", view.name, view.endpoint.version.major)
}

fn info(view: &View<'_>) -> Members {
    let tags = view.endpoint.tags.iter().map(|tag| json!({"name": tag})).collect();
    common_info(view).with_list("tags", tags)
}

/// What `info` says in every version.
pub(super) fn common_info(view: &View<'_>) -> Members {
    let endpoint = view.endpoint;
    let contact = endpoint.contact.as_ref().map(|contact| {
        Members::default()
            .with_some("name", contact.name.as_deref())
            .with_some("url", contact.url.as_deref())
            .with_some("email", contact.email.as_deref())
    });
    let license = endpoint.license.as_ref().map(|license| {
        Members::default()
            .with("name", license.name.as_str())
            .with_some("url", license.url.as_deref())
    });
    Members::default()
        .with("title", view.title())
        .with("version", endpoint.version.to_string())
        .with("description", description(view))
        .with_some("contact", contact)
        .with_some("license", license)
        .with("x-sluicegate-endpoint", extension(view))
}

fn description(view: &View<'_>) -> String {
    let whose = match view.plan {
        Some((plan, _)) => format!("as subscribers of the plan `{plan}` see it"),
        None => "as it comes from its topic".to_owned(),
    };
    let perspective = format!(
        "{PERSPECTIVE}what it sends is what subscribers consume, what it receives is what they \
         produce, {whose}."
    );
    match view.endpoint.description.trim() {
        "" => perspective,
        own => format!("{own}\n\n{perspective}"),
    }
}

/// What AsyncAPI has no place for.
fn extension(view: &View<'_>) -> Members {
    let endpoint = view.endpoint;
    let word = |value: Result<Value, serde_json::Error>| value.unwrap_or_default();
    let policies = view.plan.map(|(_, plan)| Value::from(plan.policies.clone()));
    Members::default()
        .with("name", view.name)
        .with("address", endpoint.address())
        .with("direction", word(serde_json::to_value(endpoint.direction)))
        .with("format", word(serde_json::to_value(endpoint.format)))
        .with("lifecycle", word(serde_json::to_value(endpoint.lifecycle)))
        .with_some("sunset", endpoint.sunset.map(|day| day.to_string()))
        .with_some("successor", endpoint.successor.as_deref())
        .with_some("owner", endpoint.owner.as_deref())
        .with_some("domain", endpoint.domain.as_deref())
        .with_some(
            "classification",
            endpoint.classification.map(|class| word(serde_json::to_value(class))),
        )
        .with_text("documentation", &endpoint.documentation)
        .with_some("plan", view.plan.map(|(name, _)| name))
        .with_some("policies", policies)
        .with_list("rules", view.rules.clone())
}

fn security(names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| reference(format!("#/components/securitySchemes/{name}"))).collect()
}

fn channels(view: &View<'_>, offered: &Offered<'_>) -> Members {
    let address = view.endpoint.address();
    let message = |name: &str| {
        Members::default().with(name, reference(format!("#/components/messages/{name}")))
    };
    let mut channels = Members::default();
    if offered.by_kafka() {
        let binding = Members::default().with("topic", address);
        let kafka = Members::default().with("kafka", binding.with("bindingVersion", KAFKA_BINDING));
        let on: Vec<Value> = offered.kafka.iter().map(|_| reference("#/servers/kafka")).collect();
        channels = channels.with(
            "kafka",
            Members::default()
                .with("address", address)
                .with("messages", message(EVENT))
                .with_list("servers", on)
                .with("bindings", kafka),
        );
    }
    if offered.sse.is_some() {
        channels = channels.with(
            "sse",
            Members::default()
                .with("address", format!("/v1/endpoints/{address}/events"))
                .with("messages", message(RECORD))
                .with("servers", vec![reference("#/servers/sse")])
                .with("x-sluicegate-sse", sse_binding()),
        );
    }
    if offered.websocket.is_some() {
        channels = channels.with(
            "websocket",
            Members::default()
                .with("address", format!("/v1/endpoints/{address}/events"))
                .with("messages", message(RECORD))
                .with("servers", vec![reference("#/servers/websocket")])
                .with("bindings", websocket_channel()),
        );
    }
    channels
}

fn operations(view: &View<'_>, offered: &Offered<'_>) -> Members {
    let operation = |action: &str, channel: &str, message: &str| {
        let message = reference(format!("#/channels/{channel}/messages/{message}"));
        Members::default()
            .with("action", action)
            .with("channel", reference(format!("#/channels/{channel}")))
            .with("messages", vec![message])
    };
    let direction = view.endpoint.direction;
    let mut operations = Members::default();
    let by_kafka = offered.by_kafka();
    if by_kafka && direction.allows_consuming() {
        operations = operations.with("consume", operation("send", "kafka", EVENT));
    }
    if by_kafka && direction.allows_producing() {
        operations = operations.with("produce", operation("receive", "kafka", EVENT));
    }
    if offered.sse.is_some() {
        let sse = operation("send", "sse", RECORD);
        operations =
            operations.with("consumeSse", sse.with("bindings", sse_operation(HTTP_BINDING)));
    }
    if offered.websocket.is_some() {
        let websocket = operation("send", "websocket", RECORD);
        operations = operations.with("consumeWebSocket", websocket);
    }
    operations
}
