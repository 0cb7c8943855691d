//! Open Data Contract Standard: a contract (3.1.0) of an endpoint, and drafts of endpoints out of
//! contracts (3.x).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Told, line};
use crate::{
    Problem,
    asyncapi::Imported,
    document::{report::Report, tree_of},
    model::{
        Classification, Contact, Endpoint, Lifecycle, PayloadFormat, Schema, SchemaKind, Version,
        name::{NAME_CHARS_MAX, check_name, check_topic},
    },
};

/// The version that is written.
const API_VERSION: &str = "v3.1.0";
/// Levels of fields.
const DEPTH_MAX: usize = 16;
/// Fields of one contract.
const FIELDS_MAX: usize = 10_000;

/// The contract of an endpoint.
pub fn contract(told: &Told<'_>) -> Value {
    let of = told.endpoint;
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| {
        out.insert(name.to_owned(), value);
    };
    put("apiVersion", API_VERSION.into());
    put("kind", "DataContract".into());
    put("id", format!("urn:sluicegate:endpoint:{}", told.name).into());
    put("name", line(told.title()).into());
    put("version", of.version.to_string().into());
    let status = match of.lifecycle {
        Lifecycle::Published => "active",
        other => other.name(),
    };
    put("status", status.into());
    if let Some(domain) = &of.domain {
        put("domain", domain.as_str().into());
    }
    if !of.tags.is_empty() {
        put("tags", of.tags.clone().into());
    }
    if !of.description.trim().is_empty() {
        put("description", json!({ "purpose": of.description.trim() }));
    }
    let format = match of.format {
        PayloadFormat::Json => "json",
        PayloadFormat::Text => "text",
        PayloadFormat::Bytes => "binary",
    };
    if let Some(url) = told.events_url() {
        let server = json!({ "server": "sse", "type": "api", "location": url });
        put("servers", json!([server]));
    }
    let mut element = Map::new();
    element.insert("name".to_owned(), told.name.into());
    element.insert("physicalName".to_owned(), of.address().into());
    element.insert("physicalType".to_owned(), "topic".into());
    element.insert("logicalType".to_owned(), "object".into());
    if let Some(schema) = of.schema.as_ref().filter(|of| of.kind == SchemaKind::JsonSchema) {
        let fields = fields_of(&schema.definition.parse(), 0);
        if !fields.is_empty() {
            element.insert("properties".to_owned(), fields.into());
        }
    }
    put("schema", json!([element]));
    if let Some(owner) = &of.owner {
        put("team", json!({ "name": owner }));
    }
    if let Some(email) = of.contact.as_ref().and_then(|contact| contact.email.as_deref()) {
        put("support", json!([{ "channel": "mail", "url": format!("mailto:{email}") }]));
    }
    let mut own = vec![json!({ "property": "format", "value": format })];
    if let Some(class) = of.classification {
        let class = serde_json::to_value(class).unwrap_or_default();
        own.push(json!({ "property": "classification", "value": class }));
    }
    put("customProperties", own.into());
    Value::Object(out)
}

/// The fields of a JSON Schema.
fn fields_of(schema: &Value, depth: usize) -> Vec<Value> {
    let required: Vec<&str> = match schema.get("required") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let Some(Value::Object(properties)) = schema.get("properties") else { return Vec::new() };
    let fields = properties.iter().map(|(name, of)| {
        let mut field = field_of(of, depth);
        field.insert("name".to_owned(), name.as_str().into());
        if required.contains(&name.as_str()) {
            field.insert("required".to_owned(), true.into());
        }
        Value::Object(field)
    });
    fields.collect()
}

fn field_of(of: &Value, depth: usize) -> Map<String, Value> {
    let mut field = Map::new();
    let of_type = match of.get("type") {
        Some(Value::Array(several)) => {
            several.iter().filter_map(Value::as_str).find(|one| *one != "null")
        }
        other => other.and_then(Value::as_str),
    };
    let logical = match (of_type, of.get("format").and_then(Value::as_str)) {
        (Some("string"), Some("date")) => Some("date"),
        (Some("string"), Some("date-time")) => Some("timestamp"),
        (Some("string"), Some("time")) => Some("time"),
        (Some(known @ ("string" | "number" | "integer" | "boolean" | "object" | "array")), _) => {
            Some(known)
        }
        (None, _) if of.get("properties").is_some() => Some("object"),
        _ => None,
    };
    if let Some(logical) = logical {
        field.insert("logicalType".to_owned(), logical.into());
    }
    if let Some(description) = of.get("description").and_then(Value::as_str) {
        field.insert("description".to_owned(), description.into());
    }
    if depth >= DEPTH_MAX {
        return field;
    }
    let inner = fields_of(of, depth + 1);
    if logical == Some("object") && !inner.is_empty() {
        field.insert("properties".to_owned(), inner.into());
    }
    if let (Some("array"), Some(items @ Value::Object(_))) = (logical, of.get("items")) {
        field.insert("items".to_owned(), field_of(items, depth + 1).into());
    }
    field
}

/// Drafts of endpoints out of a contract. Nothing is opened.
///
/// # Errors
/// Why the text is no contract: each with its place.
pub fn import(source: &str, text: &str, cluster: &str) -> Result<Imported, Vec<Problem>> {
    let (tree, origin) = tree_of(source, text)?;
    let mut report = Report::new(origin);
    let wrong = |report: &Report, pointer: &str, message: &str| {
        vec![report.problem(pointer, message.to_owned())]
    };
    if tree.get("kind").and_then(Value::as_str) != Some("DataContract") {
        return Err(wrong(&report, "/kind", "a contract has `kind: DataContract`"));
    }
    let version = tree.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    if !version.trim_start_matches('v').starts_with("3.") {
        let message = "is a version that is not supported; v3.0.0 to v3.1.0 are";
        return Err(wrong(&report, "/apiVersion", message));
    }
    let common = common(&tree, cluster, &mut report);
    let mut endpoints = BTreeMap::new();
    let elements = match tree.get("schema") {
        Some(Value::Array(elements)) => elements.as_slice(),
        None => &[],
        Some(_) => return Err(wrong(&report, "/schema", "is a list of objects")),
    };
    if elements.is_empty() {
        report.not_supported("/schema", "there is none: nothing to make an endpoint of");
    }
    for (index, element) in elements.iter().enumerate() {
        let pointer = format!("/schema/{index}");
        let Some((name, endpoint)) = endpoint_of(element, &common, &pointer, &mut report) else {
            continue;
        };
        if endpoints.contains_key(&name) {
            report.not_supported(&pointer, format!("a second object comes to the name `{name}`"));
            continue;
        }
        endpoints.insert(name, endpoint);
    }
    Ok(Imported { endpoints, report: report.finish() })
}

/// What all objects of a contract have in common.
fn common(tree: &Value, cluster: &str, report: &mut Report) -> Endpoint {
    let text = |name: &str| tree.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut common = Endpoint {
        cluster: cluster.to_owned(),
        lifecycle: Lifecycle::Draft,
        domain: text("domain"),
        ..Endpoint::default()
    };
    if let Some(Value::Array(tags)) = tree.get("tags") {
        common.tags = tags.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    }
    match text("version").map(Version::try_from) {
        Some(Ok(version)) => common.version = version,
        Some(Err(_)) => report.changed("/version", "is no semantic version: left as 1.0.0"),
        None => {}
    }
    let description = tree.get("description");
    let purpose = description.and_then(|of| of.get("purpose")).and_then(Value::as_str);
    common.description = purpose.unwrap_or_default().trim().to_owned();
    common.owner = match tree.get("team") {
        Some(Value::Object(team)) => team.get("name").and_then(Value::as_str).map(str::to_owned),
        Some(_) => {
            report.not_supported("/team", "a list of people: name a team in `owner`");
            None
        }
        None => None,
    };
    let channels = tree.get("support").and_then(Value::as_array);
    let mail = channels.into_iter().flatten().find_map(|channel| {
        channel.get("url").and_then(Value::as_str)?.strip_prefix("mailto:").map(str::to_owned)
    });
    common.contact = mail.map(|email| Contact { email: Some(email), ..Contact::default() });
    for member in ["slaProperties", "price", "roles", "servers", "dataProduct"] {
        if tree.get(member).is_some() {
            report.not_supported(&format!("/{member}"), "has no counterpart here");
        }
    }
    common
}

fn endpoint_of(
    element: &Value,
    common: &Endpoint,
    pointer: &str,
    report: &mut Report,
) -> Option<(String, Endpoint)> {
    let text = |name: &str| element.get(name).and_then(Value::as_str);
    let Some(named) = text("name").or(text("physicalName")) else {
        report.not_supported(pointer, "has neither `name` nor `physicalName`");
        return None;
    };
    let name = name_of(named);
    if let Err(why) = check_name(&name) {
        report.not_supported(pointer, format!("no name can be made of it: {why}"));
        return None;
    }
    let topic = text("physicalName").unwrap_or(named);
    let topic = if check_topic(topic).is_ok() { topic.to_owned() } else { name.clone() };
    match text("physicalType") {
        Some("topic") => report.taken(pointer, format!("as a draft of the endpoint `{name}`")),
        other => {
            let what = other.unwrap_or("nothing");
            let message = format!(
                "says to be {what}, not a topic: as a draft of the endpoint `{name}`; look at its \
                 topic"
            );
            report.changed(pointer, message);
        }
    }
    let mut fields = 0;
    let schema = object(element, &mut Walk { report, fields: &mut fields, pointer, depth: 0 });
    let has_fields = schema.get("properties").is_some();
    let description = text("description").map_or(common.description.clone(), str::to_owned);
    let endpoint = Endpoint {
        topic,
        title: text("businessName").or(Some(named)).map(str::to_owned),
        description,
        classification: class_of(element),
        format: PayloadFormat::Json,
        schema: has_fields
            .then(|| Schema { kind: SchemaKind::JsonSchema, definition: schema.into() }),
        ..common.clone()
    };
    Some((name, endpoint))
}

/// The most confidential of its fields.
fn class_of(element: &Value) -> Option<Classification> {
    let own = element.get("classification").and_then(Value::as_str);
    let own = own.and_then(|class| match class.to_lowercase().as_str() {
        "public" => Some(Classification::Public),
        "internal" => Some(Classification::Internal),
        "confidential" => Some(Classification::Confidential),
        "restricted" => Some(Classification::Restricted),
        _ => None,
    });
    let fields = element.get("properties").and_then(Value::as_array);
    let of_fields = fields.into_iter().flatten().filter_map(class_of).max();
    own.max(of_fields)
}

/// Where the walk over the fields is.
struct Walk<'w> {
    report: &'w mut Report,
    fields: &'w mut usize,
    pointer: &'w str,
    depth: usize,
}

/// The JSON Schema of an object's fields.
fn object(of: &Value, walk: &mut Walk<'_>) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    let fields = of.get("properties").and_then(Value::as_array);
    for (index, field) in fields.into_iter().flatten().enumerate() {
        *walk.fields += 1;
        if walk.depth > DEPTH_MAX || *walk.fields > FIELDS_MAX {
            let message = format!("more than {DEPTH_MAX} levels or {FIELDS_MAX} fields");
            walk.report.not_supported(walk.pointer, message);
            break;
        }
        let Some(name) = field.get("name").and_then(Value::as_str) else { continue };
        let pointer = format!("{}/properties/{index}", walk.pointer);
        let mut inner = Walk {
            report: &mut *walk.report,
            fields: &mut *walk.fields,
            pointer: &pointer,
            depth: walk.depth + 1,
        };
        properties.insert(name.to_owned(), field_schema(field, &mut inner));
        if field.get("required") == Some(&Value::Bool(true)) {
            required.push(Value::from(name));
        }
    }
    let mut schema = Map::new();
    schema.insert("type".to_owned(), "object".into());
    if !properties.is_empty() {
        schema.insert("properties".to_owned(), properties.into());
    }
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    Value::Object(schema)
}

fn field_schema(field: &Value, walk: &mut Walk<'_>) -> Value {
    let mut schema = match field.get("logicalType").and_then(Value::as_str) {
        Some("object") => object(field, walk),
        Some("array") => {
            let items = field.get("items").map(|items| {
                let pointer = format!("{}/items", walk.pointer);
                let mut inner = Walk {
                    report: &mut *walk.report,
                    fields: &mut *walk.fields,
                    pointer: &pointer,
                    depth: walk.depth + 1,
                };
                match inner.depth > DEPTH_MAX {
                    true => json!({}),
                    false => field_schema(items, &mut inner),
                }
            });
            items.map_or(
                json!({ "type": "array" }),
                |items| json!({ "type": "array", "items": items }),
            )
        }
        Some("date") => json!({ "type": "string", "format": "date" }),
        Some("timestamp") => json!({ "type": "string", "format": "date-time" }),
        Some("time") => json!({ "type": "string", "format": "time" }),
        Some(known @ ("string" | "number" | "integer" | "boolean")) => json!({ "type": known }),
        Some(_) => {
            walk.report.changed(walk.pointer, "its `logicalType` is not known: any value");
            json!({})
        }
        None => json!({}),
    };
    let told = ["description", "businessName"];
    let told = told.into_iter().find_map(|name| field.get(name).and_then(Value::as_str));
    if let (Some(text), Some(members)) = (told, schema.as_object_mut()) {
        members.insert("description".to_owned(), text.into());
    }
    schema
}

/// A resource name: small letters, digits and `-`.
fn name_of(text: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = text.chars().map(fits).take(NAME_CHARS_MAX).collect();
    name.trim_matches('-').to_owned()
}
