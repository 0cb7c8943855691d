use bytes::{Buf, Bytes};
use kafka_protocol::messages::{BrokerId, FetchResponse};
use kafka_protocol::protocol::{Decodable, Message};

use super::*;
use crate::wire::fetch_answer;

const ID: [u8; 16] = [7; 16];

fn head(partition: i32) -> PartitionHead {
    PartitionHead {
        partition,
        error: 0,
        high_watermark: 60,
        last_stable_offset: 50,
        log_start_offset: 10,
    }
}

fn pieces() -> [Bytes; 2] {
    [Bytes::from_static(b"first piece,"), Bytes::from_static(b"and another")]
}

/// Two topics: one with records, an error and an empty partition, one that ends with records.
fn written(version: i16) -> Vec<Bytes> {
    let outline = Outline { topics: 2, partitions: 4, name_bytes: 15, pieces: 3 };
    let mut writer = FetchWriter::new(version, 11, outline);
    writer.topic("orders", &ID, 3);
    writer.partition(&head(3), pieces());
    writer.partition(&PartitionHead::failed(4, 29), []);
    writer.partition(&head(5), []);
    writer.topic("shipments", &[8; 16], 1);
    writer.partition(&head(0), [Bytes::from(vec![1; 300])]);
    writer.finish()
}

fn joined(parts: &[Bytes]) -> Bytes {
    Bytes::from(parts.concat())
}

#[test]
fn the_codec_reads_every_version_as_it_was_written() {
    for version in VERSION_MIN..=VERSION_MAX {
        let mut body = joined(&written(version));
        let answer = FetchResponse::decode(&mut body, version).unwrap();
        assert!(!body.has_remaining(), "version {version}: {} bytes left", body.remaining());
        assert_eq!((answer.throttle_time_ms, answer.error_code, answer.session_id), (11, 0, 0));
        assert!(answer.node_endpoints.is_empty());
        let [orders, shipments] = &answer.responses[..] else { panic!("two topics") };
        if version < TOPIC_IDS_SINCE {
            assert_eq!(orders.topic.as_str(), "orders");
            assert_eq!(shipments.topic.as_str(), "shipments");
        } else {
            assert_eq!(orders.topic_id.as_bytes(), &ID);
        }
        let [full, failed, empty] = &orders.partitions[..] else { panic!("three partitions") };
        assert_eq!((full.partition_index, full.error_code), (3, 0));
        assert_eq!((full.high_watermark, full.last_stable_offset), (60, 50));
        assert_eq!(full.log_start_offset, if version >= 5 { 10 } else { -1 });
        assert_eq!(full.records.as_deref(), Some(&b"first piece,and another"[..]));
        assert_eq!(full.preferred_read_replica, BrokerId(-1));
        assert_eq!(full.aborted_transactions.as_deref(), Some(&[][..]));
        assert_eq!((failed.partition_index, failed.error_code), (4, 29));
        assert_eq!((failed.high_watermark, failed.log_start_offset), (-1, -1));
        for without in [failed, empty] {
            assert_eq!(without.records.as_deref(), Some(&[][..]), "empty, not null");
        }
        assert_eq!(shipments.partitions[0].records.as_deref(), Some(&[1; 300][..]));
    }
}

#[test]
fn our_own_reader_agrees() {
    for version in fetch_answer::VERSION_MIN..=fetch_answer::VERSION_MAX {
        let answer = fetch_answer::read(&joined(&written(version)), version).unwrap();
        assert_eq!(answer.partitions.len(), 4);
        assert_eq!(answer.partitions[0].records.as_ref(), b"first piece,and another");
    }
}

#[test]
fn record_bytes_are_never_copied() {
    for version in [4, 12, 17] {
        let parts = written(version);
        for piece in pieces() {
            let same = |part: &&Bytes| part.as_ptr() == piece.as_ptr();
            assert_eq!(parts.iter().filter(same).count(), 1, "version {version}");
        }
        // Two partitions with records: ours, two pieces, ours, one piece; then tags, if any.
        assert_eq!(parts.len(), if version < 12 { 5 } else { 6 });
        assert!(parts.iter().all(|part| !part.is_empty()));
    }
}

#[test]
fn an_answer_without_topics_is_one() {
    for version in VERSION_MIN..=VERSION_MAX {
        let mut body = joined(&FetchWriter::new(version, 0, Outline::default()).finish());
        let answer = FetchResponse::decode(&mut body, version).unwrap();
        assert!(answer.responses.is_empty() && !body.has_remaining());
    }
}

#[test]
fn a_request_is_refused_as_a_whole() {
    for version in SESSION_SINCE..=VERSION_MAX {
        let answer = FetchResponse::decode(&mut joined(&refused(version, 70)), version).unwrap();
        assert_eq!((answer.error_code, answer.session_id), (70, 0));
    }
}

#[test]
fn one_allocation_holds_what_is_written() {
    for version in [4, 11, 12, 17] {
        let outline = Outline { topics: 1, partitions: 50, name_bytes: 6, pieces: 0 };
        let mut writer = FetchWriter::new(version, 0, outline);
        let room = writer.own.capacity();
        writer.topic("orders", &ID, 50);
        for partition in 0..50 {
            writer.partition(&head(partition), []);
        }
        assert_eq!(writer.own.capacity(), room, "version {version}");
    }
}

/// Whoever raises the codec decides here whether what the new version adds must be written.
#[test]
fn versions_that_nobody_decided_on_are_noticed() {
    assert_eq!((FetchResponse::VERSIONS.min, FetchResponse::VERSIONS.max), (VERSION_MIN, 18));
}
