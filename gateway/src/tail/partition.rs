//! One topic-partition's tail: a bounded ring of raw batches, filled by one fetch loop, read by
//! every reader. A reader never holds it back: who is older than the ring reads the cold path.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::Mutex;

use super::batch::TailBatch;
use super::wake::Wakers;
use crate::upstream::{Fetched, Follower, Interruption};

/// What the tails of one topic share.
#[derive(Default)]
pub struct SharedByTopic {
    /// Wakes the topic's readers.
    pub wakers: Arc<Wakers>,
    /// Truncations of any of the topic's partitions so far.
    pub generation: Arc<AtomicU32>,
}

/// The tail of one topic-partition.
pub struct PartitionTail {
    index: i32,
    bytes_max: usize,
    wakers: Arc<Wakers>,
    /// Truncations of the whole topic so far.
    generation: Arc<AtomicU32>,
    ring: Mutex<Ring>,
    /// Seconds since the tails began, when a reader last took a batch.
    read_at: AtomicU32,
}

struct Ring {
    batches: VecDeque<Arc<TailBatch>>,
    /// The first offset that the ring covers.
    start: i64,
    /// The offset to fetch next: the end of what the ring covers.
    next: i64,
    raw_bytes: usize,
    marks: Marks,
    /// Where the log was cut while somebody may have read beyond, newest last.
    truncations: VecDeque<Truncation>,
    gone: bool,
}

/// The ends of a log as the broker last gave them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// End of what is replicated.
    pub high_watermark: i64,
    /// End of what transactions have decided.
    pub last_stable_offset: i64,
    /// First offset there is.
    pub log_start: i64,
}

/// The log was cut: everything at or after `end` became void.
#[derive(Clone, Copy)]
struct Truncation {
    generation: u32,
    end: i64,
}

/// How many truncations of one topic-partition are remembered; readers look at each within a
/// moment of its coming.
const TRUNCATIONS_MAX: usize = 8;

/// What a tail has at an offset.
pub enum Found {
    /// The first batch with records at or after the offset.
    Batch {
        /// The batch.
        batch: Arc<TailBatch>,
        /// Whether nothing comes after it yet: who has passed it waits to be told.
        newest: bool,
    },
    /// Nothing yet: the offset is the end, or lies ahead of it.
    End,
    /// The offset is older than the ring, which begins at `start`.
    Older {
        /// First offset of the ring.
        start: i64,
    },
    /// The topic's log was truncated since the reader last looked: see [`PartitionTail::cut`].
    Truncated,
    /// The topic was deleted, or deleted and created anew.
    Gone,
}

impl PartitionTail {
    /// An empty tail that begins at `next`.
    pub fn new(index: i32, next: i64, bytes_max: usize, shared: &SharedByTopic) -> Self {
        let ring = Ring {
            batches: VecDeque::new(),
            start: next,
            next,
            raw_bytes: 0,
            // Until the broker has said more: the log is known to reach up to here.
            marks: Marks { high_watermark: next, last_stable_offset: next, log_start: 0 },
            truncations: VecDeque::new(),
            gone: false,
        };
        Self {
            index,
            bytes_max,
            wakers: Arc::clone(&shared.wakers),
            generation: Arc::clone(&shared.generation),
            ring: Mutex::new(ring),
            read_at: AtomicU32::new(0),
        }
    }

    /// What the tail has at `offset`, for a reader that has looked at the truncations up to
    /// `generation`. `now` is the tails' clock in seconds.
    pub fn find(&self, offset: i64, generation: u32, now: u32) -> Found {
        let ring = self.ring.lock();
        if ring.gone {
            return Found::Gone;
        }
        if ring.truncations.back().is_some_and(|cut| cut.generation > generation) {
            return Found::Truncated;
        }
        if offset < ring.start {
            return Found::Older { start: ring.start };
        }
        match ring.find(offset) {
            Some(batch) => {
                self.read_at.store(now, Ordering::Relaxed);
                let newest = batch.last_offset().saturating_add(1) >= ring.next;
                Found::Batch { batch: Arc::clone(batch), newest }
            }
            None => Found::End,
        }
    }

    /// The end of what remained of the log, if a truncation after `generation` made void what a
    /// reader at `offset` has already passed.
    pub fn cut(&self, offset: i64, generation: u32) -> Option<i64> {
        let ring = self.ring.lock();
        let since = ring.truncations.iter().filter(|cut| cut.generation > generation);
        since.map(|cut| cut.end).filter(|end| offset > *end).min()
    }

    /// The end of what the tail covers.
    pub fn end(&self) -> i64 {
        self.ring.lock().next
    }

    /// The log start as the broker last gave it.
    pub fn log_start(&self) -> i64 {
        self.ring.lock().marks.log_start
    }

    /// The ends of the log as the broker last gave them.
    pub fn marks(&self) -> Marks {
        self.ring.lock().marks
    }

    /// Whether the topic was deleted or created anew.
    pub fn is_gone(&self) -> bool {
        self.ring.lock().gone
    }

    /// When a reader last took a batch, in seconds of the tails' clock.
    pub fn read_at(&self) -> u32 {
        self.read_at.load(Ordering::Relaxed)
    }

    /// Bytes held, images included.
    pub fn cost(&self) -> usize {
        self.ring.lock().batches.iter().map(|batch| batch.cost()).sum()
    }

    /// Gives back about `bytes`: images first, then the oldest batches; the newest batch stays.
    /// Returns what was given back.
    pub fn shrink(&self, bytes: usize) -> usize {
        let mut ring = self.ring.lock();
        let mut freed = 0;
        for batch in &ring.batches {
            if freed >= bytes {
                return freed;
            }
            freed += batch.cost() - batch.raw_bytes();
            batch.clear_images();
        }
        while freed < bytes && ring.batches.len() > 1 {
            freed += ring.drop_oldest();
        }
        freed
    }
}

impl Follower for PartitionTail {
    fn next_offset(&self) -> i64 {
        self.ring.lock().next
    }

    fn last_epoch(&self) -> i32 {
        self.ring.lock().batches.back().map_or(-1, |batch| batch.leader_epoch())
    }

    fn append(&self, fetched: Fetched) {
        // Copied outside the lock; batches below the end came along because fetches start at a
        // batch, not at an offset.
        let next = self.next_offset();
        let fresh = fetched.batches.into_iter();
        let fresh = fresh.filter(|fetched| fetched.batch.header.last_offset() >= next);
        let fresh: Vec<_> = fresh.map(|fetched| Arc::new(TailBatch::copied(fetched))).collect();
        let grew = !fresh.is_empty();
        let mut ring = self.ring.lock();
        ring.marks = Marks {
            high_watermark: fetched.high_watermark,
            last_stable_offset: fetched.last_stable_offset,
            log_start: fetched.log_start_offset,
        };
        for batch in fresh {
            ring.push(batch);
        }
        while ring.raw_bytes > self.bytes_max && ring.batches.len() > 1 {
            ring.drop_oldest();
        }
        drop(ring);
        if grew {
            self.wakers.moved(self.index);
        }
    }

    fn interrupted(&self, why: Interruption) {
        let mut ring = self.ring.lock();
        match why {
            Interruption::Unavailable(_) => return,
            Interruption::OutOfRange { log_start, end } if ring.next < log_start => {
                ring.restart_at(log_start.min(end));
            }
            Interruption::OutOfRange { end, .. } | Interruption::Truncated { end } => {
                // The generation rises while the ring is locked, so that no reader can be handed
                // a batch of the new log before it has looked at the truncation.
                let generation = self.generation.fetch_add(1, Ordering::AcqRel) + 1;
                ring.truncate(Truncation { generation, end });
            }
            Interruption::Gone => ring.gone = true,
        }
        drop(ring);
        self.wakers.moved(self.index);
    }
}

impl Ring {
    /// The first batch with records at or after the offset.
    fn find(&self, offset: i64) -> Option<&Arc<TailBatch>> {
        // Readers of live events ask for the newest batch or for what comes after it: two looks,
        // where a search would touch a batch per halving.
        let newest = self.batches.back()?;
        if newest.last_offset() < offset {
            return None;
        }
        if newest.base_offset() <= offset {
            return Some(newest);
        }
        let at = self.batches.partition_point(|batch| batch.last_offset() < offset);
        self.batches.get(at)
    }

    fn push(&mut self, batch: Arc<TailBatch>) {
        if batch.last_offset() < self.next {
            return;
        }
        self.next = batch.last_offset().saturating_add(1);
        self.raw_bytes += batch.raw_bytes();
        self.batches.push_back(batch);
    }

    /// Drops the oldest batch; returns the bytes it held.
    fn drop_oldest(&mut self) -> usize {
        let Some(oldest) = self.batches.pop_front() else {
            return 0;
        };
        self.start = oldest.last_offset().saturating_add(1);
        self.raw_bytes = self.raw_bytes.saturating_sub(oldest.raw_bytes());
        oldest.cost()
    }

    /// Forgets everything: the log now begins beyond what was followed.
    fn restart_at(&mut self, offset: i64) {
        self.batches.clear();
        self.raw_bytes = 0;
        self.start = offset;
        self.next = offset;
    }

    /// Forgets everything at or after the cut.
    fn truncate(&mut self, cut: Truncation) {
        let end = cut.end;
        while let Some(newest) = self.batches.back()
            && newest.last_offset() >= end
        {
            self.raw_bytes = self.raw_bytes.saturating_sub(newest.raw_bytes());
            self.batches.pop_back();
        }
        self.next = end;
        self.start = self.start.min(end);
        self.truncations.push_back(cut);
        if self.truncations.len() > TRUNCATIONS_MAX {
            self.truncations.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
