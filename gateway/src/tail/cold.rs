//! History older than the tail: fetched in chunks, each once for all who read there at about the
//! same time, kept while the budget allows. A chunk holds the same batches, with the same images,
//! as the tail would. Who reads a partition's history alone lets go of what it has passed: its
//! memory, still warm, takes what comes next.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use parking_lot::Mutex;
use tokio::runtime::Handle;

use super::batch::TailBatch;
use super::budget::Growth;
use crate::upstream::{Isolation, UpstreamCluster, UpstreamError};

/// What one cold fetch asks for, in bytes.
pub const CHUNK_BYTES: usize = 2 * 1024 * 1024;

/// How long a partition's history counts as read by several after two of them have taken turns, in
/// the tails' clock: long enough for one that paused, or begins a little later.
const SHARED_FOR: u32 = 60;

/// No reader has this number: several had the chunk.
const SEVERAL: u64 = 0;

/// A stretch of one topic-partition's history.
pub struct Chunk {
    /// The first offset that it covers.
    pub start: i64,
    /// The offset after the last that it covers.
    pub next: i64,
    batches: Vec<Arc<TailBatch>>,
    used_at: AtomicU32,
    /// The only reader that had it so far, or [`SEVERAL`].
    reader: AtomicU64,
}

/// Who asks, and when.
#[derive(Clone, Copy)]
pub struct Asker {
    /// The reader's number: from 1, no two the same.
    pub reader: u64,
    /// The tails' clock.
    pub now: u32,
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

    fn used(&self, by: Asker) {
        self.used_at.store(by.now, Ordering::Relaxed);
        if self.reader.load(Ordering::Relaxed) != by.reader {
            self.reader.store(SEVERAL, Ordering::Relaxed);
        }
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
    readers: Readers,
}

/// Whether one reader has a partition's history to itself.
#[derive(Default)]
struct Readers {
    latest: Option<Asker>,
    shared_until: Option<u32>,
}

impl Readers {
    fn note(&mut self, by: Asker) {
        let other = self.latest.filter(|latest| latest.reader != by.reader);
        if other.is_some_and(|other| by.now <= other.now.saturating_add(SHARED_FOR)) {
            self.shared_until = Some(by.now.saturating_add(SHARED_FOR));
        }
        self.latest = Some(by);
    }

    fn is_alone(&self, by: Asker) -> bool {
        self.shared_until.is_none_or(|until| until < by.now)
    }
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

    /// The chunk that covers an offset.
    fn at(&self, key: ChunkKey) -> Option<Arc<Chunk>> {
        let (isolation, offset) = key;
        let (_, chunk) = self.chunks.range((isolation, i64::MIN)..=key).next_back()?;
        (offset < chunk.next).then(|| Arc::clone(chunk))
    }

    /// Takes out what lies before `key` and was this reader's alone.
    fn passed(&mut self, (isolation, start): ChunkKey, by: Asker) -> Vec<Arc<Chunk>> {
        let mut passed = Vec::new();
        while self.readers.is_alone(by)
            && let Some((&key, chunk)) =
                self.chunks.range((isolation, i64::MIN)..(isolation, start)).next_back()
            && chunk.reader.load(Ordering::Relaxed) == by.reader
        {
            passed.extend(self.chunks.remove(&key));
        }
        passed
    }
}

impl ColdPartition {
    /// Without chunks; `generation` counts the topic's truncations.
    pub fn new(generation: Arc<AtomicU32>) -> Self {
        Self { generation, state: Mutex::default() }
    }

    /// The chunk at an offset, or its fetch: started if nobody has.
    pub fn find(self: &Arc<Self>, source: &Source, key: ChunkKey, by: Asker) -> Cold {
        let generation = self.generation.load(Ordering::Acquire);
        let mut state = self.state.lock();
        state.renew(generation);
        state.readers.note(by);
        let Some(chunk) = state.at(key) else {
            return Cold::Pending(self.pending(&mut state, source, (key, by)));
        };
        chunk.used(by);
        let passed = state.passed((key.0, chunk.start), by);
        drop(state);
        // What is let go of is much memory: nobody waits for it.
        drop(passed);
        Cold::Chunk(chunk)
    }

    /// Starts the fetch at an offset if it is neither here nor on its way: read-ahead.
    pub fn prefetch(self: &Arc<Self>, source: &Source, key: ChunkKey, by: Asker) {
        let mut state = self.state.lock();
        if state.at(key).is_none() {
            // It runs in its own task; nobody needs to wait for it here.
            drop(self.pending(&mut state, source, (key, by)));
        }
    }

    fn pending(
        self: &Arc<Self>,
        state: &mut State,
        source: &Source,
        (key, by): (ChunkKey, Asker),
    ) -> Pending {
        if let Some(pending) = state.pending.get(&key) {
            return pending.clone();
        }
        let pending = self.start(source.clone(), key, (state.generation, by));
        state.pending.insert(key, pending.clone());
        pending
    }

    fn start(
        self: &Arc<Self>,
        source: Source,
        key: ChunkKey,
        (generation, by): (u32, Asker),
    ) -> Pending {
        let cold = Arc::clone(self);
        let task = source.runtime.clone().spawn(async move {
            let fetched = fetch(&source, key, by).await;
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
    by: Asker,
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
    let (used_at, reader) = (AtomicU32::new(by.now), AtomicU64::new(by.reader));
    Ok(Arc::new(Chunk { start: offset, next, batches, used_at, reader }))
}

#[cfg(test)]
mod tests;
