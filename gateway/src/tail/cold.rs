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
use crate::upstream::{Isolation, UpstreamCluster, UpstreamError};

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

/// What a chunk is kept under: how it was fetched, and the first offset that it covers. Who reads
/// uncommitted needs chunks of their own only beyond the last stable offset.
pub type ChunkKey = (Isolation, i64);

/// The cold chunks of one topic-partition.
pub struct ColdPartition {
    /// Truncations of the topic so far: chunks from before the latest are of no use.
    generation: Arc<AtomicU32>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The truncations that what is held has seen.
    generation: u32,
    chunks: BTreeMap<ChunkKey, Arc<Chunk>>,
    pending: HashMap<ChunkKey, Pending>,
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

impl State {
    /// Forgets what is from before the latest truncation: the log is not what it was.
    fn renew(&mut self, generation: u32) {
        if self.generation != generation {
            *self = Self { generation, ..Self::default() };
        }
    }
}

impl ColdPartition {
    /// Without chunks; `generation` counts the topic's truncations.
    pub fn new(generation: Arc<AtomicU32>) -> Self {
        Self { generation, state: Mutex::default() }
    }

    /// The chunk at an offset, or its fetch: started if nobody has. `now` is the tails' clock.
    pub fn find(self: &Arc<Self>, source: &Source, key: ChunkKey, now: u32) -> Cold {
        let (isolation, offset) = key;
        let generation = self.generation.load(Ordering::Acquire);
        let mut state = self.state.lock();
        state.renew(generation);
        if let Some((_, chunk)) = state.chunks.range((isolation, i64::MIN)..=key).next_back()
            && offset < chunk.next
        {
            chunk.used_at.store(now, Ordering::Relaxed);
            return Cold::Chunk(Arc::clone(chunk));
        }
        if let Some(pending) = state.pending.get(&key) {
            return Cold::Pending(pending.clone());
        }
        let pending = self.start(source.clone(), key, (generation, now));
        state.pending.insert(key, pending.clone());
        Cold::Pending(pending)
    }

    /// Starts the fetch at an offset if it is neither here nor on its way: read-ahead.
    pub fn prefetch(self: &Arc<Self>, source: &Source, key: ChunkKey, now: u32) {
        // The pending future runs in its own task; nobody needs to wait for it here.
        let _ = self.find(source, key, now);
    }

    fn start(
        self: &Arc<Self>,
        source: Source,
        key: ChunkKey,
        (generation, now): (u32, u32),
    ) -> Pending {
        let cold = Arc::clone(self);
        let task = source.runtime.clone().spawn(async move {
            let fetched = fetch(&source, key, now).await;
            let mut state = cold.state.lock();
            // What was asked for before a truncation may be void; who waits for it asks again.
            if state.generation != generation {
                return fetched;
            }
            state.pending.remove(&key);
            if let Ok(chunk) = &fetched {
                state.chunks.insert(key, Arc::clone(chunk));
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
    pub fn uses(&self) -> Vec<(u32, ChunkKey)> {
        let state = self.state.lock();
        let uses = state.chunks.iter();
        uses.map(|(key, chunk)| (chunk.used_at.load(Ordering::Relaxed), *key)).collect()
    }

    /// Forgets a chunk; returns the bytes given back.
    pub fn evict(&self, key: ChunkKey) -> usize {
        self.state.lock().chunks.remove(&key).map_or(0, |chunk| chunk.cost())
    }

    /// Forgets a chunk's images; returns the bytes given back.
    pub fn clear_images(&self, key: ChunkKey) -> usize {
        let state = self.state.lock();
        let Some(chunk) = state.chunks.get(&key) else {
            return 0;
        };
        let mut freed = 0;
        for batch in &chunk.batches {
            freed += batch.cost() - batch.raw_bytes();
            batch.clear_images();
        }
        freed
    }
}

async fn fetch(
    source: &Source,
    (isolation, offset): ChunkKey,
    now: u32,
) -> Result<Arc<Chunk>, UpstreamError> {
    let Source { cluster, topic, partition, .. } = source;
    let fetched = cluster.fetch((topic, *partition), offset, CHUNK_BYTES, isolation).await?;
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
