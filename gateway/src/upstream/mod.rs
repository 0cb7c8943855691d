//! The gateway's own Kafka client for the data path: topology, live following, cold reads and
//! look-ups of one backend cluster. It only reads; it creates and changes nothing there.

use std::sync::Arc;

use catalog::ResolvedCluster;

use crate::metrics::Metrics;
use crate::wire::record_batch::RecordBatch;

mod append;
mod backoff;
mod brokers;
mod buffers;
mod classify;
mod codes;
mod cold;
mod connection;
mod core;
mod failure;
mod fetch;
mod follow;
mod health;
pub mod inspect;
mod login;
mod lookup;
pub mod relay;
pub mod scram;
mod topology;
mod transport;

use self::core::Core;
pub use append::{AppendError, NewRecord};
pub use follow::FollowGuard;

/// A topic on a backend cluster, as metadata describes it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// Its id (KIP-516); all zero from brokers that have none. A recreated topic has a new one.
    pub id: [u8; 16],
    /// Partition indexes, ascending.
    pub partitions: Vec<i32>,
}

/// Where to look up offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetAt {
    /// The log start.
    Earliest,
    /// The end of what transactions have decided: the last stable offset.
    Latest,
    /// The end, open transactions included.
    HighWatermark,
    /// The first record at or after this time, in milliseconds; the end when there is none.
    Timestamp(i64),
}

/// Which records of transactions are read (KIP-98).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Isolation {
    /// Those of committed transactions, up to the last stable offset.
    Committed,
    /// All of them, up to the high watermark.
    Uncommitted,
}

/// An aborted transaction of one producer, as a Fetch answer lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortedTransaction {
    /// The producer.
    pub producer_id: i64,
    /// Offset of its first record.
    pub first_offset: i64,
}

/// A batch as fetched: CRC checked, or marked unreadable.
#[derive(Clone)]
pub struct FetchedBatch {
    /// The batch.
    pub batch: RecordBatch,
    /// What the batch is to readers.
    pub kind: BatchKind,
}

/// What a fetched batch is to readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchKind {
    /// Records of no transaction, or of a committed one.
    Data,
    /// Records of a transaction, fetched without regard to what became of it: its marker tells.
    Undecided,
    /// Records of an aborted transaction.
    Aborted,
    /// The marker that ends its producer's transaction.
    Marker {
        /// Whether the transaction is committed.
        commits: bool,
    },
    /// What brokers write for themselves and is no marker.
    Control,
    /// The CRC does not match, or the header is impossible: withheld whole.
    Corrupt,
}

impl BatchKind {
    /// Whether it holds records for readers, if only for uncommitted ones.
    pub fn has_records(self) -> bool {
        matches!(self, BatchKind::Data | BatchKind::Undecided | BatchKind::Aborted)
    }
}

/// One partition's part of a Fetch answer.
pub struct Fetched {
    /// Whole batches in offset order; the first may begin before the offset asked for.
    pub batches: Vec<FetchedBatch>,
    /// Aborted transactions that touch the range (KIP-98); known of committed fetches alone.
    pub aborted: Vec<AbortedTransaction>,
    /// As the broker gave it.
    pub high_watermark: i64,
    /// As the broker gave it.
    pub last_stable_offset: i64,
    /// As the broker gave it.
    pub log_start_offset: i64,
}

/// What went wrong upstream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// The cluster cannot be reached or does not answer in time; it is being retried.
    #[error("cluster {cluster} is not reachable: {reason}")]
    Unavailable {
        /// The cluster's name in the catalog.
        cluster: String,
        /// What was tried and what happened; holds no secret.
        reason: String,
    },
    /// The cluster refused the gateway's login or TLS failed.
    #[error("cluster {cluster} refused the gateway: {reason}")]
    Refused {
        /// The cluster's name in the catalog.
        cluster: String,
        /// Which mechanism and what the broker said; holds no secret.
        reason: String,
    },
    /// The topic does not exist there, or the gateway may not read it.
    #[error("topic {topic} is not there or may not be read on cluster {cluster}")]
    UnknownTopic {
        /// The cluster's name in the catalog.
        cluster: String,
        /// The topic.
        topic: String,
    },
    /// The offset is not in the log.
    #[error("offset is outside the log")]
    OffsetOutOfRange,
}

/// Why a followed partition stopped being appended to; following goes on by itself unless said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// The leader is away or the cluster unreachable: retried with backoff.
    Unavailable(String),
    /// The follower's next offset is not in the log: the log now spans these offsets. The follower
    /// answers by changing what [`Follower::next_offset`] returns.
    OutOfRange {
        /// First offset there is.
        log_start: i64,
        /// End of the log.
        end: i64,
    },
    /// The log was truncated (unclean election): everything at or after this offset is void.
    Truncated {
        /// First offset that no longer holds what was fetched.
        end: i64,
    },
    /// The topic was deleted, or deleted and created anew (its id changed): following has ended.
    Gone,
}

/// Receives what a fetch loop reads of one topic-partition. Called from the loop: must not block.
pub trait Follower: Send + Sync {
    /// The offset to fetch next.
    fn next_offset(&self) -> i64;
    /// The leader epoch of the last batch appended; -1: none.
    fn last_epoch(&self) -> i32;
    /// Takes a Fetch answer's part for this topic-partition (possibly without batches).
    fn append(&self, fetched: Fetched);
    /// Takes an interruption.
    fn interrupted(&self, why: Interruption);
}

/// A backend cluster. Does no I/O until asked; everything it spawned ends when it is dropped.
pub struct UpstreamCluster {
    core: Arc<Core>,
}

impl UpstreamCluster {
    /// The client of a cluster. A cluster whose resource changed gets a new one.
    pub fn connect(cluster: Arc<ResolvedCluster>, metrics: Metrics) -> Arc<Self> {
        Arc::new(Self { core: Arc::new(Core::new(cluster, metrics)) })
    }

    /// The cluster's name in the catalog.
    pub fn name(&self) -> &str {
        self.core.name()
    }

    /// A topic's metadata; asked for when it is not known or older than a minute.
    ///
    /// # Errors
    /// Any but [`UpstreamError::OffsetOutOfRange`].
    pub async fn topic(&self, name: &str) -> Result<Arc<Topic>, UpstreamError> {
        let placement = self.core.placement(name, false).await?;
        Ok(placement.topic.clone())
    }

    /// A topic's metadata and its partitions' leader epochs in their order; -1: not known. While
    /// the cluster does not answer, what was known last: who reads need not notice.
    ///
    /// # Errors
    /// As [`UpstreamCluster::topic`].
    pub async fn leader_epochs(&self, name: &str) -> Result<(Arc<Topic>, Vec<i32>), UpstreamError> {
        let placement = match self.core.placement(name, false).await {
            Err(error @ UpstreamError::Unavailable { .. }) => {
                self.core.remembered(name).ok_or(error)?
            }
            placement => placement?,
        };
        let topic = placement.topic.clone();
        let epoch = |partition: &i32| placement.leader(*partition).map_or(-1, |l| l.epoch);
        let epochs = topic.partitions.iter().map(epoch).collect();
        Ok((topic, epochs))
    }

    /// Looks up offsets, one answer per partition in the order asked.
    ///
    /// # Errors
    /// Any but [`UpstreamError::OffsetOutOfRange`].
    pub async fn offsets(
        &self,
        topic: &str,
        partitions: &[i32],
        at: OffsetAt,
    ) -> Result<Vec<i64>, UpstreamError> {
        lookup::offsets(&self.core, topic, partitions, at).await
    }

    /// Whether the topic is compacted (`cleanup.policy` contains `compact`).
    ///
    /// # Errors
    /// Any but [`UpstreamError::OffsetOutOfRange`]; [`UpstreamError::Refused`] also when the
    /// gateway may not read the topic's configuration.
    pub async fn is_compacted(&self, topic: &str) -> Result<bool, UpstreamError> {
        lookup::is_compacted(&self.core, topic).await
    }

    /// Reads one chunk of history on connections of its own.
    ///
    /// # Errors
    /// [`UpstreamError`].
    pub async fn fetch(
        &self,
        (topic, partition): (&str, i32),
        offset: i64,
        bytes_max: usize,
        isolation: Isolation,
    ) -> Result<Fetched, UpstreamError> {
        let chunk = cold::Chunk { topic, partition, offset, bytes_max, isolation };
        cold::read(&self.core, chunk).await
    }

    /// Follows a topic-partition: its leader is fetched from as long as the guard and this client
    /// live, up to the high watermark. Must be called within the runtime.
    pub fn follow(
        self: &Arc<Self>,
        topic: &str,
        partition: i32,
        follower: Arc<dyn Follower>,
    ) -> FollowGuard {
        follow::follow(&self.core, topic, partition, follower)
    }

    /// What is wrong with the cluster now, in words for `/readyz` and logs; `None`: nothing known.
    pub fn problem(&self) -> Option<String> {
        self.core.health.problem()
    }
}

impl Drop for UpstreamCluster {
    fn drop(&mut self) {
        self.core.followed.shut_down();
    }
}

/// A text from a broker, fit for logs and answers: bounded, without control characters.
fn printable(text: &str) -> String {
    const CHARS_MAX: usize = 300;
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().take(CHARS_MAX).map(clean).collect()
}
