use bytes::Bytes;

use super::*;
use crate::upstream::{BatchKind, FetchedBatch};
use crate::wire::record_batch::{BatchHeader, RecordBatch};

fn batch(base: i64, last: i64) -> FetchedBatch {
    let header = BatchHeader {
        base_offset: base,
        length: 49,
        leader_epoch: 0,
        crc: 0,
        attributes: 0,
        last_offset_delta: i32::try_from(last - base).unwrap(),
        base_timestamp: 0,
        max_timestamp: 0,
        producer_id: -1,
        producer_epoch: -1,
        base_sequence: -1,
        record_count: 0,
    };
    let bytes = Bytes::from(vec![0; 1000]);
    FetchedBatch { batch: RecordBatch { header, bytes }, kind: BatchKind::Data }
}

fn fetched(batches: &[(i64, i64)]) -> Fetched {
    Fetched {
        batches: batches.iter().map(|(base, last)| batch(*base, *last)).collect(),
        aborted: Vec::new(),
        high_watermark: batches.last().map_or(0, |(_, last)| last + 1),
        last_stable_offset: batches.last().map_or(0, |(_, last)| last + 1),
        log_start_offset: 0,
    }
}

fn tail(next: i64, bytes_max: usize) -> PartitionTail {
    PartitionTail::new(0, marks(next), bytes_max, &SharedByTopic::default())
}

fn marks(end: i64) -> Marks {
    Marks { high_watermark: end, last_stable_offset: end, log_start: 0 }
}

fn find(tail: &PartitionTail, offset: i64, generation: u32) -> Found {
    tail.find(offset, Isolation::Committed, generation, 0)
}

fn found(tail: &PartitionTail, offset: i64) -> Option<(i64, i64)> {
    match find(tail, offset, 0) {
        Found::Batch { batch, .. } => Some((batch.base_offset(), batch.last_offset())),
        _ => None,
    }
}

#[test]
fn a_batch_is_found_by_any_offset_up_to_its_last_also_over_gaps() {
    let tail = tail(10, usize::MAX);
    tail.append(fetched(&[(5, 12), (13, 13), (20, 29)]));
    assert_eq!(found(&tail, 10), Some((5, 12)));
    assert_eq!(found(&tail, 13), Some((13, 13)));
    assert_eq!(found(&tail, 14), Some((20, 29)));
    assert!(matches!(find(&tail, 30, 0), Found::End));
    assert!(matches!(find(&tail, 9, 0), Found::Older { start: 10 }));
    assert_eq!(tail.next_offset(), 30);
}

#[test]
fn what_is_fetched_twice_is_kept_once() {
    let tail = tail(0, usize::MAX);
    tail.append(fetched(&[(0, 4)]));
    tail.append(fetched(&[(0, 4), (5, 6)]));
    assert_eq!(tail.ring.lock().batches().count(), 2);
}

#[test]
fn the_ring_is_bounded_and_keeps_at_least_the_newest_batch() {
    let tail = tail(0, 2500);
    tail.append(fetched(&[(0, 4), (5, 6), (7, 7), (8, 9)]));
    assert!(matches!(find(&tail, 6, 0), Found::Older { start: 7 | 8 }));
    assert_eq!(found(&tail, 8), Some((8, 9)));
    let small = PartitionTail::new(0, marks(0), 1, &SharedByTopic::default());
    small.append(fetched(&[(0, 4)]));
    assert_eq!(found(&small, 0), Some((0, 4)));
}

#[test]
fn a_reader_beyond_a_cut_is_told_before_it_sees_the_new_log() {
    let shared = SharedByTopic::default();
    let tail = PartitionTail::new(0, marks(0), usize::MAX, &shared);
    tail.append(fetched(&[(0, 4), (5, 9)]));
    tail.interrupted(Interruption::Truncated { end: 5 });
    tail.append(fetched(&[(5, 20)]));
    assert!(matches!(find(&tail, 10, 0), Found::Truncated));
    assert_eq!(tail.cut(10, 0), Some(5));
    assert_eq!(tail.cut(5, 0), None);
    assert!(matches!(find(&tail, 5, 1), Found::Batch { .. }));
}

#[test]
fn a_log_that_begins_later_restarts_the_tail_there() {
    let tail = tail(0, usize::MAX);
    tail.append(fetched(&[(0, 4)]));
    tail.interrupted(Interruption::OutOfRange { log_start: 100, end: 200 });
    assert_eq!(tail.next_offset(), 100);
    assert!(matches!(find(&tail, 3, 0), Found::Older { start: 100 }));
}

#[test]
fn memory_comes_back_oldest_first() {
    let tail = tail(0, usize::MAX);
    tail.append(fetched(&[(0, 4), (5, 9), (10, 14)]));
    let before = tail.cost();
    let freed = tail.shrink(1500);
    assert!(freed >= 1500);
    assert_eq!(tail.cost(), before - freed);
    assert!(matches!(find(&tail, 0, 0), Found::Older { start: 10 }));
}

#[test]
fn no_two_states_of_tails_have_the_same_number() {
    let (tail, other) = (tail(0, usize::MAX), tail(0, usize::MAX));
    let mut states = vec![tail.state(), other.state()];
    tail.append(fetched(&[(0, 4)]));
    states.push(tail.state());
    assert!(found(&tail, 0).is_some());
    assert_eq!(tail.state(), states[2], "looking changes nothing");
    tail.interrupted(Interruption::Truncated { end: 2 });
    states.push(tail.state());
    tail.interrupted(Interruption::Gone);
    states.push(tail.state());
    other.append(fetched(&[(0, 4)]));
    states.push(other.state());
    states.sort_unstable();
    states.dedup();
    assert_eq!(states.len(), 6, "{states:?}");
}
