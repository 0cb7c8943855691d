use bytes::Bytes;
use gateway::wire::codec::{Codec, compress};
use gateway::wire::record::write_varint;
use gateway::wire::record_batch::{BatchHeader, CRC_FROM, HEADER_BYTES, split};

use super::config::Rules;
use super::*;
use crate::code;

/// A batch of records with these times, of a producer (id, epoch, first sequence).
fn batch(times: &[i64], producer: (i64, i16, i32), codec: Codec, attributes: i16) -> Bytes {
    let mut section = Vec::new();
    for (time, delta) in times.iter().zip(0..) {
        let mut record = vec![0];
        write_varint(&mut record, time - times[0]);
        write_varint(&mut record, delta);
        record.extend_from_slice(&[1, 2, b'v', 0]);
        write_varint(&mut section, i64::try_from(record.len()).unwrap());
        section.extend_from_slice(&record);
    }
    let mut packed = Vec::new();
    compress(codec, &section, &mut packed).unwrap();
    let count = i32::try_from(times.len()).unwrap();
    let mut header = BatchHeader {
        base_offset: 77,
        length: i32::try_from(HEADER_BYTES - 12 + packed.len()).unwrap(),
        leader_epoch: -1,
        crc: 0,
        attributes: codec.bits() | attributes,
        last_offset_delta: count - 1,
        base_timestamp: times[0],
        max_timestamp: times.iter().copied().max().unwrap(),
        producer_id: producer.0,
        producer_epoch: producer.1,
        base_sequence: producer.2,
        record_count: count,
    };
    let whole = |header: &BatchHeader| {
        let mut bytes = Vec::new();
        header.write(&mut bytes);
        bytes.extend_from_slice(&packed);
        bytes
    };
    header.crc = crc32c::crc32c(&whole(&header)[CRC_FROM..]);
    whole(&header).into()
}

fn plain(times: &[i64]) -> Bytes {
    batch(times, (-1, -1, -1), Codec::None, 0)
}

fn rules(config: &[(&str, &str)]) -> Rules {
    let config = config.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Rules::of(&config.collect::<Vec<_>>())
}

fn append(partition: &mut Partition, bytes: Bytes, rules: Rules, now_ms: i64) -> Result<i64, i16> {
    let incoming = Incoming::check(bytes, &rules)?;
    partition.append(&incoming, &Terms { rules, now_ms })
}

#[test]
fn batches_are_kept_as_they_came_but_for_their_offsets() {
    let mut partition = Partition::default();
    partition.leader_epoch = 4;
    for codec in [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
        let sent = batch(&[10, 30, 20], (-1, -1, -1), codec, 0);
        let base = append(&mut partition, sent.clone(), rules(&[]), 0).unwrap();
        let kept = partition.batches.back().unwrap();
        assert_eq!((kept.base, kept.last, kept.max_timestamp), (base, base + 2, 30));
        assert_eq!(kept.bytes[..8], base.to_be_bytes());
        assert_eq!(kept.bytes[12..16], 4_i32.to_be_bytes());
        assert_eq!(kept.bytes[16..], sent[16..], "{codec:?}");
    }
    assert_eq!(partition.end(), 15);
    let (records, next) = partition.read((4, 15), usize::MAX, false);
    assert_eq!(next, 15);
    let bases: Vec<_> =
        split(records).map(|batch| batch.ok().unwrap().header.base_offset).collect();
    assert_eq!(bases, [3, 6, 9, 12]);
    // Too small for anything, unless something must go along.
    assert_eq!(partition.read((4, 15), 1, false), (Bytes::new(), 4));
    assert_eq!(partition.read((4, 15), 1, true).1, 6);
    assert_eq!(partition.read((0, 3), usize::MAX, true).1, 3);
}

#[test]
fn what_is_broken_is_refused() {
    let good = plain(&[1, 2]).to_vec();
    let check = |bytes: Vec<u8>, config: &[(&str, &str)]| {
        Incoming::check(bytes.into(), &rules(config)).map(|_| ()).unwrap_err()
    };
    let with_crc = |mut bytes: Vec<u8>| {
        let crc = crc32c::crc32c(&bytes[CRC_FROM..]);
        bytes[17..21].copy_from_slice(&crc.to_be_bytes());
        bytes
    };
    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    assert_eq!(check(flipped, &[]), code::CORRUPT_MESSAGE);
    let mut old = good.clone();
    old[16] = 1;
    assert_eq!(check(old, &[]), code::CORRUPT_MESSAGE);
    assert_eq!(check([good.clone(), good.clone()].concat(), &[]), code::INVALID_RECORD);
    assert_eq!(check(good.clone(), &[("max.message.bytes", "60")]), code::MESSAGE_TOO_LARGE);
    assert_eq!(check(good.clone(), &[("cleanup.policy", "compact")]), code::INVALID_RECORD);
    let mut marker = good.clone();
    marker[22] |= 0x20;
    assert_eq!(check(with_crc(marker), &[]), code::INVALID_RECORD);
    let mut sparse = good.clone();
    sparse[26] = 5; // the last offset delta
    assert_eq!(check(with_crc(sparse), &[]), code::INVALID_RECORD);
    let mut unreadable = good;
    unreadable[22] |= 1; // says gzip
    assert_eq!(check(with_crc(unreadable), &[]), code::INVALID_RECORD);
}

#[test]
fn records_are_found_by_time() {
    let mut partition = Partition::default();
    for times in [[100, 300, 200], [400, 400, 390], [350, 500, 450]] {
        let sent = batch(&times, (-1, -1, -1), Codec::Lz4, 0);
        append(&mut partition, sent, rules(&[]), 0).unwrap();
    }
    let expected = [
        (0, Some((0, 100))),
        (101, Some((1, 300))),
        (301, Some((3, 400))),
        (401, Some((7, 500))),
        (501, None),
    ];
    for (time, found) in expected {
        assert_eq!(partition.offset_at(time), found, "{time}");
    }
    assert_eq!(partition.latest(), Some((7, 500)));
    partition.delete_before(2);
    assert_eq!((partition.offset_at(0), partition.batches.len()), (Some((2, 200)), 3));
    assert_eq!(Partition::default().latest(), None);
}

#[test]
fn the_brokers_time_is_written_where_the_topic_says_so() {
    let mut partition = Partition::default();
    let own = rules(&[("message.timestamp.type", "LogAppendTime"), ("retention.ms", "-1")]);
    append(&mut partition, plain(&[100, 200]), own, 7_000).unwrap();
    let kept = partition.batches[0].bytes.clone();
    let batch = split(kept).next().unwrap().ok().unwrap();
    assert!(batch.verify_crc().is_ok() && batch.header.is_log_append_time());
    assert_eq!(batch.header.max_timestamp, 7_000);
    assert_eq!(partition.offset_at(300), Some((0, 7_000)));
}

#[test]
fn logs_are_bounded_by_bytes_and_by_time() {
    let mut partition = Partition::default();
    let size = plain(&[1_000]).len();
    let two = (size * 2).to_string();
    let small = rules(&[("retention.bytes", &two), ("retention.ms", "5000")]);
    for time in [1_000, 2_000, 3_000] {
        append(&mut partition, plain(&[time]), small, 3_000).unwrap();
    }
    assert_eq!((partition.log_start, partition.end(), partition.bytes()), (1, 3, size * 2));
    partition.retain(&small, 7_500);
    assert_eq!((partition.log_start, partition.end()), (2, 3));
    partition.retain(&small, 99_000);
    assert_eq!((partition.log_start, partition.end(), partition.bytes()), (3, 3, 0));
    assert_eq!(append(&mut partition, plain(&[99_000]), small, 99_000), Ok(3));
    // A log that is compacted lets nothing go for its age, and no log grows without end.
    let compacted = rules(&[("cleanup.policy", "compact")]);
    assert_eq!(compacted.retention_ms, None);
    assert_eq!(compacted.retention_bytes, crate::limits::PARTITION_BYTES_MAX);
}

#[test]
fn all_logs_together_are_bounded() {
    let mut topics = Topics::default();
    topics.create("t", 20, Vec::new()).unwrap();
    let chunk = 15 * 1024 * 1024;
    for index in 0..20 {
        let partition = topics.partition_mut("t", index).unwrap();
        for at in 0..15 {
            partition.place(Stored::new(at, at, vec![0; chunk / 15].into()));
        }
    }
    topics.bound();
    let bytes = |index| topics.partition("t", index).unwrap().bytes();
    let all: usize = (0..20).map(bytes).sum();
    assert!(all <= crate::limits::LOG_BYTES_MAX && all > crate::limits::LOG_BYTES_MAX - chunk);
    assert!((0..20).all(|index| bytes(index) > 0), "from each a little");
}

#[test]
fn sequences_are_checked() {
    let mut partition = Partition::default();
    let mut send = |epoch, sequence, count: usize| {
        let sent = batch(&vec![1_000; count], (7, epoch, sequence), Codec::None, 0);
        append(&mut partition, sent, rules(&[]), 1_000)
    };
    assert_eq!(send(0, 0, 2), Ok(0));
    assert_eq!(send(0, 2, 1), Ok(2));
    assert_eq!(send(0, 0, 2), Ok(0), "known again");
    assert_eq!(send(0, 4, 1), Err(code::OUT_OF_ORDER_SEQUENCE_NUMBER));
    assert_eq!(send(1, 3, 1), Err(code::OUT_OF_ORDER_SEQUENCE_NUMBER));
    assert_eq!(send(1, 0, 1), Ok(3));
    assert_eq!(send(0, 3, 1), Err(code::INVALID_PRODUCER_EPOCH));
    for sequence in 1..6 {
        assert_eq!(send(1, sequence, 1), Ok(3 + i64::from(sequence)));
    }
    assert_eq!(send(1, 0, 1), Err(code::OUT_OF_ORDER_SEQUENCE_NUMBER), "forgotten by now");
    assert_eq!(partition.end(), 9);
    // After the largest comes 0.
    let mut send = |sequence, count: usize| {
        let sent = batch(&vec![1_000; count], (8, 0, sequence), Codec::None, 0);
        append(&mut partition, sent, rules(&[]), 1_000)
    };
    assert_eq!(send(i32::MAX - 1, 3), Ok(9), "nobody knows what came before");
    assert_eq!(send(1, 1), Ok(12));
}

#[test]
fn transactions_hold_the_stable_end_and_are_told_when_aborted() {
    let mut partition = Partition::default();
    let write = |partition: &mut Partition, id, sequence| {
        let sent = batch(&[1_000], (id, 0, sequence), Codec::None, 0x10);
        append(partition, sent, rules(&[]), 1_000).unwrap()
    };
    append(&mut partition, plain(&[1_000]), rules(&[]), 1_000).unwrap();
    write(&mut partition, 1, 0);
    write(&mut partition, 2, 0);
    assert_eq!((partition.last_stable(), partition.end()), (1, 3));
    partition.end_transaction((1, 0), false, 1_000);
    assert_eq!((partition.last_stable(), partition.end()), (2, 4));
    partition.end_transaction((2, 0), true, 1_000);
    assert_eq!((partition.last_stable(), partition.end()), (5, 5));
    assert_eq!(partition.aborted(0, 5).collect::<Vec<_>>(), [(1, 1)]);
    assert_eq!(partition.aborted(4, 5).count(), 0);
    let markers = split(partition.read((3, 5), usize::MAX, true).0);
    let markers = markers.map(|batch| batch.ok().unwrap());
    for (batch, kind) in markers.zip([0, 1]) {
        assert!(batch.verify_crc().is_ok() && batch.header.is_control());
        // Length, attributes, deltas, key length, version, kind.
        assert_eq!(batch.records()[..9], [32, 0, 0, 0, 8, 0, 0, 0, kind]);
    }
    // Batches of the transaction's epoch go on after its end; its numbers too.
    assert_eq!(write(&mut partition, 1, 1), 5);
    partition.end_transaction((1, 1), false, 1_000);
    let late = batch(&[1_000], (1, 0, 2), Codec::None, 0x10);
    assert_eq!(append(&mut partition, late, rules(&[]), 1), Err(code::INVALID_PRODUCER_EPOCH));
}

#[test]
fn epochs_tell_where_logs_part() {
    let mut partition = Partition::default();
    for _ in 0..6 {
        append(&mut partition, plain(&[1_000]), rules(&[]), 1_000).unwrap();
    }
    assert_eq!(partition.end_of_epoch(0), (0, 6));
    partition.truncate(4, 3);
    assert_eq!((partition.end(), partition.end_of_epoch(2)), (4, (0, 4)));
    assert_eq!(partition.divergence(0, 5), Some((0, 4)));
    assert_eq!((partition.divergence(0, 4), partition.divergence(-1, 9)), (None, None));
    assert_eq!(partition.check_epoch(2), Err(code::FENCED_LEADER_EPOCH));
    assert_eq!(partition.check_epoch(4), Err(code::UNKNOWN_LEADER_EPOCH));
    assert_eq!((partition.check_epoch(3), partition.check_epoch(-1)), (Ok(()), Ok(())));
}

#[test]
fn topics_are_checked_before_they_are_made() {
    let mut topics = Topics::default();
    let config = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    for (name, partitions, own, expected) in [
        ("a/b", 1, Vec::new(), code::INVALID_TOPIC),
        ("..", 1, Vec::new(), code::INVALID_TOPIC),
        ("", 1, Vec::new(), code::INVALID_TOPIC),
        ("t", 0, Vec::new(), code::INVALID_PARTITIONS),
        ("t", 100_000, Vec::new(), code::INVALID_PARTITIONS),
        ("t", 1, config("retention.hours", "1"), code::INVALID_CONFIG),
        ("t", 1, config("retention.ms", "soon"), code::INVALID_CONFIG),
        ("t", 1, config("compression.type", "gzip"), code::INVALID_CONFIG),
    ] {
        let refused = topics.create(name, partitions, own).map(|_| ()).unwrap_err();
        assert_eq!(refused.code, expected, "{name} {refused}");
    }
    let id = topics.create("t", 1, config("retention.ms", "1")).unwrap().id;
    assert_eq!(topics.name_of(id), Some("t"));
    let again = topics.create("t", 1, Vec::new()).map(|_| ()).unwrap_err();
    assert_eq!(again.code, code::TOPIC_ALREADY_EXISTS);
    assert!(topics.delete("t") && !topics.delete("t"));
    assert_ne!(topics.create("t", 1, Vec::new()).unwrap().id, id);
}
