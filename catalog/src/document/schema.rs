//! JSON Schemas of documents, for editors that complete and check while somebody writes. They say
//! what a document may look like; what needs other resources to be judged they do not know.

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::model::{
    API_VERSION, Application, Cluster, Credential, Domain, Endpoint, Key, Kind, Metadata, Plan,
    Policy, Subscription, Team, Token, User,
};

/// Where a schema calls itself from.
const BASE: &str = "https://sluicegate.io/schemas/v1";

/// The JSON Schema (2020-12) of documents of a kind; `None`: of any kind.
pub fn schema(kind: Option<Kind>) -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let (name, mut body) = match kind {
        Some(kind) => (kind.name(), document(kind, &mut generator)),
        None => {
            let all = Kind::ALL.map(|kind| document(kind, &mut generator));
            ("document", json!({ "oneOf": all }))
        }
    };
    let mut definitions = generator.take_definitions(true);
    // Backups have one more member, which only the catalog can read.
    for kind in [Kind::User, Kind::Token, Kind::Credential] {
        let noun = definitions.get_mut(kind.name()).and_then(|noun| noun.get_mut("properties"));
        if let Some(members) = noun.and_then(Value::as_object_mut) {
            let what = "What secrets are checked against, from `export --with-verifiers`.";
            members.insert("verifier".to_owned(), json!({ "description": what }));
        }
    }
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("$id".to_owned(), format!("{BASE}/{}.json", name.to_lowercase()).into());
    schema.insert("title".to_owned(), format!("Sluicegate {name}").into());
    if let Some(body) = body.as_object_mut() {
        schema.append(body);
    }
    schema.insert("$defs".to_owned(), Value::Object(definitions));
    Value::Object(schema)
}

fn document(kind: Kind, generator: &mut SchemaGenerator) -> Value {
    let metadata = generator.subschema_for::<Metadata>();
    json!({
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": false,
        "properties": {
            "apiVersion": { "const": API_VERSION },
            "kind": { "const": kind.name() },
            "metadata": metadata,
            "spec": spec(kind, generator),
        },
    })
}

fn spec(kind: Kind, generator: &mut SchemaGenerator) -> Schema {
    fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
    match kind {
        Kind::Domain => of::<Domain>(generator),
        Kind::Team => of::<Team>(generator),
        Kind::User => of::<User>(generator),
        Kind::Token => of::<Token>(generator),
        Kind::Cluster => of::<Cluster>(generator),
        Kind::Key => of::<Key>(generator),
        Kind::Policy => of::<Policy>(generator),
        Kind::Endpoint => of::<Endpoint>(generator),
        Kind::Plan => of::<Plan>(generator),
        Kind::Application => of::<Application>(generator),
        Kind::Subscription => of::<Subscription>(generator),
        Kind::Credential => of::<Credential>(generator),
    }
}
