//! What one topic-partition's tail holds: raw batches in offset order, and what became of their
//! transactions.
//!
//! It is filled by fetches that do not wait for transactions (READ_UNCOMMITTED), so that one fetch
//! loop serves both kinds of readers. A transaction's records stay open until the marker of their
//! producer comes, which is always later in the log: what the ring holds it decides by itself,
//! however the fetch loop came to begin where it did. Of what lies before the ring only the cluster
//! knows: while anything may be open there, its last stable offset decides.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::batch::TailBatch;
use super::partition::Marks;
use crate::upstream::{BatchKind, Isolation};

/// How many truncations of one topic-partition are remembered; readers look at each within a
/// moment of its coming.
const TRUNCATIONS_MAX: usize = 8;

/// The batches of a tail. Readers of committed records end where the first open transaction begins.
pub(super) struct Ring {
    held: VecDeque<Held>,
    open: Open,
    /// The first offset that the ring covers.
    start: i64,
    /// The offset to fetch next: the end of what the ring covers.
    next: i64,
    /// The end of what is decided.
    stable: i64,
    /// A transaction that is open may have begun before `start`.
    blind: bool,
    raw_bytes: usize,
    pub(super) marks: Marks,
    /// Where the log was cut while somebody may have read beyond, newest last.
    truncations: VecDeque<Truncation>,
    pub(super) gone: bool,
}

/// A batch and what became of its transaction.
pub(super) struct Held {
    pub(super) batch: Arc<TailBatch>,
    fate: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// What it was when it was fetched, it stays.
    Fixed,
    /// Its transaction is open.
    Open,
    /// The marker at that offset ended its transaction.
    Ended { marker: i64, commits: bool },
}

/// The log was cut: everything at or after `end` became void.
#[derive(Clone, Copy)]
pub(super) struct Truncation {
    pub(super) generation: u32,
    pub(super) end: i64,
}

/// The open batches of the ring, by producer: their base offsets in order. No more than the ring
/// has batches.
#[derive(Default)]
struct Open(HashMap<i64, VecDeque<i64>>);

impl Open {
    fn add(&mut self, producer: i64, base: i64) {
        self.0.entry(producer).or_default().push_back(base);
    }

    /// A producer's batches are no longer open.
    fn end(&mut self, producer: i64) -> VecDeque<i64> {
        self.0.remove(&producer).unwrap_or_default()
    }

    /// The oldest batch of the ring leaves it.
    fn leave(&mut self, producer: i64) {
        if let Some(bases) = self.0.get_mut(&producer) {
            bases.pop_front();
            if bases.is_empty() {
                self.0.remove(&producer);
            }
        }
    }

    fn first(&self) -> Option<i64> {
        self.0.values().filter_map(|bases| bases.front()).min().copied()
    }
}

impl Held {
    /// Whether readers may see anything of it.
    pub(super) fn is_shown(&self, isolation: Isolation) -> bool {
        match self.fate {
            Fate::Fixed => self.batch.is_shown(isolation),
            Fate::Open | Fate::Ended { commits: false, .. } => isolation == Isolation::Uncommitted,
            Fate::Ended { commits: true, .. } => true,
        }
    }
}

impl Ring {
    /// An empty ring that begins at the high watermark.
    pub(super) fn new(marks: Marks) -> Self {
        let start = marks.high_watermark;
        Self {
            held: VecDeque::new(),
            open: Open::default(),
            start,
            next: start,
            stable: marks.last_stable_offset.min(start),
            blind: marks.last_stable_offset < start,
            raw_bytes: 0,
            marks,
            truncations: VecDeque::new(),
            gone: false,
        }
    }

    /// The first offset that it covers.
    pub(super) fn start(&self) -> i64 {
        self.start
    }

    /// The offset to fetch next.
    pub(super) fn next(&self) -> i64 {
        self.next
    }

    /// Where readers of that kind end.
    pub(super) fn end(&self, isolation: Isolation) -> i64 {
        match isolation {
            Isolation::Committed => self.stable,
            Isolation::Uncommitted => self.next,
        }
    }

    /// The batches, oldest first.
    pub(super) fn batches(&self) -> impl DoubleEndedIterator<Item = &Arc<TailBatch>> {
        self.held.iter().map(|held| &held.batch)
    }

    /// The first batch with records at or after the offset.
    pub(super) fn find(&self, offset: i64) -> Option<&Held> {
        // Readers of live events ask for the newest batch or for what comes after it: two looks,
        // where a search would touch a batch per halving.
        let newest = self.held.back()?;
        if newest.batch.last_offset() < offset {
            return None;
        }
        if newest.batch.base_offset() <= offset {
            return Some(newest);
        }
        let at = self.held.partition_point(|held| held.batch.last_offset() < offset);
        self.held.get(at)
    }

    /// The end of what remained of the log, if a truncation after `generation` made void what a
    /// reader at `offset` has already passed.
    pub(super) fn cut(&self, offset: i64, generation: u32) -> Option<i64> {
        let since = self.truncations.iter().filter(|cut| cut.generation > generation);
        since.map(|cut| cut.end).filter(|end| offset > *end).min()
    }

    /// Whether the log was truncated after `generation`.
    pub(super) fn was_cut_since(&self, generation: u32) -> bool {
        self.truncations.back().is_some_and(|cut| cut.generation > generation)
    }

    /// Takes what was fetched, within so many raw bytes. Whether readers may see more than before.
    pub(super) fn append(
        &mut self,
        fresh: Vec<Arc<TailBatch>>,
        marks: Marks,
        bytes_max: usize,
    ) -> bool {
        let before = (self.next, self.stable);
        self.marks = marks;
        fresh.into_iter().for_each(|batch| self.push(batch));
        while self.raw_bytes > bytes_max && self.held.len() > 1 {
            self.drop_oldest();
        }
        self.drop_unmarked();
        if self.marks.last_stable_offset >= self.start {
            self.blind = false;
        }
        self.settle();
        before != (self.next, self.stable)
    }

    fn push(&mut self, batch: Arc<TailBatch>) {
        let (base, last) = (batch.base_offset(), batch.last_offset());
        if last < self.next {
            return;
        }
        let fate = match batch.kind() {
            BatchKind::Undecided => {
                self.open.add(batch.producer_id(), base);
                Fate::Open
            }
            BatchKind::Marker { commits } => {
                let ended = Fate::Ended { marker: base, commits };
                for base in self.open.end(batch.producer_id()) {
                    self.decide(base, ended);
                }
                Fate::Fixed
            }
            _ => Fate::Fixed,
        };
        self.next = last.saturating_add(1);
        self.raw_bytes += batch.raw_bytes();
        self.held.push_back(Held { batch, fate });
    }

    fn decide(&mut self, base: i64, fate: Fate) {
        let at = self.held.partition_point(|held| held.batch.base_offset() < base);
        if let Some(held) = self.held.get_mut(at) {
            held.fate = fate;
        }
    }

    /// Drops the oldest batch; returns the bytes it held.
    fn drop_oldest(&mut self) -> usize {
        let Some(Held { batch, fate }) = self.held.pop_front() else {
            return 0;
        };
        if fate == Fate::Open {
            self.open.leave(batch.producer_id());
            self.blind = true;
        }
        self.start = batch.last_offset().saturating_add(1);
        self.raw_bytes = self.raw_bytes.saturating_sub(batch.raw_bytes());
        batch.cost()
    }

    /// Gives back about so many bytes, oldest first; the newest batch stays.
    pub(super) fn shrink(&mut self, bytes: usize) -> usize {
        let mut freed = 0;
        while freed < bytes && self.held.len() > 1 {
            freed += self.drop_oldest();
        }
        self.settle();
        freed
    }

    /// Drops what stays open although the cluster calls it decided: its marker was unreadable, or
    /// compacted away. From history it is read with what the cluster says of it.
    fn drop_unmarked(&mut self) {
        if self.next < self.marks.high_watermark {
            return;
        }
        let decided = self.marks.last_stable_offset;
        while self.open.first().is_some_and(|base| base < decided) && !self.held.is_empty() {
            self.drop_oldest();
        }
    }

    /// Finds where the stable part ends.
    fn settle(&mut self) {
        let open = self.open.first().unwrap_or(self.next);
        self.stable = match self.blind {
            true => open.min(self.marks.last_stable_offset),
            false => open,
        };
    }

    /// Forgets everything: the log now begins beyond what was followed.
    pub(super) fn restart_at(&mut self, offset: i64) {
        self.held.clear();
        self.open = Open::default();
        self.raw_bytes = 0;
        (self.start, self.next) = (offset, offset);
        self.forget_marks(offset);
    }

    /// Forgets everything at or after the cut. What a marker there had ended is open again.
    pub(super) fn truncate(&mut self, cut: Truncation) {
        let end = cut.end;
        while let Some(newest) = self.held.back()
            && newest.batch.last_offset() >= end
        {
            self.raw_bytes = self.raw_bytes.saturating_sub(newest.batch.raw_bytes());
            self.held.pop_back();
        }
        self.open = Open::default();
        for Held { batch, fate } in &mut self.held {
            if matches!(fate, Fate::Ended { marker, .. } if *marker >= end) {
                *fate = Fate::Open;
            }
            if *fate == Fate::Open {
                self.open.add(batch.producer_id(), batch.base_offset());
            }
        }
        self.next = end;
        self.start = self.start.min(end);
        self.truncations.push_back(cut);
        if self.truncations.len() > TRUNCATIONS_MAX {
            self.truncations.pop_front();
        }
        self.forget_marks(end);
    }

    /// The log is another than the marks speak of: until there are new ones, nothing from the
    /// ring's start on is known to be decided.
    fn forget_marks(&mut self, end: i64) {
        let Marks { high_watermark, last_stable_offset, .. } = &mut self.marks;
        *high_watermark = end.min(*high_watermark);
        *last_stable_offset = self.start.min(*last_stable_offset);
        self.blind = true;
        self.settle();
    }
}

#[cfg(test)]
mod tests;
