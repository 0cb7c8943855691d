//! How often something may be told: counted in the audit itself, in the transaction that tells it,
//! so that replicas agree and two at once cannot both be the last.

use serde_json::Value;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use super::{AuditQuery, StoreError, unreadable};
use crate::audit::{Entry, Record};

/// How often the audit is told of one type about one subject.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    /// So many times, at least once.
    pub(crate) times: u32,
    /// Within so long.
    pub(crate) within: Duration,
}

impl Limit {
    /// The latest records of what is to be told, as many as may be.
    pub(super) fn query(&self, entry: &Entry) -> AuditQuery {
        AuditQuery {
            subject: Some(entry.subject.clone()),
            event_type: Some(entry.event_type()),
            limit: self.times,
            ..AuditQuery::default()
        }
    }

    /// Whether it may be told once more after these, the newest first.
    ///
    /// # Errors
    /// [`StoreError::TooOften`], or when a record cannot be read.
    pub(super) fn check(&self, entry: &Entry, latest: &[Record]) -> Result<(), StoreError> {
        let full = usize::try_from(self.times).is_ok_and(|times| latest.len() >= times);
        let Some(oldest) = latest.last().filter(|_| full) else { return Ok(()) };
        let free = moment(oldest)? + self.within;
        if free <= entry.at {
            return Ok(());
        }
        // A clock that went back keeps nobody waiting for longer.
        let wait = (free - entry.at).min(self.within).max(Duration::SECOND);
        Err(StoreError::TooOften { wait: wait.unsigned_abs() })
    }
}

fn moment(record: &Record) -> Result<OffsetDateTime, StoreError> {
    let what = format!("record {} of the audit", record.number);
    let event: Value =
        serde_json::from_str(&record.event).map_err(|error| unreadable(&what, error))?;
    let time = event.get("time").and_then(Value::as_str).unwrap_or_default();
    OffsetDateTime::parse(time, &Rfc3339).map_err(|error| unreadable(&what, error))
}
