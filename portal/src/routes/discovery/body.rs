//! What is answered of clusters' topics and records.

use std::collections::BTreeMap;

use catalog::inspect::{
    Content, FieldGuess, PartitionSpan, Proposal, SampledRecord, TopicPage, TopicReport,
    TopicSettings,
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// One page of topics.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct TopicsBody {
    /// In the order of their names.
    items: Vec<TopicBody>,
    /// The cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// How many there are on all pages.
    total: usize,
}

/// A topic, as its cluster tells it now.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TopicBody {
    /// Its name.
    name: String,
    /// Whether it is Kafka's own, or another tool's (its name begins with `_`).
    internal: bool,
    /// How many partitions it has.
    partitions: usize,
    /// Replicas of its partitions, the fewest.
    replicas: usize,
    /// Offsets between the beginnings and the ends: an upper bound of its records.
    records: u64,
    /// Records a second over the last five minutes, by offsets; absent: not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    records_per_second: Option<f64>,
    /// Its configuration; absent: the gateway's user may not read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<SettingsBody>,
    /// Where its partitions begin and end.
    spans: Vec<SpanBody>,
    /// The endpoints of it that you see.
    endpoints: Vec<String>,
    /// What could not be found out.
    notes: Vec<String>,
}

/// The part of a topic's configuration that readers feel.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SettingsBody {
    /// `delete`, `compact` or both.
    #[serde(skip_serializing_if = "Option::is_none")]
    cleanup_policy: Option<String>,
    /// How long records are kept, in milliseconds; -1: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_ms: Option<i64>,
    /// How many bytes of a partition are kept; -1: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_bytes: Option<i64>,
    /// How batches are compressed.
    #[serde(skip_serializing_if = "Option::is_none")]
    compression: Option<String>,
    /// Largest batch, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    message_bytes_max: Option<i64>,
}

/// Where a partition begins and ends.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct SpanBody {
    /// Its index.
    partition: i32,
    /// Its first offset.
    earliest: i64,
    /// The offset after its last decided record.
    latest: i64,
}

impl TopicsBody {
    /// `endpoints`: names of endpoints by topic.
    pub(super) fn new(page: TopicPage, endpoints: &BTreeMap<String, Vec<String>>) -> Self {
        let items = page.topics.into_iter().map(|topic| {
            let endpoints = endpoints.get(&topic.name).cloned().unwrap_or_default();
            TopicBody::new(topic, endpoints)
        });
        Self { items: items.collect(), next: page.next, total: page.total }
    }
}

impl TopicBody {
    fn new(topic: TopicReport, endpoints: Vec<String>) -> Self {
        Self {
            records: topic.records(),
            name: topic.name,
            internal: topic.internal,
            partitions: topic.partitions,
            replicas: topic.replicas,
            records_per_second: topic.records_per_second,
            settings: topic.settings.map(SettingsBody::from),
            spans: topic.spans.into_iter().map(SpanBody::from).collect(),
            endpoints,
            notes: topic.notes,
        }
    }
}

impl From<TopicSettings> for SettingsBody {
    fn from(of: TopicSettings) -> Self {
        Self {
            cleanup_policy: of.cleanup_policy,
            retention_ms: of.retention_ms,
            retention_bytes: of.retention_bytes,
            compression: of.compression,
            message_bytes_max: of.message_bytes_max,
        }
    }
}

impl From<PartitionSpan> for SpanBody {
    fn from(span: PartitionSpan) -> Self {
        let PartitionSpan { partition, earliest, latest } = span;
        Self { partition, earliest, latest }
    }
}

/// Records of a topic.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct RecordsBody {
    /// The newest first.
    records: Vec<RecordBody>,
}

/// A record, as it stands in the topic: no policy was applied.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[schema(as = SampledRecordBody)]
struct RecordBody {
    /// Its partition.
    partition: i32,
    /// Its offset.
    offset: i64,
    /// When it was written (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
    /// Its key.
    key: ContentBody,
    /// Its headers in order.
    headers: Vec<HeaderBody>,
    /// Its value.
    value: ContentBody,
}

/// A header of a record.
#[derive(serde::Serialize, utoipa::ToSchema)]
struct HeaderBody {
    /// Its name; names may repeat.
    name: String,
    /// Its value.
    value: ContentBody,
}

/// A key, a value or a header, as far as it can be read.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct ContentBody {
    /// `null`, `json`, `text`, `binary` or `tooLarge`.
    kind: &'static str,
    /// The JSON, or the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<serde_json::Value>,
    /// How long it is, when it is not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<usize>,
    /// The schema's number, when it begins as a schema registry's serializers do.
    #[serde(skip_serializing_if = "Option::is_none")]
    schema_id: Option<u32>,
}

impl From<Vec<SampledRecord>> for RecordsBody {
    fn from(records: Vec<SampledRecord>) -> Self {
        Self { records: records.into_iter().map(RecordBody::from).collect() }
    }
}

impl From<SampledRecord> for RecordBody {
    fn from(record: SampledRecord) -> Self {
        let nanoseconds = i128::from(record.timestamp_ms) * 1_000_000;
        let moment = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok();
        let moment = moment.filter(|_| record.timestamp_ms >= 0);
        let headers = record.headers.into_iter();
        Self {
            partition: record.partition,
            offset: record.offset,
            timestamp: moment.and_then(|moment| moment.format(&Rfc3339).ok()),
            key: record.key.into(),
            headers: headers
                .map(|(name, value)| HeaderBody { name, value: value.into() })
                .collect(),
            value: record.value.into(),
        }
    }
}

impl From<Content> for ContentBody {
    fn from(content: Content) -> Self {
        let kind = content.kind();
        let (content, bytes, schema_id) = match content {
            Content::Null => (None, None, None),
            Content::Json(value) => (Some(value), None, None),
            Content::Text(text) => (Some(text.into()), None, None),
            Content::Binary { bytes, schema_id } => (None, Some(bytes), schema_id),
            Content::TooLarge { bytes } => (None, Some(bytes), None),
        };
        Self { kind, content, bytes, schema_id }
    }
}

/// A draft of an endpoint.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct ProposalBody {
    /// Documents to apply: the endpoint, and a policy when something seems to be personal.
    #[schema(value_type = Vec<Object>)]
    documents: Vec<serde_json::Value>,
    /// Fields that seem to hold personal data.
    findings: Vec<PersonalFieldBody>,
    /// What is a guess or could not be found out.
    notes: Vec<String>,
}

/// A field that seems to hold personal data.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct PersonalFieldBody {
    /// Where it is: `$.customer.email`.
    path: String,
    /// What it seems to hold, such as `email`, `phone`, `card`, `personName`.
    personal: &'static str,
    /// By its `name`, by the `shape` of its values, or by `nameAndShape`.
    by: &'static str,
    /// How confidential events with it are.
    #[schema(value_type = String)]
    classification: catalog::model::Classification,
    /// A rule of a policy that hides it.
    #[schema(value_type = Object)]
    redaction: serde_json::Value,
}

impl From<Proposal> for ProposalBody {
    fn from(proposal: Proposal) -> Self {
        let findings = proposal.fields.into_iter().map(PersonalFieldBody::from).collect();
        Self { documents: proposal.documents, findings, notes: proposal.notes }
    }
}

impl From<FieldGuess> for PersonalFieldBody {
    fn from(field: FieldGuess) -> Self {
        Self {
            personal: field.personal.name(),
            by: field.by.name(),
            classification: field.personal.classification(),
            redaction: field.personal.redaction(&field.path, field.is_text),
            path: field.path,
        }
    }
}
