use policies::{CompileContext, Rule, compile};

use super::super::Passed;
use super::*;
use crate::wire::record::write_varint;
use crate::wire::record_batch::{BatchHeader, RecordBatch};

fn chain(rules: serde_json::Value) -> Chain {
    let rules: Vec<Rule> = serde_json::from_value(rules).unwrap();
    compile(&rules, &CompileContext::default()).unwrap()
}

fn batch(values: &[Option<&str>], codec: Codec) -> FetchedBatch {
    let mut section = Vec::new();
    for (delta, value) in (0i64..).zip(values) {
        let mut body = vec![0];
        write_varint(&mut body, delta);
        write_varint(&mut body, delta);
        write_varint(&mut body, -1);
        match value {
            None => write_varint(&mut body, -1),
            Some(value) => {
                write_varint(&mut body, i64::try_from(value.len()).unwrap());
                body.extend_from_slice(value.as_bytes());
            }
        }
        write_varint(&mut body, 0);
        write_varint(&mut section, i64::try_from(body.len()).unwrap());
        section.extend_from_slice(&body);
    }
    let count = u32::try_from(values.len()).unwrap();
    let header = BatchHeader {
        base_offset: 100,
        length: 49,
        leader_epoch: 0,
        crc: 0,
        attributes: 0,
        last_offset_delta: i32::try_from(count).unwrap() - 1,
        base_timestamp: 1_000,
        max_timestamp: 9_000,
        producer_id: -1,
        producer_epoch: -1,
        base_sequence: -1,
        record_count: 0,
    };
    let batch = rebuild::batch(&header, &section, count, codec).unwrap();
    FetchedBatch { batch, kind: BatchKind::Data }
}

fn shown(image: &Image) -> Vec<(i64, Option<String>)> {
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
    image.records().map(|record| (record.offset, record.value.map(text))).collect()
}

const CODECS: [Codec; 5] = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];

#[test]
fn survivors_keep_their_offsets_and_changes_are_made() {
    let chain = chain(serde_json::json!([
        {"remove": {"path": "$.ssn"}},
        {"keepWhen": {"path": "$.region", "equals": "EU"}},
    ]));
    let values = [
        Some(r#"{"region":"EU","ssn":"1"}"#),
        Some(r#"{"region":"US","ssn":"2"}"#),
        None,
        Some(r#"{"region":"EU"}"#),
        Some(r#"{"region":"EU","ssn":"3","ssn":"4"}"#),
        Some("not json"),
    ];
    for codec in CODECS {
        let image = Image::compute(&batch(&values, codec), 3, &chain);
        let eu = Some(r#"{"region":"EU"}"#.to_owned());
        assert_eq!(shown(&image), [(100, eu.clone()), (102, None), (103, eu)], "{codec:?}");
        assert_eq!((image.counts.kept, image.counts.changed, image.counts.filtered), (3, 1, 1));
        assert_eq!(image.counts.withheld.iter().sum::<u32>(), 2);
        assert_eq!((image.last_kept(), image.partition), (Some(103), 3));
        let rebuilt = image.record_batch().unwrap();
        rebuilt.verify_crc().unwrap();
        assert_eq!(rebuilt.header.last_offset(), 105);
        let again = FetchedBatch { batch: rebuilt.clone(), kind: BatchKind::Data };
        assert_eq!(shown(&Image::compute(&again, 3, &Chain::empty())), shown(&image));
    }
}

#[test]
fn what_passes_who_passes_a_part_is_known() {
    let nothing = chain(serde_json::json!([]));
    let chain = chain(serde_json::json!([
        {"remove": {"path": "$.ssn"}},
        {"keepWhen": {"path": "$.region", "equals": "EU"}},
    ]));
    let kinds =
        [r#"{"region":"EU","ssn":"1"}"#, r#"{"region":"US"}"#, r#"{"region":"EU"}"#, "not json"];
    // More than one word of fates, and ends that are not its ends.
    let values: Vec<_> = kinds.iter().cycle().take(70).map(|value| Some(*value)).collect();
    let passed = |[withheld, filtered, redacted]: [u32; 3]| Passed { withheld, filtered, redacted };
    for codec in CODECS {
        let image = Image::compute(&batch(&values, codec), 0, &chain);
        assert_eq!(image.passed(0, i64::MAX), passed([17, 18, 18]), "{codec:?}");
        assert_eq!(image.passed(100, 169), image.passed(i64::MIN, i64::MAX));
        assert_eq!(image.passed(101, i64::MAX), passed([17, 18, 17]));
        assert_eq!(image.passed(167, i64::MAX), passed([1, 1, 1]));
        assert_eq!(image.passed(0, 100), passed([0, 0, 1]));
        assert_eq!(image.passed(130, 133), passed([1, 1, 1]));
        assert_eq!([image.passed(0, 99), image.passed(170, i64::MAX)], [Passed::default(); 2]);
    }
    // Of what is withheld whole, all is told at its end.
    let mut corrupt = batch(&values, Codec::None);
    corrupt.kind = BatchKind::Corrupt;
    let image = Image::compute(&corrupt, 0, &chain);
    assert_eq!(image.passed(0, 150), Passed::default());
    assert_eq!(image.passed(150, i64::MAX), passed([70, 0, 0]));
    corrupt.batch.header.record_count = i32::MAX;
    assert_eq!(Image::compute(&corrupt, 0, &chain).passed(0, i64::MAX), passed([70, 0, 0]));
    // And what stays as it is passes as it is.
    let untouched = Image::compute(&batch(&values, Codec::None), 0, &nothing);
    assert_eq!(untouched.passed(0, i64::MAX), Passed::default());
    assert_eq!(untouched.passed(110, 120), Passed::default());
}

#[test]
fn the_empty_chains_image_is_the_batch_itself() {
    for codec in CODECS {
        let batch = batch(&[Some("{}"), None], codec);
        let image = Image::compute(&batch, 0, &Chain::empty());
        assert_eq!(image.record_batch().unwrap().bytes, batch.batch.bytes);
        assert_eq!(shown(&image).len(), 2);
        if codec == Codec::None {
            assert_eq!(image.records.as_ptr(), batch.batch.bytes[HEADER_BYTES..].as_ptr());
        }
    }
}

#[test]
fn what_is_not_data_or_cannot_be_read_has_an_empty_image() {
    let good = batch(&[Some("{}")], Codec::Lz4);
    for kind in [BatchKind::Control, BatchKind::Marker { commits: true }, BatchKind::Corrupt] {
        let image = Image::compute(&FetchedBatch { kind, ..good.clone() }, 0, &Chain::empty());
        assert_eq!((image.record_count, image.last_kept()), (0, None));
        assert_eq!(image.counts.batch_withheld.is_some(), kind == BatchKind::Corrupt);
    }
    let mut bytes = good.batch.bytes.to_vec();
    let end = bytes.len() - 6;
    bytes[HEADER_BYTES..end].fill(0xee);
    let broken = RecordBatch { header: good.batch.header, bytes: bytes.into() };
    let broken = FetchedBatch { batch: broken, kind: BatchKind::Data };
    let image = Image::compute(&broken, 0, &Chain::empty());
    assert_eq!(image.counts.batch_withheld, Some(WireError::BadCompression));
    assert!(shown(&image).is_empty());
}

#[test]
fn a_batch_that_lies_about_its_count_is_withheld_whole() {
    let mut lying = batch(&[Some("{}"), Some("{}")], Codec::None);
    for count in [1, 3] {
        lying.batch.header.record_count = count;
        let image = Image::compute(&lying, 0, &Chain::empty());
        assert!(image.counts.batch_withheld.is_some() && shown(&image).is_empty());
    }
}

#[test]
fn log_append_time_is_every_records_time() {
    let mut batch = batch(&[Some("{}"), Some("{}")], Codec::None);
    let times = |batch: &FetchedBatch| -> Vec<i64> {
        let image = Image::compute(batch, 0, &Chain::empty());
        image.records().map(|record| record.timestamp).collect()
    };
    assert_eq!(times(&batch), [1_000, 1_001]);
    batch.batch.header.attributes |= 0x08;
    assert_eq!(times(&batch), [9_000, 9_000]);
}
