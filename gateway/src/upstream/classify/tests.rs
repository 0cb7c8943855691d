//! What the scripted and real clusters of the test crate do not show: claims of corrupt headers.

use super::*;
use crate::wire::record_batch::BatchHeader;

/// A batch with a wrong CRC that claims these offsets.
fn corrupt(base: i64, delta: i32) -> RecordBatch {
    let header = BatchHeader {
        base_offset: base,
        length: 49,
        leader_epoch: 0,
        crc: 1,
        attributes: 0,
        last_offset_delta: delta,
        base_timestamp: 0,
        max_timestamp: 0,
        producer_id: -1,
        producer_epoch: -1,
        base_sequence: -1,
        record_count: 1,
    };
    let bytes = Bytes::new();
    RecordBatch { header, bytes }
}

#[test]
fn a_corrupt_header_may_reach_neither_back_nor_beyond() {
    for (base, delta, next, limit, expected) in [
        (10, 4, 10, 15, Some(14)),
        (10, 4, 12, 15, Some(14)),
        (10, 1000, 10, 15, Some(14)), // what follows begins at 15
        (10, 2, 14, 15, Some(14)),    // ends before what was asked for
        (10, i32::MAX, 10, i64::MAX, Some(10 + i64::from(i32::MAX))),
        (10, 2, 14, i64::MAX, None), // and nothing follows
        (99, 2, 10, 15, None),       // begins beyond what follows
        (i64::MIN, 2, 10, 15, None),
        (i64::MAX, i32::MAX, 10, 15, None),
    ] {
        let mut batch = corrupt(base, delta);
        let bounded = bound_claim(&mut batch, next, limit);
        let last = bounded.then(|| batch.header.last_offset());
        assert_eq!(last, expected, "{base}+{delta} at {next}..{limit}");
    }
}

#[test]
fn markers_are_read_by_their_key() {
    let marker = |kind: u8| [0x10, 0, 0, 0, 8, 0, 0, 0, kind, 0, 0].to_vec();
    assert_eq!(control_type(&marker(0)), Some(ABORT));
    assert_eq!(control_type(&marker(1)), Some(COMMIT));
    assert_eq!(control_type(&marker(2)), Some(2));
    let whole = marker(0);
    for end in 0..9 {
        assert_eq!(control_type(&whole[..end]), None);
    }
    assert_eq!(control_type(&[0xff; 64]), None);
}
