//! What the specification says in words and the model does not check: references, names that must
//! differ, texts that must be URIs, what traits may not have.

use std::collections::HashSet;

use serde_json::Value;

use super::super::{Family, report::Report};
use crate::Problem;

/// Members whose values are data, whatever they look like.
const DATA: [&str; 6] = ["examples", "example", "default", "const", "enum", "bindings"];

/// Members that are URIs.
const URIS: [&str; 5] = ["url", "termsOfService", "authorizationUrl", "tokenUrl", "refreshUrl"];

/// Where URIs stand: elsewhere a member may only be called so.
const WITH_URIS: [&str; 8] = [
    "info",
    "contact",
    "license",
    "externalDocs",
    "implicit",
    "password",
    "clientCredentials",
    "authorizationCode",
];

/// All that is wrong.
pub(super) fn check(tree: &Value, family: Family, report: &Report) -> Vec<Problem> {
    let mut walk = Walk { tree, report, operations: HashSet::new(), problems: Vec::new() };
    walk.value(tree, "", "");
    if tree.get("id").and_then(Value::as_str).is_some_and(|id| !is_uri(id)) {
        walk.tell("/id", "is a URI");
    }
    if family == Family::V2 {
        walk.channels();
    }
    walk.problems
}

struct Walk<'a> {
    tree: &'a Value,
    report: &'a Report,
    operations: HashSet<&'a str>,
    problems: Vec<Problem>,
}

impl<'a> Walk<'a> {
    fn tell(&mut self, pointer: &str, message: &str) {
        if self.problems.len() < super::PROBLEMS_MAX {
            self.problems.push(self.report.problem(pointer, message.to_owned()));
        }
    }

    /// Looks at a value that stands in a member of this name.
    fn value(&mut self, value: &'a Value, pointer: &str, name: &str) {
        match value {
            Value::Object(members) => {
                if let Some(target) = members.get("$ref").and_then(Value::as_str) {
                    self.reference(target, pointer);
                }
                self.uris(value, pointer, name);
                for (name, member) in members {
                    if DATA.contains(&name.as_str()) || name.starts_with("x-") {
                        continue;
                    }
                    let token = name.replace('~', "~0").replace('/', "~1");
                    let pointer = format!("{pointer}/{token}");
                    match (name.as_str(), member) {
                        ("tags", Value::Array(tags)) => self.tags(tags, &pointer),
                        ("traits", Value::Array(traits)) => {
                            for (index, part) in traits.iter().enumerate() {
                                self.part(part, &format!("{pointer}/{index}"));
                            }
                        }
                        ("messageTraits" | "operationTraits", Value::Object(traits)) => {
                            for (name, part) in traits {
                                self.part(part, &format!("{pointer}/{name}"));
                            }
                        }
                        ("operationId", Value::String(id)) if !self.operations.insert(id) => {
                            self.tell(&pointer, "is another operation's id already");
                        }
                        _ => {}
                    }
                    self.value(member, &pointer, name);
                }
            }
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    self.value(element, &format!("{pointer}/{index}"), name);
                }
            }
            _ => {}
        }
    }

    fn reference(&mut self, target: &str, pointer: &str) {
        let at = format!("{pointer}/$ref");
        let Some(inside) = target.strip_prefix('#') else {
            let message = "not supported: a reference out of the document; bundle the document \
                           into one file first";
            return self.tell(&at, message);
        };
        let decoded = inside.replace("%7B", "{").replace("%7D", "}").replace("%20", " ");
        if self.tree.pointer(&decoded).is_none() && self.tree.pointer(inside).is_none() {
            self.tell(&at, "refers to what is not there");
        }
    }

    fn uris(&mut self, value: &Value, pointer: &str, name: &str) {
        if !WITH_URIS.contains(&name) {
            return;
        }
        for member in URIS {
            let text = value.get(member).and_then(Value::as_str);
            if text.is_some_and(|text| !is_uri(text)) {
                self.tell(&format!("{pointer}/{member}"), "is a URI");
            }
        }
    }

    fn tags(&mut self, tags: &[Value], pointer: &str) {
        let mut names = HashSet::new();
        for (index, tag) in tags.iter().enumerate() {
            let name = tag.get("name").and_then(Value::as_str);
            if name.is_some_and(|name| !names.insert(name)) {
                self.tell(&format!("{pointer}/{index}/name"), "names another tag already");
            }
        }
    }

    /// Looks at a trait.
    fn part(&mut self, part: &Value, pointer: &str) {
        for member in ["payload", "traits", "message", "messages", "channel"] {
            if part.get(member).is_some() {
                self.tell(&format!("{pointer}/{member}"), "is not for traits");
            }
        }
    }

    /// Addresses that are names of channels.
    fn channels(&mut self) {
        let channels = self.tree.get("channels").and_then(Value::as_object);
        for address in channels.into_iter().flat_map(|channels| channels.keys()) {
            if address.contains(['?', '#']) {
                let token = address.replace('~', "~0").replace('/', "~1");
                self.tell(&format!("/channels/{token}"), "an address has no query and no fragment");
            }
        }
    }
}

/// A scheme and something behind it, without spaces (RFC 3986).
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let letter = scheme.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    letter && scheme.bytes().all(legal) && !rest.is_empty() && !rest.contains([' ', '<', '>', '"'])
}
