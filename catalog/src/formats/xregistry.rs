//! xRegistry 1.0-rc4: endpoints, their messages and schemas as one document.

use serde_json::{Map, Value, json};

use super::{Told, line};
use crate::model::{Lifecycle, PayloadFormat, Schema, SchemaKind};

/// The one group that messages and schemas are in.
const GROUP: &str = "sluicegate";
/// Everything is served as it is now: there are no epochs here.
const EPOCH: u32 = 1;

/// The document.
pub fn document(endpoints: &[Told<'_>]) -> Value {
    let mut groups = (Map::new(), Map::new(), Map::new());
    for told in endpoints {
        let xid = format!("/endpoints/{}", told.name);
        groups.0.insert(told.name.to_owned(), endpoint(told, &xid));
        let xid = format!("/messagegroups/{GROUP}/messages/{}", told.name);
        groups.1.insert(told.name.to_owned(), message(told, &xid));
        if let Some(schema) = &told.endpoint.schema {
            groups.2.insert(told.name.to_owned(), schema_of(told, schema));
        }
    }
    let group = |id: &str, kind: &str, of: &str, members: Map<String, Value>| {
        json!({ GROUP: {
            id: GROUP, "xid": format!("/{kind}/{GROUP}"), "epoch": EPOCH,
            format!("{of}count"): members.len(), of: members,
        } })
    };
    json!({
        "specversion": "1.0-rc4", "registryid": GROUP, "xid": "/", "epoch": EPOCH,
        "endpointscount": groups.0.len(), "endpoints": groups.0,
        "messagegroupscount": 1,
        "messagegroups": group("messagegroupid", "messagegroups", "messages", groups.1),
        "schemagroupscount": 1,
        "schemagroups": group("schemagroupid", "schemagroups", "schemas", groups.2),
    })
}

/// What everything has.
fn common(told: &Told<'_>, id: &str, xid: &str) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert(id.to_owned(), told.name.into());
    members.insert("xid".to_owned(), xid.into());
    members.insert("epoch".to_owned(), EPOCH.into());
    members.insert("name".to_owned(), line(told.title()).into());
    let description = told.endpoint.description.trim();
    if !description.is_empty() {
        members.insert("description".to_owned(), description.into());
    }
    members
}

fn endpoint(told: &Told<'_>, xid: &str) -> Value {
    let of = told.endpoint;
    let mut members = common(told, "endpointid", xid);
    members.insert("documentation".to_owned(), format!("{}/markdown", told.url()).into());
    let mut usage = Vec::new();
    if of.direction.allows_consuming() {
        usage.push("consumer");
    }
    if of.direction.allows_producing() {
        usage.push("producer");
    }
    members.insert("usage".to_owned(), usage.into());
    if matches!(of.lifecycle, Lifecycle::Deprecated | Lifecycle::Retired) {
        let mut deprecated = Map::new();
        if let Some(day) = of.sunset {
            deprecated.insert("removal".to_owned(), format!("{day}T00:00:00Z").into());
        }
        if let Some(successor) = &of.successor {
            let url = format!("{}/endpoints/{successor}", told.api);
            deprecated.insert("alternative".to_owned(), url.into());
        }
        members.insert("deprecated".to_owned(), deprecated.into());
    }
    let (protocol, options) = match told.events_url() {
        Some(url) if of.direction.allows_consuming() => {
            ("HTTP", json!({ "endpoints": [{ "uri": url }], "options": { "method": "GET" } }))
        }
        _ => ("KAFKA", json!({ "options": { "topic": of.address() } })),
    };
    members.insert("protocol".to_owned(), protocol.into());
    members.insert("protocoloptions".to_owned(), options);
    // Absolute: the document schema takes nothing else.
    let group = within(told, &format!("/messagegroups/{GROUP}"));
    members.insert("messagegroups".to_owned(), json!([group]));
    members.into()
}

/// A part of this document.
fn within(told: &Told<'_>, xid: &str) -> String {
    format!("{}/catalog/xregistry#{xid}", told.api)
}

/// The media type of an endpoint's values.
pub(super) fn content_type(format: PayloadFormat) -> &'static str {
    match format {
        PayloadFormat::Json => "application/json",
        PayloadFormat::Text => "text/plain",
        PayloadFormat::Bytes => "application/octet-stream",
    }
}

/// Where an endpoint's schema stands.
pub(super) fn schema_uri(told: &Told<'_>) -> String {
    within(told, &format!("/schemagroups/{GROUP}/schemas/{}", told.name))
}

fn message(told: &Told<'_>, xid: &str) -> Value {
    let mut members = common(told, "messageid", xid);
    members.insert("datacontenttype".to_owned(), content_type(told.endpoint.format).into());
    if let Some(schema) = &told.endpoint.schema {
        members.insert("dataschemaformat".to_owned(), format_of(schema.kind).into());
        members.insert("dataschemauri".to_owned(), schema_uri(told).into());
    }
    members.into()
}

fn schema_of(told: &Told<'_>, schema: &Schema) -> Value {
    let xid = format!("/schemagroups/{GROUP}/schemas/{}", told.name);
    let version = told.endpoint.version.to_string();
    let mut members = common(told, "schemaid", &xid);
    let of_version = json!({
        "schemaid": told.name, "versionid": version, "xid": format!("{xid}/versions/{version}"),
        "epoch": EPOCH, "format": format_of(schema.kind), "schema": schema.definition.parse(),
    });
    members.insert("versionscount".to_owned(), 1.into());
    members.insert("versions".to_owned(), json!({ version: of_version }));
    members.into()
}

/// A kind of schema, as xRegistry and CloudEvents have it.
pub(super) fn format_of(kind: SchemaKind) -> &'static str {
    match kind {
        SchemaKind::JsonSchema => "JsonSchema/draft-07",
        SchemaKind::Avro => "Avro/1.9.0",
        SchemaKind::Protobuf => "Protobuf/3",
    }
}
