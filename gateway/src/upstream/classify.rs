//! What fetched batches are to readers: checks every CRC once, tells control batches and records of
//! aborted transactions (KIP-98) from data, and bounds what a corrupt header can claim.

use std::collections::HashSet;

use bytes::Bytes;

use super::{AbortedTransaction, BatchKind, FetchedBatch};
use crate::wire::{
    WireError,
    record_batch::{RecordBatch, split},
};

/// The batches of one answer for one topic-partition.
pub(super) struct Classified {
    /// In offset order; those wholly before the offset asked for are left out.
    pub(super) batches: Vec<FetchedBatch>,
    /// Why reading ended before the bytes did: what follows cannot be gone past.
    pub(super) stopped: Option<WireError>,
    /// How many are corrupt.
    pub(super) corrupt_count: u64,
}

/// Splits and classifies. `asked` is the offset asked for, `end` the first offset that the records
/// cannot reach (`i64::MAX`: not known), `aborted` what a committed fetch lists; `None`: the fetch
/// was an uncommitted one, which lists nothing.
pub(super) fn classify(
    records: Bytes,
    asked: i64,
    end: i64,
    aborted: Option<&[AbortedTransaction]>,
) -> Classified {
    let mut whole = Vec::new();
    let mut stopped = None;
    let mut pieces = split(records);
    while let Some(batch) = pieces.next() {
        match (batch, pieces.step_over()) {
            (Ok(batch), _) => whole.push((batch, false)),
            (Err(_), Some(damaged)) => whole.push((damaged, true)),
            (Err(error), None) => {
                stopped = Some(error);
                break;
            }
        }
    }
    let mut classifier = Classifier::new(aborted);
    let mut batches = Vec::with_capacity(whole.len());
    let mut corrupt_count = 0;
    let mut next = asked;
    let mut ahead = whole.into_iter().peekable();
    while let Some((mut batch, is_damaged)) = ahead.next() {
        let limit = ahead.peek().map_or(end, |(after, _)| after.header.base_offset);
        let kind = match batch.verify_crc() {
            Ok(()) if !is_damaged => classifier.kind(&batch),
            _ => BatchKind::Corrupt,
        };
        if kind == BatchKind::Corrupt {
            corrupt_count += 1;
            if !bound_claim(&mut batch, next, limit) {
                stopped = Some(WireError::BadCrc);
                break;
            }
        }
        let last = batch.header.last_offset();
        if last < next {
            // Before the offset asked for, or out of order: neither may be shown.
            continue;
        }
        next = last.saturating_add(1);
        batches.push(FetchedBatch { batch, kind });
    }
    Classified { batches, stopped, corrupt_count }
}

/// A corrupt batch is gone past by its header's offsets, which may themselves be damaged: they may
/// reach neither back nor into what follows. Where something follows, that decides.
fn bound_claim(batch: &mut RecordBatch, next: i64, limit: i64) -> bool {
    let base = batch.header.base_offset;
    let last = batch.header.last_offset();
    if last >= next && last < limit && batch.header.last_offset_delta >= 0 {
        return true;
    }
    let bounded = limit.checked_sub(1).and_then(|last| last.checked_sub(base));
    let bounded = bounded.and_then(|delta| i32::try_from(delta).ok());
    match bounded {
        Some(delta) if delta >= 0 && limit > next && limit != i64::MAX && base <= next => {
            batch.header.last_offset_delta = delta;
            true
        }
        _ => false,
    }
}

/// Follows transactions through the batches of one answer.
struct Classifier {
    /// What the answer says decides; otherwise it is left open.
    decides: bool,
    upcoming: std::iter::Peekable<std::vec::IntoIter<AbortedTransaction>>,
    aborted: HashSet<i64>,
}

impl Classifier {
    fn new(aborted: Option<&[AbortedTransaction]>) -> Self {
        let mut upcoming = aborted.unwrap_or_default().to_vec();
        upcoming.sort_by_key(|transaction| transaction.first_offset);
        let upcoming = upcoming.into_iter().peekable();
        Self { decides: aborted.is_some(), upcoming, aborted: HashSet::new() }
    }

    fn kind(&mut self, batch: &RecordBatch) -> BatchKind {
        let last = batch.header.last_offset();
        let begun = |transaction: &AbortedTransaction| transaction.first_offset <= last;
        while let Some(transaction) = self.upcoming.next_if(begun) {
            self.aborted.insert(transaction.producer_id);
        }
        let producer_id = batch.header.producer_id;
        if batch.header.is_control() {
            let kind = match control_type(batch.records()) {
                Some(ABORT) => BatchKind::Marker { commits: false },
                Some(COMMIT) => BatchKind::Marker { commits: true },
                _ => BatchKind::Control,
            };
            if kind == (BatchKind::Marker { commits: false }) {
                self.aborted.remove(&producer_id);
            }
            return kind;
        }
        match (batch.header.is_transactional(), self.decides) {
            (true, false) => BatchKind::Undecided,
            (true, true) if self.aborted.contains(&producer_id) => BatchKind::Aborted,
            _ => BatchKind::Data,
        }
    }
}

/// Types of control records that end transactions.
const ABORT: i16 = 0;
const COMMIT: i16 = 1;

/// The type of a control batch's record: its key is a version and that.
fn control_type(records: &[u8]) -> Option<i16> {
    let mut at = records;
    zigzag(&mut at)?; // length
    at = at.get(1..)?; // attributes
    zigzag(&mut at)?; // timestamp delta
    zigzag(&mut at)?; // offset delta
    let key_length = usize::try_from(zigzag(&mut at)?).ok()?;
    let key = at.get(..key_length)?;
    key.get(2..4)?.try_into().ok().map(i16::from_be_bytes)
}

fn zigzag(at: &mut &[u8]) -> Option<i64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = at.split_first()?;
        *at = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Some((value >> 1) as i64 ^ -((value & 1) as i64));
        }
    }
    None
}

#[cfg(test)]
mod tests;
