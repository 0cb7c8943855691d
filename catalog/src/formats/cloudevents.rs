//! What endpoints' messages are as CloudEvents: their types, what their data is, and its schema.

use serde_json::{Map, Value, json};

use super::{Told, xregistry};

/// The type of an endpoint's events: its address with its major version. A new major version has it
/// in its address already.
pub fn type_of(address: &str, major: u64) -> String {
    let version = format!(".v{major}");
    match address.ends_with(&version) {
        true => address.to_owned(),
        false => format!("{address}{version}"),
    }
}

/// One type for each endpoint.
pub fn types(endpoints: &[Told<'_>]) -> Value {
    let types: Vec<Value> = endpoints.iter().map(of_endpoint).collect();
    json!({ "types": types })
}

fn of_endpoint(told: &Told<'_>) -> Value {
    let of = told.endpoint;
    let mut members = Map::new();
    members.insert("type".to_owned(), type_of(of.address(), of.version.major).into());
    members.insert("endpoint".to_owned(), told.name.into());
    members.insert("datacontenttype".to_owned(), xregistry::content_type(of.format).into());
    if let Some(schema) = &of.schema {
        members.insert("dataschema".to_owned(), xregistry::schema_uri(told).into());
        members.insert("dataschemaformat".to_owned(), xregistry::format_of(schema.kind).into());
    }
    if let Some(url) = told.events_url() {
        members.insert("source".to_owned(), url.into());
    }
    members.into()
}
