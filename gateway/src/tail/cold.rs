//! History older than the tail: fetched in chunks, each once for all who read there at about the
//! same time, kept while the budget allows. A chunk holds the same batches, with the same images,
//! as the tail would.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use parking_lot::Mutex;
use tokio::runtime::Handle;

use super::batch::TailBatch;
use super::budget::Growth;
use crate::upstream::{UpstreamCluster, UpstreamError};

/// What one cold fetch asks for, in bytes.
pub const CHUNK_BYTES: usize = 4 * 1024 * 1024;

/// A stretch of one topic-partition's history.
pub struct Chunk {
    /// The first offset that it covers.
    pub start: i64,
    /// The offset after the last that it covers.
    pub next: i64,
    batches: Vec<Arc<TailBatch>>,
    used_at: AtomicU32,
}

impl Chunk {
    /// The first batch with records at or after `offset`.
    pub fn find(&self, offset: i64) -> Option<&Arc<TailBatch>> {
        let at = self.batches.partition_point(|batch| batch.last_offset() < offset);
        self.batches.get(at)
    }

    fn cost(&self) -> usize {
        self.batches.iter().map(|batch| batch.cost()).sum()
    }
}

/// A chunk on its way. The fetch goes on also when those who wait for it leave.
pub type Pending = Shared<BoxFuture<'static, Result<Arc<Chunk>, UpstreamError>>>;

/// What the cold cache has at an offset.
pub enum Cold {
    /// A chunk that covers the offset.
    Chunk(Arc<Chunk>),
    /// Fetched now, for this and every other reader that asks at this offset.
    Pending(Pending),
}

/// The cold chunks of one topic-partition.
#[derive(Default)]
pub struct ColdPartition {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    chunks: BTreeMap<i64, Arc<Chunk>>,
    pending: HashMap<i64, Pending>,
}

/// Where to fetch from.
#[derive(Clone)]
pub struct Source {
    /// The cluster.
    pub cluster: Arc<UpstreamCluster>,
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
    /// Where fetches run, whoever asks.
    pub runtime: Handle,
    /// Told of what was fetched.
    pub growth: Arc<Growth>,
}

impl ColdPartition {
    /// The chunk at `offset`, or its fetch: started if nobody has. `now` is the tails' clock.
    pub fn find(self: &Arc<Self>, source: &Source, offset: i64, now: u32) -> Cold {
        let mut state = self.state.lock();
        if let Some((_, chunk)) = state.chunks.range(..=offset).next_back()
            && offset < chunk.next
        {
            chunk.used_at.store(now, Ordering::Relaxed);
            return Cold::Chunk(Arc::clone(chunk));
        }
        if let Some(pending) = state.pending.get(&offset) {
            return Cold::Pending(pending.clone());
        }
        let pending = self.start(source.clone(), offset, now);
        state.pending.insert(offset, pending.clone());
        Cold::Pending(pending)
    }

    /// Starts the fetch at `offset` if it is neither here nor on its way: read-ahead.
    pub fn prefetch(self: &Arc<Self>, source: &Source, offset: i64, now: u32) {
        // The pending future runs in its own task; nobody needs to wait for it here.
        let _ = self.find(source, offset, now);
    }

    fn start(self: &Arc<Self>, source: Source, offset: i64, now: u32) -> Pending {
        let cold = Arc::clone(self);
        let task = source.runtime.clone().spawn(async move {
            let fetched = fetch(&source, offset, now).await;
            let mut state = cold.state.lock();
            state.pending.remove(&offset);
            if let Ok(chunk) = &fetched {
                state.chunks.insert(offset, Arc::clone(chunk));
                source.growth.add(chunk.cost());
            }
            fetched
        });
        task.map(|joined| {
            joined.unwrap_or_else(|error| {
                let reason = format!("a cold read ended early: {error}");
                Err(UpstreamError::Unavailable { cluster: String::new(), reason })
            })
        })
        .boxed()
        .shared()
    }

    /// Bytes held, images included.
    pub fn cost(&self) -> usize {
        self.state.lock().chunks.values().map(|chunk| chunk.cost()).sum()
    }

    /// The chunks by when they were last used, for eviction.
    pub fn uses(&self) -> Vec<(u32, i64, usize)> {
        let state = self.state.lock();
        let uses = state.chunks.iter();
        uses.map(|(start, chunk)| (chunk.used_at.load(Ordering::Relaxed), *start, chunk.cost()))
            .collect()
    }

    /// Forgets the chunk that begins at `start`; returns the bytes given back.
    pub fn evict(&self, start: i64) -> usize {
        self.state.lock().chunks.remove(&start).map_or(0, |chunk| chunk.cost())
    }

    /// Forgets the images of the chunk that begins at `start`; returns the bytes given back.
    pub fn clear_images(&self, start: i64) -> usize {
        let state = self.state.lock();
        let Some(chunk) = state.chunks.get(&start) else {
            return 0;
        };
        let mut freed = 0;
        for batch in &chunk.batches {
            freed += batch.cost() - batch.raw_bytes();
            batch.clear_images();
        }
        freed
    }

    /// Forgets everything: the log is not what it was.
    pub fn clear(&self) {
        self.state.lock().chunks.clear();
    }
}

async fn fetch(source: &Source, offset: i64, now: u32) -> Result<Arc<Chunk>, UpstreamError> {
    let Source { cluster, topic, partition, .. } = source;
    let fetched = cluster.fetch(topic, *partition, offset, CHUNK_BYTES).await?;
    let batches: Vec<_> =
        fetched.batches.into_iter().map(TailBatch::sliced).map(Arc::new).collect();
    let next = batches.last().map_or(offset, |batch| batch.last_offset().saturating_add(1));
    if next <= offset {
        // The log holds nothing here although the tail begins later: it is changing under us.
        let cluster = cluster.name().to_owned();
        let reason = format!("nothing at offset {offset} of {topic}-{partition} yet");
        return Err(UpstreamError::Unavailable { cluster, reason });
    }
    Ok(Arc::new(Chunk { start: offset, next, batches, used_at: AtomicU32::new(now) }))
}
