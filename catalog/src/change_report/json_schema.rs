//! Differences between two JSON Schemas, draft 7 to 2020-12: which values one allows and the other
//! does not.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value};

use super::{DEPTH_MAX, Difference, Effect, FINDINGS_MAX};

mod limits;

/// Keywords that allow and forbid nothing.
const ANNOTATIONS: &[&str] = &[
    "$id",
    "$schema",
    "$comment",
    "$anchor",
    "$defs",
    "definitions",
    "title",
    "description",
    "examples",
    "default",
    "deprecated",
    "readOnly",
    "writeOnly",
    "contentMediaType",
    "contentEncoding",
];
/// Keywords that are compared below.
const COMPARED: &[&str] = &[
    "type",
    "nullable",
    "enum",
    "const",
    "required",
    "properties",
    "additionalProperties",
    "items",
    "prefixItems",
    "additionalItems",
    "pattern",
    "format",
    "$ref",
];

/// Compares two schemas.
pub(super) fn differences(old: &Value, new: &Value) -> Vec<Difference> {
    let mut comparing = Comparing { old, new, seen: HashSet::new(), found: Vec::new() };
    comparing.schemas(old, new, "", 0);
    comparing.found
}

struct Comparing<'a> {
    old: &'a Value,
    new: &'a Value,
    /// Pairs of references that are being compared or were: a schema may contain itself.
    seen: HashSet<(&'a str, &'a str)>,
    found: Vec<Difference>,
}

type Object = Map<String, Value>;

impl<'a> Comparing<'a> {
    fn tell(&mut self, path: &str, effect: Effect, message: impl Into<String>) {
        if self.found.len() <= FINDINGS_MAX {
            self.found.push(Difference { path: path.to_owned(), effect, message: message.into() });
        }
    }

    fn schemas(&mut self, old: &'a Value, new: &'a Value, path: &str, depth: usize) {
        if depth > DEPTH_MAX {
            return self.tell(path, Effect::Unknown, "it lies too deep to be compared");
        }
        let names = (reference(old), reference(new));
        if let (Some(one), Some(two)) = names
            && !self.seen.insert((one, two))
        {
            return;
        }
        let (Some(old), Some(new)) = (resolve(self.old, old), resolve(self.new, new)) else {
            return self.tell(path, Effect::Unknown, "a reference leads nowhere, or outside");
        };
        if old == new && names == (None, None) && !has_reference(old) {
            return;
        }
        match (old, new) {
            (Value::Bool(true), Value::Bool(true)) | (Value::Bool(false), Value::Bool(false)) => {}
            (_, Value::Bool(true)) => {
                self.tell(path, Effect::Widens, "anything is allowed here now");
            }
            (Value::Bool(false), _) => self.tell(path, Effect::Widens, "it is allowed now"),
            (_, Value::Bool(false)) => {
                self.tell(path, Effect::Narrows, "nothing is allowed here any more");
            }
            (Value::Bool(true), Value::Object(_)) => {
                self.tell(path, Effect::Narrows, "it is described now, where anything was allowed");
            }
            (Value::Object(old), Value::Object(new)) => self.objects(old, new, path, depth),
            _ => self.tell(path, Effect::Unknown, "it is not a schema"),
        }
    }

    fn objects(&mut self, old: &'a Object, new: &'a Object, path: &str, depth: usize) {
        self.types(old, new, path);
        self.values(old, new, path);
        limits::compare(old, new, |effect, message| self.tell(path, effect, message));
        for (keyword, what) in [("pattern", "the pattern"), ("format", "the format")] {
            match (old.get(keyword), new.get(keyword)) {
                (None, Some(_)) => {
                    self.tell(path, Effect::Narrows, format!("{what} is demanded now"))
                }
                (Some(_), None) => {
                    self.tell(path, Effect::Widens, format!("{what} is not demanded any more"))
                }
                (one, two) if one != two => {
                    self.tell(path, Effect::Both, format!("{what} is another"))
                }
                _ => {}
            }
        }
        self.required(old, new, path);
        self.properties(old, new, path, depth);
        self.items(old, new, path, depth);
        let others: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for keyword in others {
            let known = [ANNOTATIONS, COMPARED, limits::KEYWORDS]
                .iter()
                .any(|known| known.contains(&keyword.as_str()));
            if !known && !keyword.starts_with("x-") && old.get(keyword) != new.get(keyword) {
                self.tell(path, Effect::Unknown, format!("`{keyword}` is another"));
            }
        }
    }

    fn types(&mut self, old: &Object, new: &Object, path: &str) {
        let (one, two) = (types(old), types(new));
        let more: Vec<_> = two.difference(&one).copied().collect();
        let fewer: Vec<_> = one.difference(&two).copied().collect();
        let effect = match (more.is_empty(), fewer.is_empty()) {
            (true, true) => return,
            (false, true) => Effect::Widens,
            (true, false) => Effect::Narrows,
            (false, false) => Effect::Both,
        };
        let message = match effect {
            Effect::Widens => format!("it may be {} too", more.join(" or ")),
            Effect::Narrows => format!("it may not be {} any more", fewer.join(" or ")),
            _ => format!("it may be {} now, and not {}", more.join(" or "), fewer.join(" or ")),
        };
        self.tell(path, effect, message);
    }

    fn values(&mut self, old: &Object, new: &Object, path: &str) {
        match (allowed(old), allowed(new)) {
            (None, None) => {}
            (None, Some(_)) => self.tell(path, Effect::Narrows, "only some values are allowed now"),
            (Some(_), None) => {
                self.tell(
                    path,
                    Effect::Widens,
                    "other values than the listed ones are allowed now",
                );
            }
            (Some(one), Some(two)) => {
                let lacks = |values: &[&Value], of: &[&Value]| {
                    values.iter().filter(|v| !of.contains(v)).count()
                };
                match (lacks(&two, &one), lacks(&one, &two)) {
                    (0, 0) => {}
                    (more, 0) => {
                        self.tell(path, Effect::Widens, format!("{more} more values are allowed"))
                    }
                    (0, fewer) => self.tell(
                        path,
                        Effect::Narrows,
                        format!("{fewer} values are not allowed any more"),
                    ),
                    (more, fewer) => self.tell(
                        path,
                        Effect::Both,
                        format!("{more} more values are allowed, and {fewer} not any more"),
                    ),
                }
            }
        }
    }

    fn required(&mut self, old: &Object, new: &Object, path: &str) {
        let (one, two) = (required(old), required(new));
        for name in two.difference(&one) {
            let member = member(path, name);
            self.tell(&member, Effect::Narrows, format!("`{name}` must be there now"));
        }
        for name in one.difference(&two).filter(|name| property(new, name).is_some()) {
            let member = member(path, name);
            self.tell(&member, Effect::Widens, format!("`{name}` may be missing now"));
        }
    }

    fn properties(&mut self, old: &'a Object, new: &'a Object, path: &str, depth: usize) {
        let names = |schema: &'a Object| {
            schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys)
        };
        for name in names(old) {
            let place = member(path, name);
            match (property(old, name), property(new, name)) {
                (Some(one), Some(two)) => self.schemas(one, two, &place, depth + 1),
                // Whoever needs it fails, whatever else is allowed.
                _ => self.tell(&place, Effect::Both, format!("`{name}` is not described any more")),
            }
        }
        for name in names(new).filter(|name| property(old, name).is_none()) {
            let place = member(path, name);
            match old.get("additionalProperties") {
                Some(Value::Bool(false)) => {
                    let message = format!(
                        "`{name}` is new, and other members were not allowed: who refuses them \
                         fails"
                    );
                    self.tell(&place, Effect::Unknown, message);
                }
                _ => self.tell(&place, Effect::Same, format!("`{name}` is new")),
            }
        }
        let of = |schema: &'a Object| schema.get("additionalProperties");
        if of(old).or(of(new)).is_some() {
            let any = &Value::Bool(true);
            let (one, two) = (of(old).unwrap_or(any), of(new).unwrap_or(any));
            self.schemas(one, two, &format!("{path}/additionalProperties"), depth + 1);
        }
    }

    fn items(&mut self, old: &'a Object, new: &'a Object, path: &str, depth: usize) {
        for keyword in ["items", "additionalItems"] {
            let place = format!("{path}/{keyword}");
            match (old.get(keyword), new.get(keyword)) {
                (Some(Value::Array(one)), Some(Value::Array(two))) => {
                    self.positions(one, two, &place, depth);
                }
                (Some(one), Some(two)) => self.schemas(one, two, &place, depth + 1),
                (Some(_), None) => {
                    self.tell(&place, Effect::Widens, "elements may be anything now")
                }
                (None, Some(_)) => self.tell(&place, Effect::Narrows, "elements are described now"),
                (None, None) => {}
            }
        }
        match (old.get("prefixItems"), new.get("prefixItems")) {
            (Some(Value::Array(one)), Some(Value::Array(two))) => {
                self.positions(one, two, &format!("{path}/prefixItems"), depth);
            }
            (one, two) if one != two => {
                self.tell(path, Effect::Unknown, "the first elements are described otherwise");
            }
            _ => {}
        }
    }

    fn positions(&mut self, old: &'a [Value], new: &'a [Value], path: &str, depth: usize) {
        for (at, (one, two)) in old.iter().zip(new).enumerate() {
            self.schemas(one, two, &format!("{path}/{at}"), depth + 1);
        }
        if old.len() != new.len() {
            self.tell(path, Effect::Unknown, "another number of elements is described one by one");
        }
    }
}

fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref").and_then(Value::as_str)
}

/// The schema itself, local references followed.
fn resolve<'a>(root: &'a Value, schema: &'a Value) -> Option<&'a Value> {
    let mut schema = schema;
    for _ in 0..DEPTH_MAX {
        let Some(pointer) = reference(schema) else { return Some(schema) };
        schema = root.pointer(pointer.strip_prefix('#')?)?;
    }
    None
}

/// Whether equal texts may still mean different things, because what they refer to differs.
fn has_reference(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => {
            members.contains_key("$ref") || members.values().any(has_reference)
        }
        Value::Array(items) => items.iter().any(has_reference),
        _ => false,
    }
}

/// The types that are allowed; `integer` is told apart from other numbers.
fn types(schema: &Object) -> BTreeSet<&'static str> {
    const ALL: [&str; 7] =
        ["null", "boolean", "object", "array", "integer", "a fraction", "string"];
    let mut allowed = BTreeSet::new();
    let mut allow = |name: &str| match name {
        "number" => allowed.extend(["integer", "a fraction"]),
        other => allowed.extend(ALL.into_iter().filter(|known| *known == other)),
    };
    match schema.get("type") {
        Some(Value::String(name)) => allow(name),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).for_each(allow),
        _ => return ALL.into_iter().collect(),
    }
    if schema.get("nullable") == Some(&Value::Bool(true)) {
        allowed.insert("null");
    }
    allowed
}

/// The values that are listed; `None`: any.
fn allowed(schema: &Object) -> Option<Vec<&Value>> {
    match (schema.get("const"), schema.get("enum")) {
        (Some(only), _) => Some(vec![only]),
        (None, Some(Value::Array(values))) => Some(values.iter().collect()),
        _ => None,
    }
}

fn required(schema: &Object) -> BTreeSet<&str> {
    let names = schema.get("required").and_then(Value::as_array);
    names.into_iter().flatten().filter_map(Value::as_str).collect()
}

fn property<'a>(schema: &'a Object, name: &str) -> Option<&'a Value> {
    schema.get("properties")?.get(name)
}

fn member(path: &str, name: &str) -> String {
    format!("{path}/properties/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests;
