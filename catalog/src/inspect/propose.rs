//! A draft of an endpoint out of a topic, and of a policy that hides what seems to be personal: as
//! documents to apply, for a person to put right. Nothing is stored, and no record is in them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Content, FieldGuess, PARTITIONS_LABEL, SampledRecord, TopicReport, infer};
use crate::model::{
    API_VERSION, Endpoint, Kind, Lifecycle, PayloadFormat, Schema, SchemaKind,
    name::{NAME_CHARS_MAX, check_name},
};

/// Ends the name of the policy that is proposed beside an endpoint.
const POLICY_ENDS: &str = "-redaction";

/// What a draft is made of.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The backend cluster's name.
    pub cluster: &'a str,
    /// The topic.
    pub topic: &'a TopicReport,
    /// Records of it; `None`: none were read.
    pub records: Option<&'a [SampledRecord]>,
    /// The team that will own the endpoint.
    pub owner: Option<&'a str>,
}

/// A draft.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The endpoint's name.
    pub name: String,
    /// Documents to apply: the endpoint, and a policy when something seems to be personal.
    pub documents: Vec<Value>,
    /// Fields that seem to hold personal data.
    pub fields: Vec<FieldGuess>,
    /// What is a guess or could not be found out, for whoever puts it right.
    pub notes: Vec<String>,
}

/// Proposes an endpoint.
pub fn propose(source: Source<'_>) -> Proposal {
    let topic = source.topic;
    let name = name_of(&topic.name);
    let mut notes = topic.notes.clone();
    let format = format_of(source.records, &mut notes);
    let mut endpoint = Endpoint {
        cluster: source.cluster.to_owned(),
        topic: topic.name.clone(),
        lifecycle: Lifecycle::Draft,
        owner: source.owner.map(str::to_owned),
        description: described(source),
        format,
        ..Endpoint::default()
    };
    if source.owner.is_none() {
        notes.push("no owner: say which of your teams owns it (`spec.owner`)".to_owned());
    }
    let mut fields = Vec::new();
    let values: Vec<&Value> = values(source.records.unwrap_or_default()).collect();
    if format == PayloadFormat::Json && !values.is_empty() {
        let inferred = infer(values.iter().copied());
        notes.push(format!("the schema is a guess from {} values", values.len()));
        if inferred.cut {
            notes.push("the values are deeper or wider than the schema says".to_owned());
        }
        endpoint.schema =
            Some(Schema { kind: SchemaKind::JsonSchema, definition: inferred.schema.into() });
        fields = inferred.fields;
    }
    endpoint.classification = fields.iter().map(|field| field.personal.classification()).max();
    if !fields.is_empty() {
        endpoint.tags.push("personal-data".to_owned());
    }
    let mut draft = document(Kind::Endpoint, &name, json!(endpoint));
    if let Some(metadata) = draft.pointer_mut("/metadata").filter(|_| topic.partitions > 0) {
        let partitions = topic.partitions.to_string();
        metadata["labels"] = json!({ PARTITIONS_LABEL: partitions });
    }
    let mut documents = vec![draft];
    if !fields.is_empty() {
        documents.push(policy(&name, source.owner, &fields));
        notes.push(format!(
            "the policy `{}` hides what seems to be personal: name it in a plan's `policies`",
            policy_name(&name)
        ));
    }
    Proposal { name, documents, fields, notes }
}

/// The values that are JSON.
fn values(records: &[SampledRecord]) -> impl Iterator<Item = &Value> {
    records.iter().filter_map(|record| match &record.value {
        Content::Json(value) => Some(value),
        _ => None,
    })
}

fn format_of(records: Option<&[SampledRecord]>, notes: &mut Vec<String>) -> PayloadFormat {
    let mut unknown = |why: &str| {
        notes.push(format!("{why}: `format` is a guess, and there is no schema"));
        PayloadFormat::Json
    };
    let Some(records) = records else { return unknown("no records were looked at") };
    let there: Vec<&Content> = records
        .iter()
        .map(|record| &record.value)
        .filter(|value| !matches!(value, Content::Null | Content::TooLarge { .. }))
        .collect();
    if there.is_empty() {
        return unknown("the topic holds no value that can be looked at");
    }
    let numbers: BTreeSet<u32> = there
        .iter()
        .filter_map(|value| match value {
            Content::Binary { schema_id, .. } => *schema_id,
            _ => None,
        })
        .collect();
    if !numbers.is_empty() {
        let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
        let numbers = numbers.join(", ");
        notes.push(format!(
            "values begin as a schema registry's do (Avro or Protobuf), with schema {numbers}: \
             put that schema into `spec.schema`"
        ));
    }
    let binary = there.iter().any(|value| matches!(value, Content::Binary { .. }));
    let text = there.iter().any(|value| matches!(value, Content::Text(_)));
    match (binary, text) {
        (true, _) => PayloadFormat::Bytes,
        (false, true) => PayloadFormat::Text,
        (false, false) => PayloadFormat::Json,
    }
}

fn described(source: Source<'_>) -> String {
    let (topic, cluster) = (source.topic, source.cluster);
    let compacted = topic.settings.as_ref().is_some_and(super::TopicSettings::is_compacted);
    let kind = if compacted { ", the latest event of each key" } else { "" };
    let partitions = match topic.partitions {
        1 => "1 partition".to_owned(),
        many => format!("{many} partitions"),
    };
    format!(
        "Events of the topic `{}` on the cluster `{cluster}` ({partitions}{kind}). Say here what \
         an event means and when it comes.",
        topic.name
    )
}

fn policy(name: &str, owner: Option<&str>, fields: &[FieldGuess]) -> Value {
    let rules = fields.iter().map(|field| field.personal.redaction(&field.path, field.is_text));
    let mut spec = json!({
        "description": format!("Hides what seems to be personal in `{name}`: look through it."),
        "rules": rules.collect::<Vec<_>>(),
    });
    if let (Some(owner), Some(spec)) = (owner, spec.as_object_mut()) {
        spec.insert("owner".to_owned(), owner.into());
    }
    document(Kind::Policy, &policy_name(name), spec)
}

fn policy_name(name: &str) -> String {
    let room = NAME_CHARS_MAX - POLICY_ENDS.len();
    let short: String = name.chars().take(room).collect();
    format!("{}{POLICY_ENDS}", short.trim_end_matches('-'))
}

fn document(kind: Kind, name: &str, spec: Value) -> Value {
    json!({
        "apiVersion": API_VERSION, "kind": kind.name(), "metadata": { "name": name }, "spec": spec,
    })
}

/// A resource's name out of a topic's.
fn name_of(topic: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = topic.chars().map(fits).collect();
    let parts: Vec<&str> = name.split('-').filter(|part| !part.is_empty()).collect();
    let name: String = parts.join("-").chars().take(NAME_CHARS_MAX).collect();
    let name = name.trim_end_matches('-').to_owned();
    match check_name(&name) {
        Ok(()) => name,
        // A topic of separators alone.
        Err(_) => "topic".to_owned(),
    }
}

#[cfg(test)]
mod tests;
