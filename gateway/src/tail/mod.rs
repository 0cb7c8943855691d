//! Tails: what was fetched lately, kept once for everybody, within one memory budget.
//!
//! [`Tails`] opens a topic when its first reader comes and lets go of it a while after its last has
//! left. It makes no decision about who may read: see [`crate::authz`].

mod batch;
mod budget;
mod clusters;
mod cold;
mod partition;
mod ring;
mod topic;
mod wake;
mod window;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use catalog::ResolvedCluster;
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::OnceCell;

pub use batch::TailBatch;
pub use clusters::Clusters;
pub use cold::{Asker, Chunk, Cold, Pending};
pub use partition::{Found, Marks, PartitionTail};
pub use topic::{FollowedPartition, TopicTail};
pub use wake::{Moved, Wakers, Watermark};
pub use window::Window;

use crate::metrics::Metrics;
use crate::upstream::UpstreamError;

/// How often the janitor looks at the budget and at tails that nobody reads.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// How often topics are asked whether they are compacted.
const COMPACTION_EVERY: Duration = Duration::from_secs(300);

/// How much the tails may hold, and for how long after the last reader.
#[derive(Clone, Debug)]
pub struct TailConfig {
    /// Bytes of all tails and the cold cache, images included.
    pub memory_bytes: usize,
    /// Bytes of raw batches in one topic-partition's tail.
    pub partition_bytes: usize,
    /// How long a topic is still followed after its last reader has left.
    pub linger: Duration,
}

impl Default for TailConfig {
    fn default() -> Self {
        Self {
            memory_bytes: 1024 * 1024 * 1024,
            partition_bytes: 16 * 1024 * 1024,
            linger: Duration::from_secs(45),
        }
    }
}

/// All tails of this replica.
pub struct Tails {
    config: TailConfig,
    metrics: Metrics,
    clusters: Clusters,
    topics: Mutex<HashMap<Key, Arc<Slot>>>,
    began: Instant,
    readers: AtomicU64,
    growth: Arc<budget::Growth>,
    /// Where topics are followed, whichever thread's reader comes first.
    runtime: Handle,
}

/// A topic of a cluster as it is configured now: a cluster that changes gets new tails.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    cluster: String,
    incarnation: u64,
    topic: String,
}

/// A topic that is open, or being opened by the first who asked.
#[derive(Default)]
struct Slot {
    topic: OnceCell<Arc<TopicTail>>,
    used: Mutex<Option<Instant>>,
}

impl Tails {
    /// Builds the tails and starts their janitor, which ends when they are dropped.
    pub fn build(config: TailConfig, metrics: Metrics) -> Arc<Self> {
        let tails = Arc::new(Self {
            growth: Arc::new(budget::Growth::new(config.memory_bytes)),
            config,
            clusters: Clusters::new(metrics.clone()),
            metrics,
            topics: Mutex::default(),
            began: Instant::now(),
            readers: AtomicU64::new(0),
            runtime: Handle::current(),
        });
        tokio::spawn(sweep(Arc::downgrade(&tails)));
        tails
    }

    /// A topic's tails, opened if need be; several who ask at once open it once.
    ///
    /// # Errors
    /// The look-ups': the next who asks tries again.
    pub async fn open(
        &self,
        cluster: &Arc<ResolvedCluster>,
        topic: &str,
    ) -> Result<Arc<TopicTail>, UpstreamError> {
        let (incarnation, upstream) = self.clusters.open(cluster);
        let key = Key { cluster: cluster.name.clone(), incarnation, topic: topic.to_owned() };
        let slot = {
            let mut topics = self.topics.lock();
            if topics.get(&key).and_then(|slot| slot.topic.get()).is_some_and(|t| t.is_gone()) {
                topics.remove(&key);
            }
            Arc::clone(topics.entry(key).or_default())
        };
        *slot.used.lock() = Some(Instant::now());
        let bytes_max = self.config.partition_bytes;
        let growth = Arc::clone(&self.growth);
        let opened = slot.topic.get_or_try_init(|| async {
            let topic = topic.to_owned();
            let name = upstream.name().to_owned();
            let open = async move { TopicTail::open(upstream, &topic, bytes_max, growth).await };
            let opened = self.runtime.spawn(open).await;
            opened.unwrap_or_else(|error| {
                let reason = format!("opening a topic ended early: {error}");
                Err(UpstreamError::Unavailable { cluster: name, reason })
            })
        });
        Ok(Arc::clone(opened.await?))
    }

    /// A topic's tails, if they are open.
    pub fn opened(&self, cluster: &Arc<ResolvedCluster>, topic: &str) -> Option<Arc<TopicTail>> {
        let (incarnation, _) = self.clusters.open(cluster);
        let key = Key { cluster: cluster.name.clone(), incarnation, topic: topic.to_owned() };
        let topics = self.topics.lock();
        topics.get(&key)?.topic.get().filter(|topic| !topic.is_gone()).cloned()
    }

    /// A number for one more reader, from 1.
    pub fn next_reader(&self) -> u64 {
        self.readers.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The backend clusters.
    pub fn clusters(&self) -> &Clusters {
        &self.clusters
    }

    /// What is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Seconds since the tails began: the clock of use and eviction.
    pub fn now(&self) -> u32 {
        u32::try_from(self.began.elapsed().as_secs()).unwrap_or(u32::MAX)
    }

    fn open_topics(&self) -> Vec<Arc<TopicTail>> {
        self.topics.lock().values().filter_map(|slot| slot.topic.get().cloned()).collect()
    }

    fn keep_budget(&self, topics: &[Arc<TopicTail>]) {
        let held = budget::keep(topics, self.config.memory_bytes);
        let held = i64::try_from(held).unwrap_or(i64::MAX);
        self.metrics.tail_bytes.set(held);
    }

    /// Lets go of topics that are gone, or that nobody has read for the linger time.
    fn close_unread(&self) {
        let mut closed = Vec::new();
        self.topics.lock().retain(|_, slot| {
            let Some(topic) = slot.topic.get() else {
                return Arc::strong_count(slot) > 1;
            };
            let read = Arc::strong_count(topic) > 1;
            let mut used = slot.used.lock();
            if read {
                *used = Some(Instant::now());
            }
            let lingers = used.is_some_and(|at| at.elapsed() < self.config.linger);
            let keep = !topic.is_gone() && (read || lingers);
            if !keep {
                closed.push(Arc::clone(topic));
            }
            keep
        });
        closed.iter().for_each(|topic| topic.close());
    }
}

/// The janitor: budget, unread tails, and what must be looked up again.
async fn sweep(tails: Weak<Tails>) {
    let Some(growth) = tails.upgrade().map(|tails| Arc::clone(&tails.growth)) else {
        return;
    };
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut refreshed, mut compaction) = (Instant::now(), Instant::now());
    loop {
        let tick = tokio::select! {
            _ = ticks.tick() => true,
            () = growth.due() => false,
        };
        let Some(tails) = tails.upgrade() else { return };
        growth.looked();
        if tick {
            tails.close_unread();
        }
        let topics = tails.open_topics();
        tails.keep_budget(&topics);
        if !tick {
            continue;
        }
        let refresh = refreshed.elapsed() >= window::LOOK_UP_EVERY;
        let look_at_compaction = compaction.elapsed() >= COMPACTION_EVERY;
        if refresh {
            refreshed = Instant::now();
        }
        if look_at_compaction {
            compaction = Instant::now();
        }
        if refresh || look_at_compaction {
            // In a task of its own: a cluster that does not answer must not stop the sweep. One
            // task a minute, each ended by the upstream time-outs.
            tokio::spawn(look_again(topics, refresh, look_at_compaction));
        }
    }
}

async fn look_again(topics: Vec<Arc<TopicTail>>, refresh: bool, compaction: bool) {
    for topic in topics {
        if refresh {
            topic.refresh().await;
        }
        if compaction && let Err(error) = topic.look_whether_compacted().await {
            tracing::warn!(topic = topic.name(), %error, "compaction not looked up");
        }
    }
}
