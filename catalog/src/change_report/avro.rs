//! Whether what was written with one Avro schema can be read with another: the resolution rules of
//! the specification (1.12, "Schema Resolution").

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::{DEPTH_MAX, FINDINGS_MAX};

/// Why something cannot be read, or what readers pass over.
pub(super) struct Reading {
    pub(super) path: String,
    /// Whether it fails; else it is only told.
    pub(super) fails: bool,
    pub(super) message: String,
}

type Object = Map<String, Value>;
type Named<'a> = HashMap<String, &'a Object>;

/// Tells what happens when events that are written by `writer` are read by `reader`.
pub(super) fn read(writer: &Value, reader: &Value) -> Vec<Reading> {
    let (mut written, mut known) = (Named::new(), Named::new());
    collect(writer, "", &mut written, 0);
    collect(reader, "", &mut known, 0);
    let mut resolving =
        Resolving { writer: &written, reader: &known, seen: HashSet::new(), found: Vec::new() };
    resolving.schemas((writer, ""), (reader, ""), "", 0);
    resolving.found
}

/// The named types of a schema by their full names.
fn collect<'a>(schema: &'a Value, space: &str, named: &mut Named<'a>, depth: usize) {
    if depth > DEPTH_MAX {
        return;
    }
    match schema {
        Value::Array(branches) => {
            branches.iter().for_each(|branch| collect(branch, space, named, depth + 1));
        }
        Value::Object(object) => {
            let space = match full_name(object, space) {
                Some(name) => {
                    let space = name.rsplit_once('.').map_or("", |(space, _)| space).to_owned();
                    named.entry(name).or_insert(object);
                    space
                }
                None => space.to_owned(),
            };
            for member in ["items", "values", "type"] {
                if let Some(inner) = object.get(member).filter(|inner| !inner.is_string()) {
                    collect(inner, &space, named, depth + 1);
                }
            }
            for field in fields(object) {
                if let Some(inner) = field.get("type") {
                    collect(inner, &space, named, depth + 1);
                }
            }
        }
        _ => {}
    }
}

struct Resolving<'a> {
    writer: &'a Named<'a>,
    reader: &'a Named<'a>,
    /// Pairs of named types that are being compared or were.
    seen: HashSet<(String, String)>,
    found: Vec<Reading>,
}

/// A schema and the namespace around it.
type Placed<'a, 's> = (&'a Value, &'s str);

impl<'a> Resolving<'a> {
    fn tell(&mut self, path: &str, fails: bool, message: impl Into<String>) {
        if self.found.len() <= FINDINGS_MAX {
            self.found.push(Reading { path: path.to_owned(), fails, message: message.into() });
        }
    }

    fn schemas(
        &mut self,
        writer: Placed<'a, '_>,
        reader: Placed<'a, '_>,
        path: &str,
        depth: usize,
    ) {
        if depth > DEPTH_MAX {
            return self.tell(path, true, "it lies too deep to be compared");
        }
        if let Value::Array(branches) = writer.0 {
            for branch in branches {
                self.schemas((branch, writer.1), reader, path, depth + 1);
            }
            return;
        }
        if let Value::Array(branches) = reader.0 {
            let fits = branches.iter().any(|branch| self.fits(writer, (branch, reader.1), depth));
            if !fits {
                let kind = kind(writer, self.writer);
                self.tell(path, true, format!("`{kind}` is none of what readers know here"));
            }
            return;
        }
        self.plain(writer, reader, path, depth);
    }

    /// Whether a branch of a union takes it, without telling why not.
    fn fits(&self, writer: Placed<'a, '_>, reader: Placed<'a, '_>, depth: usize) -> bool {
        let (writer_named, reader_named) = (self.writer, self.reader);
        let mut trial = Resolving {
            writer: writer_named,
            reader: reader_named,
            seen: self.seen.clone(),
            found: Vec::new(),
        };
        trial.schemas(writer, reader, "", depth + 1);
        !trial.found.iter().any(|found| found.fails)
    }

    fn plain(&mut self, writer: Placed<'a, '_>, reader: Placed<'a, '_>, path: &str, depth: usize) {
        let (from, to) = (kind(writer, self.writer), kind(reader, self.reader));
        let (one, two) = (object(writer, self.writer), object(reader, self.reader));
        match (from.as_str(), to.as_str()) {
            ("record", "record") => {
                if let (Some(one), Some(two)) = (one, two) {
                    self.records((one, writer.1), (two, reader.1), path, depth);
                }
            }
            ("enum", "enum") => {
                let default = two.is_some_and(|two| two.contains_key("default"));
                let known = symbols(two);
                let unknown = symbols(one).into_iter().filter(|symbol| !known.contains(symbol));
                let unknown = unknown.count();
                if unknown > 0 && !default {
                    self.tell(path, true, format!("{unknown} symbols are unknown to readers"));
                }
            }
            ("fixed", "fixed") => {
                let size = |object: Option<&Object>| object.and_then(|o| o.get("size").cloned());
                if size(one) != size(two) {
                    self.tell(path, true, "its size is another");
                }
            }
            ("array", "array") | ("map", "map") => {
                let member = if from == "array" { "items" } else { "values" };
                let inner = |object: Option<&'a Object>| object.and_then(|o| o.get(member));
                if let (Some(one), Some(two)) = (inner(one), inner(two)) {
                    let path = format!("{path}/{member}");
                    self.schemas((one, writer.1), (two, reader.1), &path, depth + 1);
                }
            }
            (from, to) if from == to || promotes(from, to) => {}
            (from, to) => self.tell(path, true, format!("`{from}` cannot be read as `{to}`")),
        }
    }

    fn records(
        &mut self,
        (writer, around_writer): (&'a Object, &str),
        (reader, around_reader): (&'a Object, &str),
        path: &str,
        depth: usize,
    ) {
        let names = (full_name(writer, around_writer), full_name(reader, around_reader));
        let (Some(from), Some(to)) = names else { return };
        let short = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
        if short(&from) != short(&to) && !aliases(reader).any(|alias| short(alias) == short(&from))
        {
            self.tell(path, true, "the record has another name, and the old one is no alias");
        }
        if !self.seen.insert((from.clone(), to.clone())) {
            return;
        }
        let space = |name: &str| name.rsplit_once('.').map_or("", |(space, _)| space).to_owned();
        let (from, to) = (space(&from), space(&to));
        for field in fields(reader) {
            let Some(name) = field.get("name").and_then(Value::as_str) else { continue };
            let written = fields(writer).find(|written| {
                let written = written.get("name").and_then(Value::as_str);
                written == Some(name) || aliases(field).any(|alias| written == Some(alias))
            });
            let path = format!("{path}/{name}");
            match written {
                Some(written) => {
                    if let (Some(one), Some(two)) = (written.get("type"), field.get("type")) {
                        self.schemas((one, &from), (two, &to), &path, depth + 1);
                    }
                }
                None if field.contains_key("default") => {}
                None => self.tell(&path, true, "it is not written, and readers have no default"),
            }
        }
        let known: HashSet<&str> = fields(reader)
            .flat_map(|field| {
                field.get("name").and_then(Value::as_str).into_iter().chain(aliases(field))
            })
            .collect();
        for field in fields(writer) {
            let name = field.get("name").and_then(Value::as_str).unwrap_or_default();
            if !known.contains(name) {
                self.tell(
                    &format!("{path}/{name}"),
                    false,
                    "readers do not know it and pass over it",
                );
            }
        }
    }
}

/// Whether a value of one primitive type is read as another.
fn promotes(from: &str, to: &str) -> bool {
    matches!(
        (from, to),
        ("int", "long" | "float" | "double")
            | ("long", "float" | "double")
            | ("float", "double")
            | ("string", "bytes")
            | ("bytes", "string")
    )
}

/// The name of a schema's type: a primitive, or `record`, `enum` and so on.
fn kind((schema, space): Placed<'_, '_>, named: &Named<'_>) -> String {
    match schema {
        Value::String(name) => match lookup(name, space, named) {
            Some(object) => text(object, "type").unwrap_or("?").to_owned(),
            None => name.clone(),
        },
        Value::Object(object) => match object.get("type") {
            Some(Value::String(name)) => name.clone(),
            Some(inner) => kind((inner, space), named),
            None => "?".to_owned(),
        },
        Value::Array(_) => "union".to_owned(),
        _ => "?".to_owned(),
    }
}

fn object<'a>((schema, space): Placed<'a, '_>, named: &Named<'a>) -> Option<&'a Object> {
    match schema {
        Value::String(name) => lookup(name, space, named),
        Value::Object(object) => match object.get("type") {
            Some(inner @ Value::Object(_)) => self::object((inner, space), named),
            _ => Some(object),
        },
        _ => None,
    }
}

fn lookup<'a>(name: &str, space: &str, named: &Named<'a>) -> Option<&'a Object> {
    let full = if name.contains('.') || space.is_empty() {
        name.to_owned()
    } else {
        format!("{space}.{name}")
    };
    named.get(&full).or_else(|| named.get(name)).copied()
}

/// The full name of a named type.
fn full_name(object: &Object, around: &str) -> Option<String> {
    matches!(text(object, "type")?, "record" | "error" | "enum" | "fixed").then_some(())?;
    let name = text(object, "name")?;
    let space = text(object, "namespace").unwrap_or(around);
    match name.contains('.') || space.is_empty() {
        true => Some(name.to_owned()),
        false => Some(format!("{space}.{name}")),
    }
}

fn text<'a>(object: &'a Object, member: &str) -> Option<&'a str> {
    object.get(member).and_then(Value::as_str)
}

fn fields(object: &Object) -> impl Iterator<Item = &Object> {
    let fields = object.get("fields").and_then(Value::as_array);
    fields.into_iter().flatten().filter_map(Value::as_object)
}

fn aliases(object: &Object) -> impl Iterator<Item = &str> {
    let aliases = object.get("aliases").and_then(Value::as_array);
    aliases.into_iter().flatten().filter_map(Value::as_str)
}

fn symbols(object: Option<&Object>) -> Vec<&str> {
    let symbols = object.and_then(|object| object.get("symbols")).and_then(Value::as_array);
    symbols.into_iter().flatten().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests;
