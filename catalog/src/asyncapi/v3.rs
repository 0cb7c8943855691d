//! AsyncAPI 3.0.0 and 3.1.0, which differ in their number only as far as we write them.

use serde_json::{Map, Value, json};

use super::{
    KEYS, PERSPECTIVE, SpecVersion,
    members::{Members, reference},
    schemas::{Placed, Schemas, envelope},
    servers::{HttpServer, Offered, sse_binding, sse_operation},
    view::View,
};

/// The version of Kafka's bindings that we write.
const KAFKA_BINDING: &str = "0.5.0";
/// The version of HTTP's.
const HTTP_BINDING: &str = "0.3.0";

pub(super) fn document(view: &View<'_>, servers: &Offered<'_>, version: SpecVersion) -> Value {
    let mut schemas = Schemas::default();
    let messages = messages(view, servers, &mut schemas);
    let schemes: Map<String, Value> =
        servers.schemes().into_iter().map(|(name, scheme)| (name.to_owned(), scheme)).collect();
    let components = Members::default()
        .with("messages", messages)
        .with_some("schemas", (!schemas.0.is_empty()).then_some(schemas.0))
        .with_some("securitySchemes", (!schemes.is_empty()).then_some(schemes));
    Members::default()
        .with("asyncapi", version.name())
        .with("id", id(view))
        .with("info", info(view))
        .with("defaultContentType", view.content_type())
        .with("servers", servers_of(servers))
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

fn servers_of(offered: &Offered<'_>) -> Members {
    let mut servers = Members::default();
    if let Some(kafka) = offered.kafka {
        servers = servers.with(
            "kafka",
            Members::default()
                .with("host", kafka.address.as_str())
                .with("protocol", kafka.protocol())
                .with("description", "Any Kafka client.")
                .with("security", security(&kafka.security())),
        );
    }
    if let Some(http) = offered.sse {
        servers = servers.with(
            "sse",
            Members::default()
                .with("host", http.host.as_str())
                .with("protocol", http.protocol())
                .with("description", "Server-Sent Events.")
                .with("security", security(&HttpServer::security())),
        );
    }
    servers
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
    if offered.kafka.is_some() || offered.sse.is_none() {
        let binding = Members::default().with("topic", address);
        let kafka = Members::default().with("kafka", binding.with("bindingVersion", KAFKA_BINDING));
        let on: Vec<Value> = offered.kafka.iter().map(|_| reference("#/servers/kafka")).collect();
        channels = channels.with(
            "kafka",
            Members::default()
                .with("address", address)
                .with("messages", message("event"))
                .with_list("servers", on)
                .with("bindings", kafka),
        );
    }
    if offered.sse.is_some() {
        channels = channels.with(
            "sse",
            Members::default()
                .with("address", format!("/v1/endpoints/{address}/events"))
                .with("messages", message("record"))
                .with("servers", vec![reference("#/servers/sse")])
                .with("x-sluicegate-sse", sse_binding()),
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
    let by_kafka = offered.kafka.is_some() || offered.sse.is_none();
    if by_kafka && direction.allows_consuming() {
        operations = operations.with("consume", operation("send", "kafka", "event"));
    }
    if by_kafka && direction.allows_producing() {
        operations = operations.with("produce", operation("receive", "kafka", "event"));
    }
    if offered.sse.is_some() {
        let sse = operation("send", "sse", "record");
        operations =
            operations.with("consumeSse", sse.with("bindings", sse_operation(HTTP_BINDING)));
    }
    operations
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
            .with("name", "event")
            .with("title", view.title())
            .with("contentType", view.content_type())
            .with_some("headers", headers.map(|headers| headers.schema))
            .with_some("payload", value.as_ref().map(payload))
            .with("bindings", Members::default().with("kafka", binding))
            .with_list("examples", examples(view))
            .with_some(KEYS, keys(view));
        messages = messages.with("event", event);
    }
    if offered.sse.is_some() {
        // What is no JSON comes as a text.
        let shown = value.filter(|value| value.format.is_none()).map(|value| value.schema);
        let envelope = envelope(view, shown.unwrap_or(json!({})));
        let record = Members::default()
            .with("name", "record")
            .with("title", view.title())
            .with("contentType", "application/json")
            .with("payload", schemas.own("record", envelope));
        messages = messages.with("record", record);
    }
    messages
}

fn payload(placed: &Placed) -> Value {
    match placed.format {
        None => placed.schema.clone(),
        Some(format) => json!({"schemaFormat": format, "schema": placed.schema}),
    }
}

/// Samples as examples of messages, which have headers, a payload or both.
pub(super) fn examples(view: &View<'_>) -> Vec<Value> {
    let samples = view.samples.iter().filter(|s| s.value.is_some() || !s.headers.is_empty());
    let example = |sample: &crate::model::Sample| {
        let headers: Map<String, Value> =
            sample.headers.iter().map(|(name, text)| (name.clone(), json!(text))).collect();
        Members::default()
            .with("name", sample.name.as_str())
            .with_some("summary", sample.summary.as_deref())
            .with_some("headers", (!headers.is_empty()).then_some(headers))
            .with_some("payload", sample.value.clone())
            .into()
    };
    samples.map(example).collect()
}

/// The keys of samples, by their names: examples have no place for them.
pub(super) fn keys(view: &View<'_>) -> Option<Map<String, Value>> {
    let keyed = view.samples.iter().filter_map(|sample| Some((sample, sample.key.as_deref()?)));
    let keys: Map<String, Value> =
        keyed.map(|(sample, key)| (sample.name.clone(), json!(key))).collect();
    (!keys.is_empty()).then_some(keys)
}
