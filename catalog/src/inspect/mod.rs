//! What a backend cluster has: its topics, and a few of their records. The catalog says what can be
//! asked ([`ClusterInspector`]); the gateway's Kafka client answers, the portal asks.
//!
//! Reading records takes an [`InspectPermit`]: only this module makes one, for somebody who may,
//! with a reason, and after the audit was told. What was read stays in memory.

mod classify;
mod drift;
mod error;
mod infer;
mod infer_texts;
mod looks;
mod permit;
mod propose;
mod record;
mod topic;

pub use classify::{GuessedBy, Personal};
pub use drift::{Drift, DriftKind, PARTITIONS_LABEL, Watched, drift, schema_drift};
pub use error::InspectError;
pub use infer::{FieldGuess, Inferred, infer};
pub use permit::{InspectPermit, REASON_CHARS_MAX, RecordsAsked};
pub use propose::{Proposal, Source, propose};
pub use record::{Content, SampledRecord};
pub use topic::{PartitionSpan, TopicPage, TopicQuery, TopicReport, TopicSettings};

use std::pin::Pin;

/// Most records that are read at a time.
pub const SAMPLE_RECORDS_MAX: usize = 20;
/// Most topics that are looked into at a time.
pub const TOPICS_PER_PAGE_MAX: usize = 100;

/// An answer that takes a while.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, InspectError>> + Send + 'a>>;

/// Looks into backend clusters. Whoever implements it bounds how long and how much it reads.
pub trait ClusterInspector: Send + Sync {
    /// Topics of a cluster, in the order of their names.
    fn topics<'a>(&'a self, cluster: &'a str, query: &'a TopicQuery) -> Answer<'a, TopicPage>;

    /// The latest records of the permit's topic, the newest first, at most as many as it says.
    fn sample(&self, permit: InspectPermit) -> Answer<'_, Vec<SampledRecord>>;
}
