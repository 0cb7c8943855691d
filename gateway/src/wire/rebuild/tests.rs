use super::*;
use crate::wire::record::Records;
use crate::wire::record_batch::split;

fn header() -> BatchHeader {
    BatchHeader {
        base_offset: 5,
        length: 49,
        leader_epoch: 3,
        crc: 0,
        attributes: 0x58,
        last_offset_delta: 9,
        base_timestamp: 77,
        max_timestamp: 99,
        producer_id: 12,
        producer_epoch: 1,
        base_sequence: 4,
        record_count: 10,
    }
}

fn old_record(out: &mut Vec<u8>, offset_delta: i32) {
    let old = RecordSpan {
        bytes: &[],
        attributes: 0,
        timestamp_delta: 60 * 366 * 86_400_000,
        offset_delta,
        key: None,
        value: None,
        headers: Default::default(),
    };
    let headers = [HeaderView { name: b"h", value: None }, HeaderView { name: b"h", value: None }];
    let new = Changed { key: Some(b""), value: Some(b"value"), headers: &headers };
    append_record(out, &old, &new);
}

#[test]
fn nothing_is_renumbered_and_nothing_lost() {
    for codec in [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
        let mut records = Vec::new();
        old_record(&mut records, 2);
        old_record(&mut records, 7);
        let built = batch(&header(), &records, 2, codec).unwrap();
        let read = split(built.bytes.clone()).next().unwrap().unwrap();
        read.verify_crc().unwrap();
        let old = header();
        assert_eq!(read.header, built.header);
        assert_eq!(read.header.codec(), Ok(codec));
        let kept = BatchHeader { length: 49, crc: 0, record_count: 10, ..read.header };
        assert_eq!(kept, old.with_codec(codec));
        let mut section = Vec::new();
        codec::decompress(codec, read.records(), &mut section, 1 << 20).unwrap();
        let walked: Vec<_> = Records::new(&section, 2, 9).map(Result::unwrap).collect();
        let deltas: Vec<_> = walked.iter().map(|record| record.offset_delta).collect();
        assert_eq!(deltas, [2, 7]);
        assert_eq!((walked[0].key, walked[0].value), (Some(&b""[..]), Some(&b"value"[..])));
        assert_eq!(walked[1].headers.len(), 2);
    }
}

#[test]
fn a_batch_without_records_is_legal() {
    let built = batch(&header(), &[], 0, Codec::None).unwrap();
    let read = split(built.bytes).next().unwrap().unwrap();
    assert_eq!((read.header.record_count, read.header.last_offset()), (0, 14));
    read.verify_crc().unwrap();
}
