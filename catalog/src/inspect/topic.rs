//! A topic as a cluster tells it.

use std::collections::BTreeSet;

/// Which topics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicQuery {
    /// This topic alone.
    pub only: Option<String>,
    /// These topics alone; none: all.
    pub among: BTreeSet<String>,
    /// Whose names contain this, in capitals or not.
    pub contains: Option<String>,
    /// Kafka's own topics too.
    pub internal: bool,
    /// Whose names follow this one.
    pub after: Option<String>,
    /// At most so many, 1 to [`super::TOPICS_PER_PAGE_MAX`].
    pub limit: usize,
    /// Leave out what takes a question to each leader: offsets, and what comes of them.
    pub without_offsets: bool,
}

/// One page of topics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicPage {
    /// In the order of their names.
    pub topics: Vec<TopicReport>,
    /// The last name when more follow.
    pub next: Option<String>,
    /// How many there are on all pages.
    pub total: usize,
}

/// What a cluster tells of a topic.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicReport {
    /// Its name.
    pub name: String,
    /// Whether it is Kafka's own.
    pub internal: bool,
    /// How many partitions it has.
    pub partitions: usize,
    /// Replicas of its partitions, the fewest.
    pub replicas: usize,
    /// Its configuration; `None`: the gateway's user may not read it, or the brokers offer none.
    pub settings: Option<TopicSettings>,
    /// Where its partitions begin and end; a partition without a leader is missing.
    pub spans: Vec<PartitionSpan>,
    /// Records a second over the last five minutes, by offsets; `None`: not known.
    pub records_per_second: Option<f64>,
    /// What could not be found out, for people.
    pub notes: Vec<String>,
}

impl TopicReport {
    /// Offsets between the beginnings and the ends: an upper bound of its records.
    pub fn records(&self) -> u64 {
        let of = |span: &PartitionSpan| span.latest.saturating_sub(span.earliest);
        self.spans.iter().map(|span| u64::try_from(of(span)).unwrap_or_default()).sum()
    }
}

/// Where a partition begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionSpan {
    /// Its index.
    pub partition: i32,
    /// Its first offset.
    pub earliest: i64,
    /// The offset after its last decided record.
    pub latest: i64,
}

/// The part of a topic's configuration that readers feel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicSettings {
    /// `cleanup.policy`: `delete`, `compact`, or both.
    pub cleanup_policy: Option<String>,
    /// `retention.ms`; -1: for ever.
    pub retention_ms: Option<i64>,
    /// `retention.bytes` of a partition; -1: without a bound.
    pub retention_bytes: Option<i64>,
    /// `compression.type`.
    pub compression: Option<String>,
    /// `max.message.bytes`.
    pub message_bytes_max: Option<i64>,
}

impl TopicSettings {
    /// Whether the latest record of each key stays for ever.
    pub fn is_compacted(&self) -> bool {
        let policy = self.cleanup_policy.as_deref().unwrap_or_default();
        policy.split(',').any(|one| one.trim() == "compact")
    }
}
