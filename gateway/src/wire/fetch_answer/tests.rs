//! Agrees with the message codec in every version, keeps slices of the frame, and refuses or
//! survives whatever a broker may send.

use bytes::{Bytes, BytesMut};
use kafka_protocol::{
    messages::{
        FetchResponse, TopicName,
        fetch_response::{
            AbortedTransaction, EpochEndOffset, FetchableTopicResponse, PartitionData,
        },
    },
    protocol::{Encodable, StrBytes},
};

use super::*;

const RECORDS: &[u8] = b"sixteen bytes...";

fn answer(version: i16) -> FetchResponse {
    let aborted = AbortedTransaction::default().with_producer_id(7.into()).with_first_offset(40);
    let mut full = PartitionData::default()
        .with_partition_index(3)
        .with_high_watermark(60)
        .with_last_stable_offset(50)
        .with_aborted_transactions(Some(vec![aborted.clone(), aborted]))
        .with_records(Some(Bytes::from_static(RECORDS)));
    let mut failed = PartitionData::default()
        .with_partition_index(4)
        .with_error_code(6)
        .with_high_watermark(-1)
        .with_aborted_transactions(None)
        .with_records(None);
    if version >= 5 {
        full.log_start_offset = 10;
    }
    if version >= 11 {
        full.preferred_read_replica = 2.into();
    }
    if version >= 12 {
        let parted = EpochEndOffset::default().with_epoch(5).with_end_offset(44);
        failed.diverging_epoch = parted;
    }
    let mut topic = FetchableTopicResponse::default().with_partitions(vec![full, failed]);
    if version < 13 {
        topic.topic = TopicName(StrBytes::from_static_str("orders"));
    } else {
        topic.topic_id = vec![9; 16].try_into().unwrap();
    }
    let mut answer = FetchResponse::default().with_throttle_time_ms(11).with_responses(vec![topic]);
    if version >= 7 {
        answer.session_id = 5;
    }
    answer
}

fn frame(version: i16) -> Bytes {
    let mut bytes = BytesMut::new();
    answer(version).encode(&mut bytes, version).unwrap();
    bytes.freeze()
}

#[test]
fn every_version_is_read_as_it_was_written() {
    for version in VERSION_MIN..=VERSION_MAX {
        let frame = frame(version);
        let answer = read(&frame, version).unwrap();
        assert_eq!((answer.throttle_ms, answer.error), (11, 0));
        let [full, failed] = &answer.partitions[..] else {
            panic!("{} partitions", answer.partitions.len());
        };
        let topic = match version >= 13 {
            true => TopicRef::Id([9; 16]),
            false => TopicRef::Name("orders".into()),
        };
        assert_eq!(full.topic, topic);
        assert_eq!((full.partition, full.error), (3, 0));
        assert_eq!((full.high_watermark, full.last_stable_offset), (60, 50));
        assert_eq!(full.log_start_offset, if version >= 5 { 10 } else { -1 });
        assert_eq!(full.aborted, [(7, 40), (7, 40)]);
        assert_eq!(full.records, RECORDS);
        assert_eq!(full.diverging, None);
        let inside = frame.as_ptr_range().contains(&full.records.as_ptr());
        assert!(inside, "records are copied");
        assert_eq!((failed.partition, failed.error), (4, 6));
        assert!(failed.records.is_empty() && failed.aborted.is_empty());
        let parted = Divergence { epoch: 5, end_offset: 44 };
        assert_eq!(failed.diverging, (version >= 12).then_some(parted));
    }
}

#[test]
fn other_versions_and_cuts_are_refused_and_more_bytes_are_not() {
    assert!(read(&frame(4), 3).is_err());
    assert!(read(&frame(13), 14).is_err());
    for version in VERSION_MIN..=VERSION_MAX {
        let whole = frame(version);
        for end in 0..whole.len() {
            assert!(read(&whole.slice(..end), version).is_err(), "{version} {end}");
        }
        let longer = [&whole[..], &[0xff]].concat();
        assert!(read(&longer.into(), version).is_ok());
    }
}

#[test]
fn impossible_counts_are_refused() {
    for count in [i32::MAX, -2, 1_000_000] {
        let mut body = vec![0; 4];
        body.extend(count.to_be_bytes());
        body.extend([0; 32]);
        assert_eq!(read(&body.into(), 4), Err(WireError::BadLength));
    }
    let mut body = vec![0; 10];
    body.extend([0xff, 0xff, 0xff, 0xff, 0x0f]);
    body.extend([0; 64]);
    assert_eq!(read(&body.into(), 12), Err(WireError::BadLength));
}

#[test]
fn mutated_answers_do_no_harm() {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random as usize
    };
    for round in 0..60_000 {
        let version = VERSION_MIN + (round % 10) as i16;
        let mut bytes = frame(version).to_vec();
        for _ in 0..1 + next() % 4 {
            let place = next() % bytes.len();
            bytes[place] = next() as u8;
        }
        if let Ok(answer) = read(&bytes.into(), version) {
            assert!(answer.partitions.len() < 100);
        }
    }
}
