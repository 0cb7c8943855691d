//! Schemas as documents hold them: definitions inside a JSON Schema move to the document's own, for
//! references in a document begin at its root.

use serde_json::{Map, Value, json};

use super::{
    draft7,
    members::{Members, reference},
    view::View,
};
use crate::model::{Schema, SchemaKind};

/// Where a document keeps schemas.
const SCHEMAS: &str = "#/components/schemas";

/// The document's schemas, by name.
#[derive(Default)]
pub(super) struct Schemas(pub(super) Map<String, Value>);

/// A schema that stands in a message: what it is, and its format if it is no JSON Schema.
pub(super) struct Placed {
    pub(super) schema: Value,
    pub(super) format: Option<&'static str>,
}

impl Schemas {
    /// Puts a schema and its definitions among the document's, and says how to refer to it.
    pub(super) fn place(&mut self, name: &str, schema: &Schema) -> Placed {
        let format = match schema.kind {
            SchemaKind::JsonSchema => {
                let schema = self.json_schema(name, &schema.definition.parse());
                return Placed { schema, format: None };
            }
            SchemaKind::Avro => "application/vnd.apache.avro;version=1.9.0",
            SchemaKind::Protobuf => "application/vnd.google.protobuf;version=3",
        };
        Placed { schema: schema.definition.parse(), format: Some(format) }
    }

    /// A schema of ours.
    pub(super) fn own(&mut self, name: &str, schema: Value) -> Value {
        self.0.insert(name.to_owned(), schema);
        reference(format!("{SCHEMAS}/{name}"))
    }

    fn json_schema(&mut self, name: &str, definition: &Value) -> Value {
        let mut root = draft7::schema(definition, &|target| place_of(target, name));
        let mut definitions = Map::new();
        if let Value::Object(members) = &mut root {
            if let Some(Value::Object(inner)) = members.shift_remove("$defs") {
                definitions = inner;
            }
            // It names a dialect or a place of its own, which the document does not have.
            members.shift_remove("$schema");
            members.shift_remove("$id");
        }
        self.0.insert(name.to_owned(), as_object(root));
        for (own, schema) in definitions {
            self.0.insert(format!("{name}.{own}"), as_object(schema));
        }
        reference(format!("{SCHEMAS}/{name}"))
    }
}

/// A schema that stands by itself is an object: `true` and `false` may only stand within others.
fn as_object(schema: Value) -> Value {
    match schema {
        Value::Bool(true) => json!({}),
        Value::Bool(false) => json!({"not": {}}),
        schema => schema,
    }
}

fn place_of(target: &str, name: &str) -> String {
    match target.strip_prefix("#/$defs/") {
        Some(own) => format!("{SCHEMAS}/{name}.{own}"),
        None => format!("{SCHEMAS}/{name}"),
    }
}

/// The envelope that HTTP doors put around each event.
pub(super) fn envelope(view: &View<'_>, value: Value) -> Value {
    let text = json!({"type": ["string", "null"]});
    let properties = Members::default()
        .with("partition", json!({"type": "integer", "minimum": 0}))
        .with("offset", json!({"type": "integer", "minimum": 0}))
        .with("timestamp", json!({"type": ["string", "null"], "format": "date-time"}))
        .with("key", text)
        .with("keyEncoding", json!({"const": "base64"}))
        .with("headers", json!({"type": "array", "items": {"type": "array"}}))
        .with("valueEncoding", json!({"enum": ["text", "base64"]}))
        .with("value", value);
    Members::default()
        .with("type", "object")
        .with("description", format!("One event of {} and where it stands.", view.title()))
        .with("properties", properties)
        .with("required", json!(["partition", "offset", "timestamp", "key", "headers", "value"]))
        .into()
}
