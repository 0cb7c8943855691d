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
/// cannot reach (`i64::MAX`: not known).
pub(super) fn classify(
    records: Bytes,
    asked: i64,
    end: i64,
    aborted: &[AbortedTransaction],
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
    upcoming: std::iter::Peekable<std::vec::IntoIter<AbortedTransaction>>,
    aborted: HashSet<i64>,
}

impl Classifier {
    fn new(aborted: &[AbortedTransaction]) -> Self {
        let mut upcoming = aborted.to_vec();
        upcoming.sort_by_key(|transaction| transaction.first_offset);
        Self { upcoming: upcoming.into_iter().peekable(), aborted: HashSet::new() }
    }

    fn kind(&mut self, batch: &RecordBatch) -> BatchKind {
        let last = batch.header.last_offset();
        let begun = |transaction: &AbortedTransaction| transaction.first_offset <= last;
        while let Some(transaction) = self.upcoming.next_if(begun) {
            self.aborted.insert(transaction.producer_id);
        }
        let producer_id = batch.header.producer_id;
        if batch.header.is_control() {
            if is_abort_marker(batch.records()) {
                self.aborted.remove(&producer_id);
            }
            return BatchKind::Control;
        }
        match batch.header.is_transactional() && self.aborted.contains(&producer_id) {
            true => BatchKind::Aborted,
            false => BatchKind::Data,
        }
    }
}

/// Whether a control batch's record says that the transaction was aborted: its key is a version
/// and a type, and type 0 is "abort".
fn is_abort_marker(records: &[u8]) -> bool {
    let mut at = records;
    let mut control_type = || {
        zigzag(&mut at)?; // length
        at = at.get(1..)?; // attributes
        zigzag(&mut at)?; // timestamp delta
        zigzag(&mut at)?; // offset delta
        let key_length = usize::try_from(zigzag(&mut at)?).ok()?;
        let key = at.get(..key_length)?;
        key.get(2..4)?.try_into().ok().map(i16::from_be_bytes)
    };
    control_type() == Some(0)
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
