//! Where the catalog and a cluster have gone apart: pure comparisons of what both say.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use serde_json::Value;

use super::{Content, SampledRecord, TopicReport};
use crate::model::{Endpoint, SchemaKind};

/// The label of an endpoint that keeps how many partitions its topic had when it was proposed.
pub const PARTITIONS_LABEL: &str = "partitions";
/// Places in the schema that are named when records do not match it.
const PLACES_MAX: usize = 5;

/// An endpoint that is compared with its topic.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The endpoint's name.
    pub name: String,
    /// The endpoint.
    pub endpoint: Arc<Endpoint>,
    /// Its label [`PARTITIONS_LABEL`], if it is a number.
    pub partitions: Option<usize>,
    /// Its plans that promise history, and how much.
    pub replay: Vec<(String, Duration)>,
}

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The endpoint.
    pub endpoint: String,
    /// Its topic.
    pub topic: String,
    /// What kind of difference.
    pub kind: DriftKind,
    /// What differs and what to do, for people. Holds no value of a record.
    pub message: String,
}

/// Kinds of differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DriftKind {
    /// The topic is not there, or the gateway's user does not see it any more.
    TopicGone,
    /// The topic has other partitions than when the endpoint was proposed.
    PartitionsChanged,
    /// The cluster forgets sooner than a plan promises to replay.
    RetentionShort,
    /// Records are not as the endpoint's schema says.
    SchemaMismatch,
}

impl DriftKind {
    /// As it is written in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::TopicGone => "topicGone",
            Self::PartitionsChanged => "partitionsChanged",
            Self::RetentionShort => "retentionShort",
            Self::SchemaMismatch => "schemaMismatch",
        }
    }
}

/// What differs between an endpoint and its topic; `None`: the cluster does not tell of it.
pub fn drift(watched: &Watched, topic: Option<&TopicReport>) -> Vec<Drift> {
    let found = |kind, message| Drift {
        endpoint: watched.name.clone(),
        topic: watched.endpoint.topic.clone(),
        kind,
        message,
    };
    let Some(topic) = topic else {
        let message = "the topic is not there, or the gateway's user may not see it any more: \
                       create it, grant DESCRIBE on it, or retire the endpoint";
        return vec![found(DriftKind::TopicGone, message.to_owned())];
    };
    let mut all = Vec::new();
    let now = topic.partitions;
    if let Some(before) = watched.partitions.filter(|before| *before != now) {
        let message = format!(
            "the topic has {now} partitions, and had {before} when the endpoint was proposed: \
             where a key's events stand has changed; put the label `{PARTITIONS_LABEL}` right \
             when subscribers know"
        );
        all.push(found(DriftKind::PartitionsChanged, message));
    }
    let settings = topic.settings.as_ref();
    let forgets = settings.filter(|settings| {
        settings.cleanup_policy.as_deref().is_none_or(|policy| policy.contains("delete"))
    });
    let kept = forgets.and_then(|settings| settings.retention_ms);
    // Negative: for ever.
    let kept = kept.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
    for (plan, window) in &watched.replay {
        if let Some(kept) = kept.filter(|kept| kept < window) {
            let message = format!(
                "the cluster keeps records for {}, and the plan `{plan}` promises to replay {}: \
                 raise `retention.ms`, or shorten the plan's `replayWindow`",
                shown(kept),
                shown(*window)
            );
            all.push(found(DriftKind::RetentionShort, message));
        }
    }
    all
}

/// Whether records are as the endpoint's schema says.
///
/// # Errors
/// Why it cannot be told.
pub fn schema_drift(watched: &Watched, records: &[SampledRecord]) -> Result<Option<Drift>, String> {
    let schema = watched.endpoint.schema.as_ref();
    let schema = schema.filter(|schema| schema.kind == SchemaKind::JsonSchema);
    let schema = schema.ok_or("the endpoint has no JSON Schema")?;
    let options = jsonschema::options().should_validate_formats(true);
    let validator = options.build(&schema.definition.parse());
    // What it says of the schema could repeat what somebody wrote there, and no record.
    let validator = validator.map_err(|_| "the endpoint's schema cannot be used to check with")?;
    let (mut looked, mut wrong) = (0, 0);
    let mut places = BTreeSet::new();
    for record in records {
        let value = match &record.value {
            // A tombstone is no event.
            Content::Null | Content::TooLarge { .. } => continue,
            Content::Json(value) => Some(value),
            Content::Text(_) | Content::Binary { .. } => None,
        };
        looked += 1;
        let Some(value) = value else {
            wrong += 1;
            places.insert("no JSON".to_owned());
            continue;
        };
        // Places in the schema, never in the record: names of its members may be values.
        let faults: Vec<String> = faults(&validator, value);
        wrong += usize::from(!faults.is_empty());
        places.extend(faults);
    }
    if wrong == 0 {
        return Ok(None);
    }
    let places: Vec<String> = places.into_iter().take(PLACES_MAX).collect();
    let message = format!(
        "{wrong} of {looked} records do not match the schema, at `{}`: give the endpoint a new \
         version, or put its schema right",
        places.join("`, `")
    );
    let (endpoint, topic) = (watched.name.clone(), watched.endpoint.topic.clone());
    Ok(Some(Drift { endpoint, topic, kind: DriftKind::SchemaMismatch, message }))
}

fn faults(validator: &jsonschema::Validator, value: &Value) -> Vec<String> {
    let errors = validator.iter_errors(value).take(PLACES_MAX);
    errors.map(|error| error.schema_path().to_string()).collect()
}

/// A duration, as plans write it.
fn shown(of: Duration) -> String {
    let seconds = of.as_secs();
    for (unit, name) in [(86_400, "d"), (3_600, "h"), (60, "m")] {
        if seconds >= unit && seconds.is_multiple_of(unit) {
            return format!("{}{name}", seconds / unit);
        }
    }
    format!("{seconds}s")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        inspect::TopicSettings,
        model::{Schema, SchemaKind},
    };

    fn watched() -> Watched {
        let definition = json!({
            "type": "object", "properties": { "id": { "type": "integer" } }, "required": ["id"],
        });
        let definition = definition.into();
        let schema = Some(Schema { kind: SchemaKind::JsonSchema, definition });
        let endpoint = Endpoint { topic: "orders".into(), schema, ..Endpoint::default() };
        let endpoint = Arc::new(endpoint);
        let replay = vec![("gold".to_owned(), Duration::from_secs(7 * 86_400))];
        Watched { name: "shop".to_owned(), endpoint, partitions: Some(3), replay }
    }

    fn topic(partitions: usize, retention_ms: i64, cleanup: &str) -> TopicReport {
        let settings = TopicSettings {
            retention_ms: Some(retention_ms),
            cleanup_policy: Some(cleanup.to_owned()),
            ..TopicSettings::default()
        };
        let name = "orders".to_owned();
        TopicReport { name, partitions, settings: Some(settings), ..TopicReport::default() }
    }

    #[test]
    fn what_has_gone_apart_is_found_and_nothing_else() {
        use DriftKind::{PartitionsChanged, RetentionShort, TopicGone};
        let week = 7 * 86_400_000;
        for (topic, expected) in [
            (None, vec![TopicGone]),
            (Some(topic(3, week, "delete")), vec![]),
            (Some(topic(3, -1, "delete")), vec![]),
            (Some(topic(3, 1, "compact")), vec![]),
            (Some(topic(3, week - 1, "compact,delete")), vec![RetentionShort]),
            (Some(topic(6, 3_600_000, "delete")), vec![PartitionsChanged, RetentionShort]),
        ] {
            let found = drift(&watched(), topic.as_ref());
            let kinds: Vec<_> = found.iter().map(|one| one.kind).collect();
            assert_eq!(kinds, expected, "{topic:?}");
        }
        let found = drift(&watched(), Some(&topic(3, 3_600_000, "delete")));
        assert!(found[0].message.contains("for 1h, and the plan `gold` promises to replay 7d"));
    }

    #[test]
    fn records_that_do_not_match_are_counted_and_never_shown() {
        let record = |value| SampledRecord {
            partition: 0,
            offset: 0,
            timestamp_ms: 0,
            key: Content::Null,
            headers: Vec::new(),
            value,
        };
        let json = |value| record(Content::Json(value));
        let fine = [json(json!({ "id": 1 })), record(Content::Null)];
        assert_eq!(schema_drift(&watched(), &fine), Ok(None));
        let wrong = [
            json(json!({ "id": "secret-1" })),
            json(json!({ "secret-2": 1 })),
            json(json!({ "id": 3 })),
            record(Content::Text("secret-3".to_owned())),
        ];
        let found = schema_drift(&watched(), &wrong).unwrap().unwrap();
        assert_eq!(found.kind, DriftKind::SchemaMismatch);
        let begins = "3 of 4 records do not match the schema, at `/properties/id/type`, \
                      `/required`, `no JSON`";
        assert!(found.message.starts_with(begins), "{}", found.message);
        let without = Watched { endpoint: Arc::default(), ..watched() };
        assert!(schema_drift(&without, &wrong).is_err());
    }
}
