//! Documents of several endpoints as one: of a domain, or of the whole catalog. What belongs to one
//! endpoint is named after it; servers and ways to log in that are the same are said once.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{PERSPECTIVE, SpecVersion};

/// Most endpoints of one document: more is nothing that a reader can take.
pub const ENDPOINTS_MAX: usize = 1_000;

/// Parts of `components` that endpoints share where they are the same.
const SHARED: &str = "securitySchemes";

/// One document out of the documents of endpoints, by their names; `of`: what they have in common.
pub fn merge(of: Option<&str>, documents: Vec<(String, Value)>, version: SpecVersion) -> Value {
    let mut whole = Whole::default();
    for (name, document) in documents {
        whole.add(&name, document);
    }
    whole.finish(of, version)
}

/// What was taken so far.
#[derive(Default)]
struct Whole {
    servers: Map<String, Value>,
    channels: Map<String, Value>,
    operations: Map<String, Value>,
    components: Map<String, Value>,
    /// Tags by name.
    tags: BTreeMap<String, Value>,
    /// Contacts and licences, as far as there is one of each.
    said: BTreeMap<&'static str, Vec<Value>>,
}

/// How the parts of one document are called in the whole.
struct Names<'a> {
    endpoint: &'a str,
    servers: BTreeMap<String, String>,
    schemes: BTreeMap<String, String>,
}

impl Whole {
    fn add(&mut self, name: &str, mut document: Value) {
        let mut take = |member: &str| match document.get_mut(member).map(Value::take) {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        };
        let (servers, mut components) = (take("servers"), take("components"));
        let (channels, operations) = (take("channels"), take("operations"));
        let info = take("info");
        let mut names =
            Names { endpoint: name, servers: BTreeMap::new(), schemes: BTreeMap::new() };
        if let Some(Value::Object(schemes)) = components.shift_remove(SHARED) {
            let held = self.components.entry(SHARED).or_insert_with(|| json!({}));
            if let Value::Object(held) = held {
                names.schemes = share(held, schemes);
            }
        }
        let servers = servers.into_iter().map(|(key, server)| (key, names.renamed(server)));
        let servers = servers.collect();
        names.servers = share(&mut self.servers, servers);
        let extension = info.get("x-sluicegate-endpoint").cloned();
        for of_all in ["contact", "license"] {
            let said = self.said.entry(of_all).or_default();
            said.extend(info.get(of_all).filter(|value| !said.contains(value)).cloned());
        }
        let tags = info.get("tags").or(document.get("tags")).and_then(Value::as_array);
        for tag in tags.into_iter().flatten() {
            if let Some(name) = tag.get("name").and_then(Value::as_str) {
                self.tags.insert(name.to_owned(), tag.clone());
            }
        }
        for (key, channel) in channels {
            let mut channel = names.renamed(channel);
            if let (Some(extension), Value::Object(members)) = (&extension, &mut channel) {
                members.insert("x-sluicegate-endpoint".to_owned(), extension.clone());
            }
            // In 2.6 a channel's key is its address, which is an endpoint's own.
            let key = if is_key(&key) { names.own(&key) } else { key };
            self.channels.insert(key, channel);
        }
        for (key, operation) in operations {
            self.operations.insert(names.own(&key), names.renamed(operation));
        }
        for (part, members) in components {
            let Value::Object(members) = members else { continue };
            let held = self.components.entry(part).or_insert_with(|| json!({}));
            let Value::Object(held) = held else { continue };
            for (key, member) in members {
                held.insert(names.own(&key), names.renamed(member));
            }
        }
    }

    fn finish(self, of: Option<&str>, version: SpecVersion) -> Value {
        let (title, id) = match of {
            Some(domain) => {
                (format!("Events of {domain}"), format!("urn:sluicegate:domain:{domain}"))
            }
            None => ("Event endpoints".to_owned(), "urn:sluicegate:catalog".to_owned()),
        };
        let description = format!(
            "{PERSPECTIVE}what it sends is what subscribers consume, what it receives is what they \
             produce, as it comes from the topics."
        );
        let mut out = Map::new();
        let mut put = |name: &str, value: Value| {
            out.insert(name.to_owned(), value);
        };
        put("asyncapi", version.name().into());
        put("id", id.into());
        let mut info = Map::new();
        info.insert("title".to_owned(), title.into());
        info.insert("version".to_owned(), "1.0.0".into());
        info.insert("description".to_owned(), description.into());
        for (name, said) in self.said {
            if let [one] = said.as_slice() {
                info.insert(name.to_owned(), one.clone());
            }
        }
        let tags: Vec<Value> = self.tags.into_values().collect();
        let old = version == SpecVersion::V2_6;
        if !tags.is_empty() && !old {
            info.insert("tags".to_owned(), tags.clone().into());
        }
        put("info", info.into());
        put("defaultContentType", "application/json".into());
        put("servers", self.servers.into());
        put("channels", self.channels.into());
        if !old {
            put("operations", self.operations.into());
        }
        put("components", self.components.into());
        if !tags.is_empty() && old {
            put("tags", tags.into());
        }
        Value::Object(out)
    }
}

/// Takes members over; what is the same is there once, what has the same key and is another gets a
/// key of its own. Answers how each is called.
fn share(held: &mut Map<String, Value>, members: Map<String, Value>) -> BTreeMap<String, String> {
    let mut called = BTreeMap::new();
    for (key, member) in members {
        let mut number = 1;
        let mut name = key.clone();
        while held.get(&name).is_some_and(|other| *other != member) {
            number += 1;
            name = format!("{key}-{number}");
        }
        held.insert(name.clone(), member);
        called.insert(key, name);
    }
    called
}

/// Whether it is a key of ours rather than an address.
fn is_key(key: &str) -> bool {
    matches!(key, "kafka" | "sse" | "websocket")
}

impl Names<'_> {
    /// What is the endpoint's own is named after it.
    fn own(&self, key: &str) -> String {
        format!("{}-{key}", self.endpoint)
    }

    /// A part with its references, ids and names as they are in the whole.
    fn renamed(&self, value: Value) -> Value {
        match value {
            Value::Array(elements) => {
                elements.into_iter().map(|element| self.renamed(element)).collect()
            }
            Value::Object(members) => {
                let renamed = members.into_iter().map(|(key, value)| self.member(key, value));
                Value::Object(renamed.collect())
            }
            other => other,
        }
    }

    fn member(&self, key: String, value: Value) -> (String, Value) {
        let value = match (key.as_str(), value) {
            ("$ref", Value::String(to)) => self.reference(&to).into(),
            ("operationId" | "messageId", Value::String(id)) => self.own(&id).into(),
            // 2.6 names servers and ways to log in where later versions refer to them.
            ("servers", Value::Array(named)) => named
                .into_iter()
                .map(|server| match server {
                    Value::String(name) => called(&self.servers, &name).into(),
                    other => self.renamed(other),
                })
                .collect(),
            ("security", Value::Array(ways)) => ways
                .into_iter()
                .map(|way| match way {
                    Value::Object(members) if !members.contains_key("$ref") => {
                        let ways = members.into_iter();
                        let ways = ways.map(|(name, of)| (called(&self.schemes, &name), of));
                        Value::Object(ways.collect())
                    }
                    other => self.renamed(other),
                })
                .collect(),
            // What somebody's events look like is not ours to rename, nor what their fields are
            // called.
            ("examples" | "example" | "const" | "enum" | "default", value) => value,
            (
                "properties" | "patternProperties" | "definitions" | "$defs" | "dependencies",
                Value::Object(named),
            ) => {
                let named = named.into_iter().map(|(name, value)| (name, self.renamed(value)));
                Value::Object(named.collect())
            }
            (_, value) => self.renamed(value),
        };
        (key, value)
    }

    fn reference(&self, to: &str) -> String {
        let Some(path) = to.strip_prefix("#/") else { return to.to_owned() };
        let parts: Vec<&str> = path.split('/').collect();
        let renamed = match parts.as_slice() {
            ["servers", key] => format!("servers/{}", called(&self.servers, key)),
            ["components", SHARED, key] => {
                format!("components/{SHARED}/{}", called(&self.schemes, key))
            }
            ["components", part, key, rest @ ..] => {
                joined(&format!("components/{part}/{}", self.own(key)), rest)
            }
            ["channels", key, rest @ ..] if is_key(key) => {
                joined(&format!("channels/{}", self.own(key)), rest)
            }
            ["operations", key, rest @ ..] => {
                joined(&format!("operations/{}", self.own(key)), rest)
            }
            _ => path.to_owned(),
        };
        format!("#/{renamed}")
    }
}

fn called(names: &BTreeMap<String, String>, key: &str) -> String {
    names.get(key).map_or_else(|| key.to_owned(), Clone::clone)
}

fn joined(begin: &str, rest: &[&str]) -> String {
    match rest {
        [] => begin.to_owned(),
        rest => format!("{begin}/{}", rest.join("/")),
    }
}
