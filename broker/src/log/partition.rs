//! One partition: its batches, where they begin and end, what is open and what was aborted.

use std::collections::{BTreeMap, VecDeque};

use bytes::{Bytes, BytesMut};
use gateway::wire::record_batch::BatchHeader;

use super::batch::{self, Incoming, Terms};
use super::config::Rules;
use super::producers::{Producers, Sequence};
use crate::code;

/// A partition, with everything that the broker says about it. Its fields are open, so that a test
/// can make it what no producer could.
#[derive(Clone, Debug, Default)]
pub struct Partition {
    /// Batches in order.
    pub batches: VecDeque<Stored>,
    /// The first offset.
    pub log_start: i64,
    /// The leader's epoch.
    pub leader_epoch: i32,
    /// Epochs and their first offsets, ascending; empty: there was one only.
    pub epochs: Vec<(i32, i64)>,
    /// Open transactions: producer id and first offset.
    pub open: BTreeMap<i64, i64>,
    /// Aborted transactions: producer id, first offset, marker's offset.
    pub aborted: Vec<(i64, i64, i64)>,
    /// The code that fetches are refused with, as when a disk fails; 0: none.
    pub fetch_error: i16,
    producers: Producers,
    bytes: usize,
}

/// A batch as it is kept.
#[derive(Clone, Debug)]
pub struct Stored {
    /// First offset that it covers.
    pub base: i64,
    /// Last offset that it covers.
    pub last: i64,
    /// Its bytes.
    pub bytes: Bytes,
    /// The largest timestamp of its records, in milliseconds.
    pub max_timestamp: i64,
}

/// Where a log that somebody read parted from this one (KIP-595): the epoch and its end.
type Divergence = (i32, i64);

impl Stored {
    /// A batch as its header describes it, whatever else it holds.
    pub fn new(base: i64, last: i64, bytes: Bytes) -> Stored {
        let header = BatchHeader::parse(&bytes);
        let max_timestamp = header.map_or(-1, |header| header.max_timestamp);
        Stored { base, last, bytes, max_timestamp }
    }

    /// The first record that `wanted` wants (offset, timestamp), if records can be read.
    fn find(&self, mut wanted: impl FnMut(i64, i64) -> bool) -> Option<(i64, i64)> {
        let header = BatchHeader::parse(&self.bytes).ok()?;
        let mut found = None;
        batch::walk(&header, &self.bytes, |delta, timestamp, _| {
            let offset = self.base + i64::from(delta);
            if wanted(offset, timestamp) {
                found = Some((offset, timestamp));
            }
            found.is_none()
        })?;
        found
    }
}

impl Partition {
    /// One after the last offset: also the high watermark, there are no followers to wait for.
    pub fn end(&self) -> i64 {
        self.batches.back().map_or(self.log_start, |batch| batch.last + 1)
    }

    /// Where the first open transaction begins; without one, the end.
    pub fn last_stable(&self) -> i64 {
        self.open.values().min().copied().unwrap_or_else(|| self.end())
    }

    /// What read-committed readers see the end of, or all others.
    pub(crate) fn visible_end(&self, committed: bool) -> i64 {
        if committed { self.last_stable() } else { self.end() }
    }

    /// Bytes of its batches.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Keeps a batch without a look at it.
    pub fn place(&mut self, stored: Stored) {
        self.bytes = self.bytes.saturating_add(stored.bytes.len());
        self.batches.push_back(stored);
    }

    /// Appends a producer's batch; answers its first offset. What is there already is not
    /// appended again.
    ///
    /// # Errors
    /// Kafka's code.
    pub(crate) fn append(&mut self, batch: &Incoming, terms: &Terms) -> Result<i64, i16> {
        if let Sequence::Again(base) = self.producers.check(&batch.header)? {
            return Ok(base);
        }
        let base = self.end();
        let append_time = terms.rules.append_time.then_some(terms.now_ms);
        self.place(Stored {
            base,
            last: base + i64::from(batch.header.last_offset_delta),
            bytes: batch.placed(base, self.leader_epoch, append_time),
            max_timestamp: append_time.unwrap_or(batch.max_timestamp),
        });
        self.producers.appended(&batch.header, base);
        if batch.header.is_transactional() {
            self.open.entry(batch.header.producer_id).or_insert(base);
        }
        while self.bytes > terms.rules.retention_bytes && self.batches.len() > 1 {
            self.drop_first();
        }
        Ok(base)
    }

    /// Ends a producer's transaction here with a marker.
    pub(crate) fn end_transaction(&mut self, producer: (i64, i16), commit: bool, now_ms: i64) {
        let base = self.end();
        let bytes = batch::marker(producer, commit, (base, self.leader_epoch), now_ms);
        self.place(Stored { base, last: base, bytes, max_timestamp: now_ms });
        self.producers.ended(producer.0, producer.1);
        if let Some(first) = self.open.remove(&producer.0).filter(|_| !commit) {
            self.aborted.push((producer.0, first, base));
        }
    }

    /// Lets go of what is too old.
    pub(crate) fn retain(&mut self, rules: &Rules, now_ms: i64) {
        let Some(oldest) = rules.retention_ms.map(|ms| now_ms.saturating_sub(ms)) else { return };
        while self.batches.front().is_some_and(|first| first.max_timestamp < oldest) {
            self.drop_first();
        }
    }

    /// Lets go of the oldest batch.
    pub(crate) fn drop_first(&mut self) {
        if let Some(first) = self.batches.front() {
            self.delete_before(first.last + 1);
        }
    }

    /// The log begins at `offset` from now on.
    pub(crate) fn delete_before(&mut self, offset: i64) {
        while let Some(first) = self.batches.front()
            && first.last < offset
        {
            self.bytes = self.bytes.saturating_sub(first.bytes.len());
            self.batches.pop_front();
        }
        self.log_start = self.log_start.max(offset);
        self.aborted.retain(|(.., marker)| *marker >= offset);
        for first in self.open.values_mut() {
            *first = (*first).max(offset);
        }
    }

    /// Cuts every batch that reaches `end` and goes to another epoch, as after an unclean election.
    pub fn truncate(&mut self, end: i64, epoch: i32) {
        self.batches.retain(|batch| batch.last < end);
        self.bytes = self.batches.iter().map(|batch| batch.bytes.len()).sum();
        self.open.retain(|_, first| *first < end);
        self.aborted.retain(|(.., marker)| *marker < end);
        self.next_epoch(epoch);
    }

    /// Goes to another leader epoch that starts here.
    pub fn next_epoch(&mut self, epoch: i32) {
        if self.epochs.is_empty() {
            self.epochs.push((self.leader_epoch, self.log_start));
        }
        self.epochs.push((epoch, self.end()));
        self.leader_epoch = epoch;
    }

    /// The end of the largest epoch up to `epoch` (KIP-101).
    pub(crate) fn end_of_epoch(&self, epoch: i32) -> (i32, i64) {
        if epoch >= self.leader_epoch {
            return (self.leader_epoch, self.end());
        }
        let next = self.epochs.iter().find(|(later, _)| *later > epoch);
        let own = self.epochs.iter().rfind(|(earlier, _)| *earlier <= epoch);
        match (own, next) {
            (Some((own, _)), Some((_, start))) => (*own, *start),
            _ => (-1, -1),
        }
    }

    /// Where a reader that has records up to `offset` of `epoch` (-1: it does not say) parted.
    pub(crate) fn divergence(&self, epoch: i32, offset: i64) -> Option<Divergence> {
        let epoch = Some(epoch).filter(|epoch| *epoch >= 0)?;
        let (own, end) = self.end_of_epoch(epoch);
        (own < epoch || end < offset).then_some((own, end))
    }

    /// Whether a client's idea of the leader's epoch (-1: none) is this one.
    ///
    /// # Errors
    /// FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH.
    pub(crate) fn check_epoch(&self, known: i32) -> Result<(), i16> {
        match known {
            known if known < 0 || known == self.leader_epoch => Ok(()),
            known if known < self.leader_epoch => Err(code::FENCED_LEADER_EPOCH),
            _ => Err(code::UNKNOWN_LEADER_EPOCH),
        }
    }

    /// Batches from `offset` to before `end`, as many as fit, and the offset after them. The first
    /// may be larger where `oversize` says so.
    pub(crate) fn read(
        &self,
        (offset, end): (i64, i64),
        bytes_max: usize,
        oversize: bool,
    ) -> (Bytes, i64) {
        let from = self.batches.partition_point(|batch| batch.last < offset);
        let (mut records, mut next) = (BytesMut::new(), offset);
        for batch in self.batches.range(from..).take_while(|batch| batch.base < end) {
            let fits = records.len() + batch.bytes.len() <= bytes_max;
            if !(fits || (oversize && records.is_empty())) {
                break;
            }
            records.extend_from_slice(&batch.bytes);
            next = batch.last + 1;
        }
        (records.freeze(), next)
    }

    /// Aborted transactions that touch offsets from `from` to before `to`: producer id and first
    /// offset.
    pub(crate) fn aborted(&self, from: i64, to: i64) -> impl Iterator<Item = (i64, i64)> {
        let touching = self.aborted.iter();
        let touching = touching.filter(move |(_, first, marker)| *first < to && *marker >= from);
        touching.map(|(producer, first, _)| (*producer, *first))
    }

    /// The first record at or after a time: its offset and its time.
    pub(crate) fn offset_at(&self, time: i64) -> Option<(i64, i64)> {
        let late = self.batches.iter().filter(|batch| batch.max_timestamp >= time);
        late.filter_map(|batch| batch.find(|offset, seen| seen >= time && offset >= self.log_start))
            .next()
    }

    /// The first record of the latest time: its offset and its time.
    pub(crate) fn latest(&self) -> Option<(i64, i64)> {
        // Of equals the first: the last that `max_by_key` meets, from behind.
        let latest = self.batches.iter().rev().max_by_key(|batch| batch.max_timestamp)?;
        latest.find(|_, seen| seen >= latest.max_timestamp)
    }
}
