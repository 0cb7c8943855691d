//! Transactions as no broker shows them on demand: begun before the ring, evicted, cut, unmarked.

use bytes::Bytes;

use super::*;
use crate::upstream::FetchedBatch;
use crate::wire::record_batch::{BatchHeader, RecordBatch};
use Isolation::{Committed, Uncommitted};

const ROOM: usize = usize::MAX;
const BYTES: usize = 1000;

fn batch(base: i64, producer_id: i64, kind: BatchKind) -> Arc<TailBatch> {
    let header = BatchHeader {
        base_offset: base,
        length: 49,
        leader_epoch: 0,
        crc: 0,
        attributes: 0,
        last_offset_delta: 0,
        base_timestamp: 0,
        max_timestamp: 0,
        producer_id,
        producer_epoch: 0,
        base_sequence: 0,
        record_count: 1,
    };
    let bytes = Bytes::from(vec![0; BYTES]);
    Arc::new(TailBatch::sliced(FetchedBatch { batch: RecordBatch { header, bytes }, kind }))
}

fn data(base: i64) -> Arc<TailBatch> {
    batch(base, -1, BatchKind::Data)
}

fn written(base: i64, producer: i64) -> Arc<TailBatch> {
    batch(base, producer, BatchKind::Undecided)
}

fn marker(base: i64, producer: i64, commits: bool) -> Arc<TailBatch> {
    batch(base, producer, BatchKind::Marker { commits })
}

fn marks(high_watermark: i64, last_stable_offset: i64) -> Marks {
    Marks { high_watermark, last_stable_offset, log_start: 0 }
}

fn ring(fresh: Vec<Arc<TailBatch>>, last_stable_offset: i64) -> Ring {
    let mut ring = Ring::new(marks(0, 0));
    let end = fresh.last().map_or(0, |batch| batch.last_offset() + 1);
    ring.append(fresh, marks(end, last_stable_offset), ROOM);
    ring
}

/// The offsets that are shown, up to where that kind of reader ends.
fn shown(ring: &Ring, isolation: Isolation) -> Vec<i64> {
    let end = ring.end(isolation);
    let held = ring.held.iter().filter(|held| held.batch.last_offset() < end);
    let shown = held.filter(|held| held.is_shown(isolation));
    shown.map(|held| held.batch.base_offset()).collect()
}

#[test]
fn markers_decide_what_their_producers_wrote() {
    let log = vec![
        written(0, 1),
        written(1, 2),
        data(2),
        marker(3, 1, false),
        written(4, 1),
        marker(5, 2, true),
        marker(6, 1, true),
    ];
    let ring = ring(log, 7);
    assert_eq!(shown(&ring, Committed), [1, 2, 4]);
    assert_eq!(shown(&ring, Uncommitted), [0, 1, 2, 4]);
    assert_eq!((ring.end(Committed), ring.end(Uncommitted)), (7, 7));
}

#[test]
fn committed_readers_end_where_the_first_open_transaction_begins() {
    let mut ring = ring(vec![data(0), written(1, 1), data(2), written(3, 2)], 1);
    assert_eq!((ring.end(Committed), ring.end(Uncommitted)), (1, 4));
    assert_eq!(shown(&ring, Uncommitted), [0, 1, 2, 3]);
    // Another's end does not help it, and is itself not beyond it.
    assert!(ring.append(vec![marker(4, 2, true)], marks(5, 1), ROOM));
    assert_eq!(ring.end(Committed), 1);
    assert!(ring.append(vec![marker(5, 1, false)], marks(6, 6), ROOM));
    assert_eq!(shown(&ring, Committed), [0, 2, 3]);
    assert_eq!(ring.end(Committed), 6);
}

#[test]
fn a_broker_that_tells_its_marks_late_delays_nobody() {
    let mut ring = ring(vec![data(0)], 0);
    assert_eq!(ring.end(Committed), 1);
    ring.append(vec![written(1, 1), marker(2, 1, true), data(3)], marks(1, 1), ROOM);
    assert_eq!(shown(&ring, Committed), [0, 1, 3]);
}

#[test]
fn what_began_before_the_ring_is_the_clusters_to_decide() {
    let mut ring = Ring::new(marks(10, 4));
    assert_eq!((ring.end(Committed), ring.end(Uncommitted)), (4, 10));
    // The marker of what lies before the ring says nothing of others there.
    ring.append(vec![data(10), marker(11, 1, true)], marks(12, 6), ROOM);
    assert_eq!((ring.end(Committed), ring.end(Uncommitted)), (6, 12));
    // From history they go on into the ring.
    assert!(ring.append(vec![], marks(12, 12), ROOM));
    assert_eq!(ring.end(Committed), 12);
    // From here on it needs no help.
    ring.append(vec![data(12)], marks(12, 12), ROOM);
    assert_eq!(ring.end(Committed), 13);
}

#[test]
fn an_open_batch_that_leaves_the_ring_keeps_committed_readers_before_it() {
    let mut ring = ring(vec![written(0, 1), data(1), written(2, 1), data(3)], 0);
    ring.append(vec![data(4), data(5)], marks(6, 0), 3 * BYTES);
    assert!(ring.start() > 2, "{}", ring.start());
    assert_eq!((ring.end(Committed), ring.end(Uncommitted)), (0, 6));
    assert_eq!(ring.open.first(), None);
    ring.append(vec![marker(6, 1, true)], marks(7, 7), ROOM);
    assert_eq!(ring.end(Committed), 7);
    // Under memory pressure as well.
    let mut ring = super::tests::ring(vec![written(0, 1), data(1)], 0);
    ring.shrink(1);
    assert_eq!((ring.start(), ring.end(Committed)), (1, 0));
}

#[test]
fn a_cut_that_takes_a_marker_opens_its_transaction_again() {
    let log = vec![written(0, 1), written(1, 2), marker(2, 2, true), marker(3, 1, true), data(4)];
    let mut ring = ring(log, 5);
    assert_eq!(shown(&ring, Committed), [0, 1, 4]);
    ring.truncate(Truncation { generation: 1, end: 3 });
    assert_eq!((ring.end(Committed), ring.next()), (0, 3));
    ring.append(vec![marker(3, 1, false), data(4)], marks(5, 5), ROOM);
    assert_eq!(shown(&ring, Committed), [1, 4]);
    assert_eq!(shown(&ring, Uncommitted), [0, 1, 4]);
}

#[test]
fn after_a_cut_nothing_is_stable_until_the_cluster_says_so() {
    let mut ring = Ring::new(marks(10, 10));
    ring.append(vec![data(10), data(11)], marks(12, 12), ROOM);
    // A transaction from before the ring may have lost its marker.
    ring.truncate(Truncation { generation: 1, end: 11 });
    assert_eq!((ring.end(Committed), ring.end(Uncommitted)), (10, 11));
    ring.shrink(usize::MAX);
    assert!(ring.end(Committed) <= 10);
    ring.append(vec![data(11)], marks(12, 5), ROOM);
    assert_eq!(ring.end(Committed), 5);
    ring.append(vec![], marks(12, 12), ROOM);
    assert_eq!(ring.end(Committed), 12);
}

#[test]
fn a_log_that_begins_later_is_decided_by_the_cluster_first() {
    let mut ring = ring(vec![data(0), written(1, 1)], 1);
    ring.restart_at(50);
    assert_eq!((ring.start(), ring.next()), (50, 50));
    assert!(ring.end(Committed) <= 50);
    ring.append(vec![data(50)], marks(51, 51), ROOM);
    assert_eq!(shown(&ring, Committed), [50]);
}

#[test]
fn what_the_cluster_decided_without_a_readable_marker_is_left_to_history() {
    let unreadable = batch(1, 1, BatchKind::Corrupt);
    let mut ring = ring(vec![written(0, 1), unreadable, data(2), data(3)], 4);
    assert_eq!((ring.start(), ring.end(Committed)), (1, 4));
    // Not while markers may still come: what is known may be older than what was decided.
    ring.append(vec![written(4, 2)], marks(9, 9), ROOM);
    assert_eq!((ring.start(), ring.end(Committed)), (1, 4));
}
