//! From a channel to a draft of an endpoint.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ImportOptions, Imported,
    channel::{Channel, Message, bound_topic},
    node::Root,
    report::Report,
};
use crate::{
    Problem,
    asyncapi::{PERSPECTIVE, messages::KEYS},
    model::{
        Contact, Direction, Endpoint, License, Lifecycle, PayloadFormat, Sample, Schema,
        SchemaKind, Version,
        name::{NAME_CHARS_MAX, TOPIC_CHARS_MAX},
    },
};

/// Most samples taken of one document's examples.
const SAMPLES_MAX: usize = 20;

/// Adds the draft of a channel's endpoint.
pub(super) fn draft(
    root: Root<'_>,
    channel: &Channel<'_>,
    options: &ImportOptions<'_>,
    endpoints: &mut BTreeMap<String, Endpoint>,
    report: &mut Report,
) {
    let at = channel.node.pointer.as_str();
    let Some(topic) = topic(channel, report) else { return };
    let name = free_name(channel.key, endpoints);
    let mut endpoint =
        options.existing.get(name.as_str()).copied().cloned().unwrap_or_else(|| Endpoint {
            cluster: options.cluster.clone(),
            topic,
            lifecycle: Lifecycle::Draft,
            ..Endpoint::default()
        });
    endpoint.direction = channel.direction.unwrap_or_default();
    if channel.direction.is_none() {
        report.changed(at, "nothing says what is done on it: taken as to be consumed");
    }
    described(root, channel, &mut endpoint, report);
    let placed: Vec<Placed<'_, '_>> =
        channel.messages.iter().filter_map(|m| placed(root, m, report)).collect();
    endpoint.schema = one_schema(root, &placed, at, report);
    endpoint.format = format(root, channel, endpoint.schema.as_ref());
    let headers = channel.messages.iter().filter_map(|message| message.member("headers")).next();
    endpoint.headers_schema = headers.and_then(|headers| {
        let schema = policies::schema_out_of(root.tree, &headers.pointer)?;
        Some(Schema { kind: SchemaKind::JsonSchema, definition: schema.into() })
    });
    endpoint.key_schema = channel.messages.iter().find_map(|message| {
        let bindings = message.member("bindings")?.member("kafka")?.member("key")?;
        let schema = policies::schema_out_of(root.tree, &bindings.pointer)?;
        Some(Schema { kind: SchemaKind::JsonSchema, definition: schema.into() })
    });
    endpoint.samples = samples(channel);
    report.taken(at, format!("Endpoint `{name}`"));
    endpoints.insert(name, endpoint);
}

/// The endpoint of a document that we wrote: all that it says, as it was.
pub(super) fn our_own(
    root: Root<'_>,
    extension: &Value,
    options: &ImportOptions<'_>,
    mut report: Report,
) -> Result<Imported, Vec<Problem>> {
    let at = "/info/x-sluicegate-endpoint";
    let own: OurOwn = serde_json::from_value(extension.clone())
        .map_err(|_| vec![report.problem(at, "is not as we write it".to_owned())])?;
    if own.plan.is_some() {
        let message = "is what subscribers of a plan see, from which the endpoint cannot be made \
                       again; import the owner's document";
        return Err(vec![report.problem(at, message.to_owned())]);
    }
    let mut endpoint =
        options.existing.get(own.name.as_str()).copied().cloned().unwrap_or_else(|| Endpoint {
            cluster: options.cluster.clone(),
            topic: own.address.clone(),
            ..Endpoint::default()
        });
    endpoint.address = Some(own.address).filter(|address| *address != endpoint.topic);
    endpoint.direction = own.direction;
    endpoint.format = own.format;
    endpoint.lifecycle = own.lifecycle;
    endpoint.owner = own.owner;
    endpoint.domain = own.domain;
    endpoint.successor = own.successor;
    endpoint.documentation = own.documentation;
    endpoint.classification = own.classification.and_then(|word| serde_json::from_value(word).ok());
    endpoint.sunset = own.sunset.and_then(|day| crate::model::parse_day(&day));
    information(root, &mut endpoint, &mut report);
    endpoint.title = endpoint.title.filter(|title| *title != own.name);
    let schema = |name: &str| {
        let schema = policies::schema_out_of(root.tree, &format!("/components/schemas/{name}"))?;
        let definition = renamed(schema, &format!("{name}.")).into();
        Some(Schema { kind: SchemaKind::JsonSchema, definition })
    };
    endpoint.schema = schema("value").or_else(|| endpoint.schema.filter(is_binary));
    endpoint.key_schema = schema("key").or_else(|| endpoint.key_schema.filter(is_binary));
    endpoint.headers_schema = schema("headers");
    if let Some(event) = root.at("/components/messages/event") {
        let message = Message::new(root, event, &mut report);
        let placed = message.as_ref().and_then(|message| placed(root, message, &mut report));
        if let Some(Placed { kind, pointer, .. }) =
            placed.filter(|p| p.kind != SchemaKind::JsonSchema)
        {
            let definition = root.tree.pointer(&pointer).cloned().unwrap_or_default().into();
            endpoint.schema = Some(Schema { kind, definition });
        }
        endpoint.samples = message.iter().flat_map(samples_of).collect();
    }
    report.taken("/info", format!("Endpoint `{}`", own.name));
    Ok(Imported { endpoints: BTreeMap::from([(own.name, endpoint)]), report: report.finish() })
}

fn is_binary(schema: &Schema) -> bool {
    schema.kind != SchemaKind::JsonSchema
}

/// What we write beside what AsyncAPI has a place for.
#[derive(Deserialize)]
struct OurOwn {
    name: String,
    address: String,
    direction: Direction,
    format: PayloadFormat,
    lifecycle: Lifecycle,
    sunset: Option<String>,
    successor: Option<String>,
    owner: Option<String>,
    domain: Option<String>,
    classification: Option<Value>,
    #[serde(default)]
    documentation: String,
    plan: Option<String>,
}

/// Definitions under the names that they had before they were moved into the document.
fn renamed(value: Value, prefix: &str) -> Value {
    match value {
        Value::Object(members) => {
            let renamed = members.into_iter().map(|(name, value)| match (name.as_str(), value) {
                ("$ref", Value::String(target)) => {
                    let own = target.strip_prefix("#/$defs/").and_then(|t| t.strip_prefix(prefix));
                    let target = own.map(|own| format!("#/$defs/{own}")).unwrap_or(target);
                    (name, Value::String(target))
                }
                ("$defs", Value::Object(definitions)) => {
                    let definitions = definitions.into_iter().map(|(name, schema)| {
                        let own = name.strip_prefix(prefix).map(str::to_owned).unwrap_or(name);
                        (own, renamed(schema, prefix))
                    });
                    (name, Value::Object(definitions.collect()))
                }
                (_, value) => (name, renamed(value, prefix)),
            });
            Value::Object(renamed.collect())
        }
        Value::Array(elements) => elements.into_iter().map(|e| renamed(e, prefix)).collect(),
        other => other,
    }
}

/// The topic's name: the binding's, or the address as Kafka can have it.
fn topic(channel: &Channel<'_>, report: &mut Report) -> Option<String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let written = bound_topic(&channel.node).unwrap_or(channel.address);
    let names = |text: &str| text.chars().any(|c| c.is_ascii_alphanumeric());
    let written = if names(written) { written } else { channel.key };
    let mut topic = String::new();
    for c in written.trim_matches('/').chars().filter(|c| !matches!(c, '{' | '}')) {
        topic.push(if legal(c) { c } else { '.' });
    }
    topic.truncate(TOPIC_CHARS_MAX);
    if topic.is_empty() || topic.chars().all(|c| c == '.') {
        report.not_supported(&channel.node.pointer, "an address that no topic can have");
        return None;
    }
    if topic != written {
        let message = format!("no topic can have this address: taken as `{topic}`");
        report.changed(&channel.node.pointer, message);
    }
    Some(topic)
}

/// A resource's name made of a channel's, which no other has.
fn free_name(key: &str, taken: &BTreeMap<String, Endpoint>) -> String {
    let mut name = String::new();
    for c in key.chars() {
        let c = c.to_ascii_lowercase();
        if c.is_ascii_lowercase() || c.is_ascii_digit() {
            name.push(c);
        } else if !name.ends_with('-') && !name.is_empty() {
            name.push('-');
        }
    }
    // Room for a number.
    name.truncate(NAME_CHARS_MAX - 8);
    let name = name.trim_matches('-');
    let name = if name.is_empty() { "endpoint" } else { name };
    if !taken.contains_key(name) {
        return name.to_owned();
    }
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    numbered.into_iter().find(|name| !taken.contains_key(name)).unwrap_or_default()
}

fn described(root: Root<'_>, channel: &Channel<'_>, endpoint: &mut Endpoint, report: &mut Report) {
    information(root, endpoint, report);
    let node = &channel.node;
    // A document of several channels is about more than one endpoint.
    let alone =
        root.at("/channels").and_then(|all| all.value.as_object()).is_some_and(|c| c.len() == 1);
    let title =
        node.text("title").or_else(|| channel.messages.iter().find_map(|m| m.text("title")));
    if title.is_some() || !alone {
        endpoint.title = title.map(str::to_owned);
    }
    if let Some(text) = node.text("description").or(node.text("summary")) {
        endpoint.description = text.to_owned();
    }
    if let Some(parameters) = node.member("parameters") {
        let message = "addresses with parameters: one topic is taken";
        report.not_supported(&parameters.pointer, message);
    }
}

fn information(root: Root<'_>, endpoint: &mut Endpoint, report: &mut Report) {
    let Some(info) = root.at("/info") else { return };
    endpoint.title = info.text("title").map(str::to_owned);
    let description = info.text("description").unwrap_or_default();
    let own = description.split(PERSPECTIVE).next().unwrap_or_default();
    endpoint.description = own.trim_end().to_owned();
    let written = info.text("version").unwrap_or_default();
    endpoint.version = written.parse().unwrap_or_else(|_| {
        report.changed("/info/version", "is no version such as `1.4.0`: taken as `1.0.0`");
        Version::default()
    });
    let text = |at: &str| info.value.pointer(at).and_then(Value::as_str).map(str::to_owned);
    endpoint.contact = info.member("contact").map(|_| Contact {
        name: text("/contact/name"),
        url: text("/contact/url"),
        email: text("/contact/email"),
    });
    endpoint.license =
        text("/license/name").map(|name| License { name, url: text("/license/url") });
    let tags = root.at("/info/tags").or_else(|| root.at("/tags"));
    let tags = tags.iter().flat_map(|tags| tags.elements().collect::<Vec<_>>());
    endpoint.tags = tags
        .filter_map(|tag| root.resolved(tag, report)?.text("name").map(str::to_owned))
        .collect();
    if endpoint.version.major > 1 && endpoint.address.is_none() {
        endpoint.address = Some(format!("{}.v{}", endpoint.topic, endpoint.version.major));
    }
}

/// A message's schema and where it stands.
struct Placed<'m, 'a> {
    message: &'m Message<'a>,
    kind: SchemaKind,
    pointer: String,
}

fn placed<'m, 'a>(
    root: Root<'a>,
    message: &'m Message<'a>,
    report: &mut Report,
) -> Option<Placed<'m, 'a>> {
    let payload = root.resolved(message.member("payload")?, report)?;
    let inside = payload.member("schema");
    let format = match &inside {
        Some(_) => payload.text("schemaFormat"),
        None => message.text("schemaFormat"),
    };
    let node = inside.unwrap_or(payload);
    let kind = match format.unwrap_or_default().to_ascii_lowercase() {
        format if format.is_empty() || format.contains("aai.asyncapi") => SchemaKind::JsonSchema,
        format if format.contains("schema+") => SchemaKind::JsonSchema,
        format if format.contains("avro") => SchemaKind::Avro,
        format if format.contains("protobuf") => SchemaKind::Protobuf,
        _ => {
            report.not_supported(&node.pointer, "schemas in this format; the payload has none now");
            return None;
        }
    };
    Some(Placed { message, kind, pointer: node.pointer })
}

/// One schema of all messages.
fn one_schema(
    root: Root<'_>,
    placed: &[Placed<'_, '_>],
    at: &str,
    report: &mut Report,
) -> Option<Schema> {
    let first = placed.first()?;
    let kind = first.kind;
    if placed.iter().any(|other| other.kind != kind) {
        report.not_supported(at, "messages in several schema languages; none was taken");
        return None;
    }
    let definition = match (kind, placed) {
        (SchemaKind::JsonSchema, [only]) => policies::schema_out_of(root.tree, &only.pointer)?,
        (SchemaKind::JsonSchema, several) => {
            report.changed(at, format!("{} messages: taken as one of them", several.len()));
            let one_of: Vec<Value> = several.iter().map(alternative).collect();
            let mut tree = root.tree.clone();
            let spot = "x-sluicegate-one-of";
            tree.as_object_mut()?.insert(spot.to_owned(), json!({"oneOf": one_of}));
            policies::schema_out_of(&tree, &format!("/{spot}"))?
        }
        (_, [only]) => root.tree.pointer(&only.pointer)?.clone(),
        _ => {
            report.not_supported(at, "several messages that are not JSON; none was taken");
            return None;
        }
    };
    Some(Schema { kind, definition: definition.into() })
}

fn alternative(placed: &Placed<'_, '_>) -> Value {
    let mut schema = json!({"$ref": format!("#{}", placed.pointer)});
    if let (Some(title), Value::Object(members)) = (placed.message.name, &mut schema) {
        members.insert("title".to_owned(), title.into());
    }
    schema
}

fn format(root: Root<'_>, channel: &Channel<'_>, schema: Option<&Schema>) -> PayloadFormat {
    let stated = channel.messages.iter().find_map(|message| message.text("contentType"));
    let default = root.tree.get("defaultContentType").and_then(Value::as_str);
    match (schema.map(|schema| schema.kind), stated.or(default)) {
        (Some(SchemaKind::Avro | SchemaKind::Protobuf), _) => PayloadFormat::Bytes,
        (_, Some(kind)) if kind.contains("json") => PayloadFormat::Json,
        (_, Some(kind)) if kind.starts_with("text/") => PayloadFormat::Text,
        (_, Some(_)) => PayloadFormat::Bytes,
        (_, None) => PayloadFormat::Json,
    }
}

fn samples(channel: &Channel<'_>) -> Vec<Sample> {
    let mut samples: Vec<Sample> = channel.messages.iter().flat_map(samples_of).collect();
    samples.truncate(SAMPLES_MAX);
    for index in 1..samples.len() {
        let (earlier, rest) = samples.split_at_mut(index);
        if let Some(sample) = rest.first_mut()
            && earlier.iter().any(|other| other.name == sample.name)
        {
            sample.name = format!("{}-{}", sample.name, index + 1);
        }
    }
    samples
}

fn samples_of(message: &Message<'_>) -> Vec<Sample> {
    let (examples, keys) = (message.member("examples"), message.member(KEYS));
    let examples = examples.iter().flat_map(|all| all.elements().collect::<Vec<_>>());
    let sample = |(index, example): (usize, super::node::Node<'_>)| {
        let fallback = || format!("{}-{}", message.name.unwrap_or("example"), index + 1);
        let headers = example.value.get("headers").and_then(Value::as_object);
        let header = |(name, value): (&String, &Value)| {
            let text = value.as_str().map(str::to_owned).unwrap_or_else(|| value.to_string());
            (name.clone(), text)
        };
        let name = example.text("name").map(str::to_owned).unwrap_or_else(fallback);
        let key = keys.as_ref().and_then(|keys| keys.text(&name)).map(str::to_owned);
        Sample {
            name,
            summary: example.text("summary").map(str::to_owned),
            key,
            headers: headers.into_iter().flatten().map(header).collect(),
            value: example.value.get("payload").cloned().map(Into::into),
        }
    };
    examples.enumerate().map(sample).collect()
}
