//! One topic's tails: what all its readers share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use tokio::runtime::Handle;

use super::budget::Growth;
use super::cold::{ColdPartition, Source};
use super::partition::{Marks, PartitionTail, SharedByTopic};
use super::window::{Place, Window, Windows};
use crate::upstream::{FollowGuard, OffsetAt, Topic, UpstreamCluster, UpstreamError};

/// How long a look-up of the log's first offsets is good for.
const EARLIEST_FRESH: Duration = Duration::from_secs(1);

/// The tails of one topic, followed as long as this lives.
pub struct TopicTail {
    cluster: Arc<UpstreamCluster>,
    topic: Arc<str>,
    id: [u8; 16],
    shared: SharedByTopic,
    partitions: ArcSwap<Vec<Arc<FollowedPartition>>>,
    windows: Windows,
    earliest: tokio::sync::Mutex<Option<(Instant, Arc<Vec<i64>>)>>,
    compacted: AtomicBool,
    partition_bytes_max: usize,
    growth: Arc<Growth>,
    /// Where the topic is followed and its history fetched: where it was opened.
    runtime: Handle,
}

/// One topic-partition: its tail, its history, and the loop that follows it.
pub struct FollowedPartition {
    /// What was fetched lately.
    pub tail: Arc<PartitionTail>,
    /// What is older.
    pub cold: Arc<ColdPartition>,
    /// Where both come from.
    pub source: Source,
    /// The offset from which it is followed: for a partition that came later, its first.
    pub begins: i64,
    guard: Mutex<Option<FollowGuard>>,
}

impl TopicTail {
    /// Looks a topic up and follows all its partitions from their ends.
    ///
    /// # Errors
    /// The look-ups'.
    pub async fn open(
        cluster: Arc<UpstreamCluster>,
        topic: &str,
        partition_bytes_max: usize,
        growth: Arc<Growth>,
    ) -> Result<Arc<Self>, UpstreamError> {
        let found = cluster.topic(topic).await?;
        if !found.partitions.iter().copied().eq((0..).take(found.partitions.len())) {
            let cluster = cluster.name().to_owned();
            let reason = format!("metadata names only some partitions of {topic}");
            return Err(UpstreamError::Unavailable { cluster, reason });
        }
        let ends = cluster.offsets(topic, &found.partitions, OffsetAt::HighWatermark).await?;
        // Asked for afterwards: where it is not below the end, nothing is open before the end.
        let stable = cluster.offsets(topic, &found.partitions, OffsetAt::Latest).await?;
        let ends = ends.into_iter().zip(stable).map(|(end, stable)| (end, stable.min(end)));
        let opened = Self {
            cluster,
            topic: topic.into(),
            id: found.id,
            shared: SharedByTopic::default(),
            partitions: ArcSwap::default(),
            windows: Windows::default(),
            earliest: tokio::sync::Mutex::default(),
            compacted: AtomicBool::new(false),
            partition_bytes_max,
            growth,
            runtime: Handle::current(),
        };
        opened.add_partitions(&found, ends);
        Ok(Arc::new(opened))
    }

    /// Follows new partitions from these offsets, each with the end of what is decided.
    fn add_partitions(&self, found: &Topic, starts: impl Iterator<Item = (i64, i64)>) {
        let mut partitions = self.partitions.load().as_ref().clone();
        let fresh = found.partitions.iter().skip(partitions.len());
        for (&index, (start, stable)) in fresh.zip(starts) {
            let bytes_max = self.partition_bytes_max;
            // Until the broker has said more: the log is known to reach up to here.
            let marks = Marks { high_watermark: start, last_stable_offset: stable, log_start: 0 };
            let tail = Arc::new(PartitionTail::new(index, marks, bytes_max, &self.shared));
            let guard = self.cluster.follow(&self.topic, index, tail.clone());
            let cluster = Arc::clone(&self.cluster);
            let source = Source {
                cluster,
                topic: Arc::clone(&self.topic),
                partition: index,
                runtime: self.runtime.clone(),
                growth: Arc::clone(&self.growth),
            };
            let guard = Mutex::new(Some(guard));
            let cold = Arc::new(ColdPartition::new(Arc::clone(&self.shared.generation)));
            partitions.push(Arc::new(FollowedPartition {
                tail,
                cold,
                source,
                begins: start,
                guard,
            }));
        }
        self.partitions.store(Arc::new(partitions));
    }

    /// The cluster that the topic is on.
    pub fn cluster(&self) -> &Arc<UpstreamCluster> {
        &self.cluster
    }

    /// The topic's name.
    pub fn name(&self) -> &str {
        &self.topic
    }

    /// The topic's id; all zero where brokers have none.
    pub fn id(&self) -> &[u8; 16] {
        &self.id
    }

    /// What readers wait on.
    pub fn shared(&self) -> &SharedByTopic {
        &self.shared
    }

    /// Truncations so far.
    pub fn generation(&self) -> u32 {
        self.shared.generation.load(Ordering::Acquire)
    }

    /// All topic-partitions, by index from 0.
    pub fn partitions(&self) -> Arc<Vec<Arc<FollowedPartition>>> {
        self.partitions.load_full()
    }

    /// Whether the topic was deleted, or deleted and created anew.
    pub fn is_gone(&self) -> bool {
        self.partitions.load().iter().any(|partition| partition.tail.is_gone())
    }

    /// Whether the topic was compacted when last looked at.
    pub fn is_compacted(&self) -> bool {
        self.compacted.load(Ordering::Acquire)
    }

    /// Asks whether the topic is compacted.
    ///
    /// # Errors
    /// The look-up's: whoever must know refuses then.
    pub async fn look_whether_compacted(&self) -> Result<bool, UpstreamError> {
        let compacted = self.cluster.is_compacted(&self.topic).await?;
        if self.compacted.swap(compacted, Ordering::AcqRel) != compacted {
            self.shared.wakers.everything_moved();
        }
        Ok(compacted)
    }

    /// The first offsets there are, by partition index; asked for at most once a second.
    ///
    /// # Errors
    /// The look-up's.
    pub async fn earliest(&self) -> Result<Arc<Vec<i64>>, UpstreamError> {
        let mut earliest = self.earliest.lock().await;
        if let Some((at, offsets)) = earliest.as_ref()
            && at.elapsed() < EARLIEST_FRESH
        {
            return Ok(Arc::clone(offsets));
        }
        let offsets = Arc::new(self.look_up(OffsetAt::Earliest).await?);
        *earliest = Some((Instant::now(), Arc::clone(&offsets)));
        Ok(offsets)
    }

    /// Looks offsets up, by partition index.
    ///
    /// # Errors
    /// The look-up's.
    pub async fn look_up(&self, at: OffsetAt) -> Result<Vec<i64>, UpstreamError> {
        self.cluster.offsets(&self.topic, &self.indexes(), at).await
    }

    /// The virtual log starts of a replay window.
    ///
    /// # Errors
    /// The look-up's.
    pub async fn window(&self, window: Duration) -> Result<Arc<Window>, UpstreamError> {
        self.windows.open(&self.place(&self.indexes()), window).await
    }

    /// Looks again at what changes slowly: partitions, virtual log starts.
    pub async fn refresh(&self) {
        self.windows.refresh(&self.place(&self.indexes())).await;
        if let Err(error) = self.look_for_partitions().await {
            tracing::debug!(topic = %self.topic, %error, "topic not looked up");
        }
    }

    /// New partitions are followed from their first offset.
    async fn look_for_partitions(&self) -> Result<(), UpstreamError> {
        let found = self.cluster.topic(&self.topic).await?;
        let known = self.partitions.load().len();
        if found.id != self.id || found.partitions.len() <= known {
            return Ok(());
        }
        let fresh = found.partitions.get(known..).unwrap_or_default();
        let starts = self.cluster.offsets(&self.topic, fresh, OffsetAt::Earliest).await?;
        self.add_partitions(&found, starts.into_iter().map(|start| (start, start)));
        self.shared.wakers.everything_moved();
        Ok(())
    }

    /// Stops following: nobody has read for a while, or the topic is gone.
    pub fn close(&self) {
        for partition in self.partitions.load().iter() {
            partition.guard.lock().take();
        }
    }

    fn indexes(&self) -> Vec<i32> {
        (0..).take(self.partitions.load().len()).collect()
    }

    fn place<'a>(&'a self, partitions: &'a [i32]) -> Place<'a> {
        Place { cluster: &self.cluster, topic: &self.topic, partitions }
    }
}
