//! What changed between two versions of an endpoint.

use serde_json::Value;

use super::{FINDINGS_MAX, Finding, Report, Verdict, avro, json_schema};
use crate::model::{Direction, Endpoint, Schema, SchemaKind};

/// Compares two versions of an endpoint, for those who used the old one.
pub fn report(old: &Endpoint, new: &Endpoint) -> Report {
    let mut reporting = Reporting { direction: old.direction, report: Report::default() };
    reporting.facts(old, new);
    let schemas = [
        ("schema", &old.schema, &new.schema),
        ("keySchema", &old.key_schema, &new.key_schema),
        ("headersSchema", &old.headers_schema, &new.headers_schema),
    ];
    for (member, old, new) in schemas {
        reporting.schema(member, old.as_ref(), new.as_ref());
    }
    let findings = &mut reporting.report.findings;
    if findings.len() > FINDINGS_MAX {
        findings.truncate(FINDINGS_MAX);
        reporting.tell(Verdict::Unclear, "schema", "", "there is more: too much to be listed");
    }
    reporting.report
}

struct Reporting {
    direction: Direction,
    report: Report,
}

impl Reporting {
    fn tell(&mut self, verdict: Verdict, member: &'static str, path: &str, message: &str) {
        let (path, message) = (path.to_owned(), message.to_owned());
        self.report.findings.push(Finding { verdict, member, path, message });
    }

    fn facts(&mut self, old: &Endpoint, new: &Endpoint) {
        if old.address() != new.address() {
            let message =
                format!("the address is another: `{}` answers to nobody any more", old.address());
            self.tell(Verdict::Breaking, "address", "", &message);
        }
        if old.format != new.format {
            self.tell(Verdict::Breaking, "format", "", "values are of another format");
        }
        let lost = |allows: fn(Direction) -> bool| allows(old.direction) && !allows(new.direction);
        if lost(Direction::allows_consuming) {
            self.tell(Verdict::Breaking, "direction", "", "nobody can read it any more");
        }
        if lost(Direction::allows_producing) {
            self.tell(Verdict::Breaking, "direction", "", "nobody can write to it any more");
        }
        if (&old.cluster, &old.topic) != (&new.cluster, &new.topic) {
            let message = "it is another topic: positions in the old one mean nothing in it";
            self.tell(Verdict::Unclear, "topic", "", message);
        }
    }

    fn schema(&mut self, member: &'static str, old: Option<&Schema>, new: Option<&Schema>) {
        match (old, new) {
            (None, None) => {}
            (None, Some(_)) => {
                // Who writes may have written anything.
                let verdict = match self.direction.allows_producing() {
                    true => Verdict::Unclear,
                    false => Verdict::Compatible,
                };
                self.tell(verdict, member, "", "it is described now");
            }
            (Some(_), None) => {
                self.tell(Verdict::Unclear, member, "", "it is not described any more")
            }
            (Some(old), Some(new)) if old == new => {}
            (Some(old), Some(new)) => match (old.kind, new.kind) {
                (SchemaKind::JsonSchema, SchemaKind::JsonSchema) => self.json(member, old, new),
                (SchemaKind::Avro, SchemaKind::Avro) => self.avro(member, old, new),
                (SchemaKind::Protobuf, SchemaKind::Protobuf) => {
                    let message = "it is another, and Protocol Buffers are not compared";
                    self.tell(Verdict::Unclear, member, "", message);
                }
                _ => self.tell(Verdict::Breaking, member, "", "it is of another language"),
            },
        }
    }

    fn json(&mut self, member: &'static str, old: &Schema, new: &Schema) {
        let (Some(old), Some(new)) = (tree(old), tree(new)) else {
            return self.tell(Verdict::Unclear, member, "", "it is not JSON");
        };
        for found in json_schema::differences(&old, &new) {
            let verdict = found.effect.verdict(self.direction);
            self.tell(verdict, member, &found.path, &found.message);
        }
    }

    fn avro(&mut self, member: &'static str, old: &Schema, new: &Schema) {
        let (Some(old), Some(new)) = (tree(old), tree(new)) else {
            return self.tell(Verdict::Unclear, member, "", "it is not JSON");
        };
        let mut sides = Vec::new();
        if self.direction.allows_consuming() {
            sides.push((avro::read(&new, &old), "read with the old schema"));
        }
        if self.direction.allows_producing() {
            sides.push((avro::read(&old, &new), "written with the old schema"));
        }
        for (found, how) in sides {
            for reading in found {
                let verdict = if reading.fails { Verdict::Breaking } else { Verdict::Compatible };
                let message = format!("{how}: {}", reading.message);
                self.tell(verdict, member, &reading.path, &message);
            }
        }
    }
}

/// A schema as a tree, whether it was given as one or as text.
fn tree(schema: &Schema) -> Option<Value> {
    match (schema.definition.parse(), schema.kind) {
        (Value::String(text), SchemaKind::JsonSchema | SchemaKind::Avro) => {
            match serde_json::from_str(&text) {
                Ok(tree) => Some(tree),
                // A primitive type of Avro is a schema too.
                Err(_) => (schema.kind == SchemaKind::Avro).then_some(Value::String(text)),
            }
        }
        (definition, _) => Some(definition),
    }
}

#[cfg(test)]
mod tests;
