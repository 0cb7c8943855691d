//! One topic-partition's tail: a bounded ring of raw batches, filled by one fetch loop, read by
//! every reader. A reader never holds it back: who is older than the ring reads the cold path.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use parking_lot::Mutex;

use super::batch::TailBatch;
use super::ring::{Ring, Truncation};
use super::wake::Wakers;
use crate::upstream::{Fetched, Follower, Interruption, Isolation};

/// States of all tails so far.
static STATES: AtomicU64 = AtomicU64::new(0);

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
    /// The number of the ring's state.
    state: AtomicU64,
    /// Seconds since the tails began, when a reader last took a batch.
    read_at: AtomicU32,
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

/// What a tail has at an offset.
pub enum Found {
    /// The first batch with records at or after the offset.
    Batch {
        /// The batch.
        batch: Arc<TailBatch>,
        /// Whether nothing comes after it yet: who has passed it waits to be told.
        newest: bool,
    },
    /// Nothing to see up to `next`.
    Hidden {
        /// The offset after it.
        next: i64,
        /// The leader epoch of what lies there.
        leader_epoch: i32,
    },
    /// Nothing yet: the offset is the reader's end, or lies ahead of it.
    End,
    /// The offset is older than the ring, which begins at `start`.
    Older {
        /// First offset of the ring.
        start: i64,
    },
    /// The log begins beyond the offset: what was there may still be held, and is not shown.
    Expired {
        /// Where the log begins.
        log_start: i64,
    },
    /// The topic's log was truncated since the reader last looked: see [`PartitionTail::cut`].
    Truncated,
    /// The topic was deleted, or deleted and created anew.
    Gone,
}

impl PartitionTail {
    /// An empty tail that begins at the high watermark.
    pub fn new(index: i32, marks: Marks, bytes_max: usize, shared: &SharedByTopic) -> Self {
        Self {
            index,
            bytes_max,
            wakers: Arc::clone(&shared.wakers),
            generation: Arc::clone(&shared.generation),
            ring: Mutex::new(Ring::new(marks)),
            state: AtomicU64::new(next_state()),
            read_at: AtomicU32::new(0),
        }
    }

    /// The number of its state, which no other state of any tail has: until it changes, what is
    /// found in the tail stays the same.
    pub fn state(&self) -> u64 {
        self.state.load(Ordering::Acquire)
    }

    /// Changes the ring, whose state is then another.
    fn change<T>(&self, change: impl FnOnce(&mut Ring) -> T) -> T {
        let mut ring = self.ring.lock();
        let changed = change(&mut ring);
        self.state.store(next_state(), Ordering::Release);
        changed
    }

    /// What the tail has at `offset` for that kind of reader, if it has looked at the truncations
    /// up to `generation`. `now` is the tails' clock in seconds.
    pub fn find(&self, offset: i64, isolation: Isolation, generation: u32, now: u32) -> Found {
        let ring = self.ring.lock();
        if ring.gone {
            return Found::Gone;
        }
        if ring.was_cut_since(generation) {
            return Found::Truncated;
        }
        let log_start = ring.marks.log_start;
        if offset < log_start {
            return Found::Expired { log_start };
        }
        let end = ring.end(isolation);
        // Of what is not decided there is no committed history either.
        if offset >= end {
            return Found::End;
        }
        if offset < ring.start() {
            return Found::Older { start: ring.start() };
        }
        let held = ring.find(offset).filter(|held| held.batch.last_offset() < end);
        let Some(held) = held else { return Found::End };
        self.read_at.store(now, Ordering::Relaxed);
        let batch = Arc::clone(&held.batch);
        let next = batch.last_offset().saturating_add(1);
        match held.is_shown(isolation) {
            true => Found::Batch { batch, newest: next >= end },
            false => Found::Hidden { next, leader_epoch: batch.leader_epoch() },
        }
    }

    /// The end of what remained of the log, if a truncation after `generation` made void what a
    /// reader at `offset` has already passed.
    pub fn cut(&self, offset: i64, generation: u32) -> Option<i64> {
        self.ring.lock().cut(offset, generation)
    }

    /// The end of what the tail covers, for that kind of reader.
    pub fn end(&self, isolation: Isolation) -> i64 {
        self.ring.lock().end(isolation)
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
        self.ring.lock().batches().map(|batch| batch.cost()).sum()
    }

    /// Gives back about `bytes`: images first, then the oldest batches; the newest batch stays.
    /// Returns what was given back.
    pub fn shrink(&self, bytes: usize) -> usize {
        let mut ring = self.ring.lock();
        let mut freed = 0;
        for batch in ring.batches() {
            if freed >= bytes {
                return freed;
            }
            freed += batch.cost() - batch.raw_bytes();
            batch.clear_images();
        }
        freed + ring.shrink(bytes - freed.min(bytes))
    }
}

impl Follower for PartitionTail {
    fn next_offset(&self) -> i64 {
        self.ring.lock().next()
    }

    fn last_epoch(&self) -> i32 {
        self.ring.lock().batches().next_back().map_or(-1, |batch| batch.leader_epoch())
    }

    fn append(&self, fetched: Fetched) {
        // Copied outside the lock; batches below the end came along because fetches start at a
        // batch, not at an offset.
        let next = self.next_offset();
        let fresh = fetched.batches.into_iter();
        let fresh = fresh.filter(|fetched| fetched.batch.header.last_offset() >= next);
        let fresh: Vec<_> = fresh.map(|fetched| Arc::new(TailBatch::copied(fetched))).collect();
        let marks = Marks {
            high_watermark: fetched.high_watermark,
            last_stable_offset: fetched.last_stable_offset,
            log_start: fetched.log_start_offset,
        };
        let grew = self.change(|ring| ring.append(fresh, marks, self.bytes_max));
        if grew {
            self.wakers.moved(self.index);
        }
    }

    fn interrupted(&self, why: Interruption) {
        if let Interruption::Unavailable(_) = why {
            return;
        }
        self.change(|ring| match why {
            Interruption::Unavailable(_) => {}
            Interruption::OutOfRange { log_start, end } if ring.next() < log_start => {
                ring.restart_at(log_start.min(end));
            }
            Interruption::OutOfRange { end, .. } | Interruption::Truncated { end } => {
                // The generation rises while the ring is locked, so that no reader can be handed
                // a batch of the new log before it has looked at the truncation.
                let generation = self.generation.fetch_add(1, Ordering::AcqRel) + 1;
                ring.truncate(Truncation { generation, end });
            }
            Interruption::Gone => ring.gone = true,
        });
        self.wakers.moved(self.index);
    }
}

fn next_state() -> u64 {
    STATES.fetch_add(1, Ordering::Relaxed)
}

#[cfg(test)]
mod tests;
