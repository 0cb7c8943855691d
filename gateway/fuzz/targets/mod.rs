//! What the fuzz targets do with bytes; also run by `tests/fuzz_smoke.rs`. They panic on a fault.
#![allow(dead_code, clippy::unwrap_used)] // Each target is one function of these.

use bytes::Bytes;
use gateway::image::Image;
use gateway::reader::Cursor;
use gateway::upstream::{BatchKind, FetchedBatch};
use gateway::wire::codec::{self, Codec};
use gateway::wire::fetch_writer::{FetchWriter, Outline, PartitionHead};
use gateway::wire::record_batch::{BatchHeader, split};
use gateway::wire::{consumer_protocol, fetch_answer, frame, placeholder, rebuild};
use policies::Chain;

mod logins;
mod messages;

pub(crate) use logins::{certificates, scram_brokers, scram_clients, tokens};
pub(crate) use messages::{answers, requests};

/// What a decompression may give here: small enough that a bomb would be seen.
const OUTPUT_BYTES_MAX: usize = 4 << 20;

/// The records field of a Fetch answer: split, imaged, rebuilt; what is rebuilt reads the same.
pub(crate) fn batches(data: &[u8]) {
    for batch in split(Bytes::copy_from_slice(data)).take(64) {
        let Ok(batch) = batch else { return };
        let _ = batch.verify_crc();
        let fetched = FetchedBatch { batch, kind: BatchKind::Data };
        let image = Image::compute(&fetched, 0, &Chain::empty());
        let offsets: Vec<_> = image.records().map(|record| record.offset).collect();
        let header = &fetched.batch.header;
        assert!(offsets.iter().all(|o| (header.base_offset..=header.last_offset()).contains(o)));
        let rebuilt = rebuild::batch(header, &image.records, image.record_count, Codec::None);
        let again = FetchedBatch { batch: rebuilt.unwrap(), kind: BatchKind::Data };
        again.batch.verify_crc().unwrap();
        let image = Image::compute(&again, 0, &Chain::empty());
        assert!(image.records().map(|record| record.offset).eq(offsets));
    }
}

/// A codec's stream: the first byte chooses the codec. Output is bounded.
pub(crate) fn codecs(data: &[u8]) {
    let Some((&bits, input)) = data.split_first() else {
        return;
    };
    let Ok(codec) = Codec::from_bits(i16::from(bits % 5)) else {
        return;
    };
    let mut output = Vec::new();
    if codec::decompress(codec, input, &mut output, OUTPUT_BYTES_MAX).is_ok() {
        assert!(output.len() <= OUTPUT_BYTES_MAX);
    }
    assert!(output.capacity() <= 4 * OUTPUT_BYTES_MAX);
}

/// Cursor texts: what is read is written alike.
pub(crate) fn cursors(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(cursor) = Cursor::read(text, 7) {
        let mut written = Vec::new();
        cursor.write(&mut written);
        assert_eq!(Cursor::read(std::str::from_utf8(&written).unwrap(), 7), Ok(cursor));
    }
}

/// What group members exchange: renaming to the same names changes nothing, and back is back.
pub(crate) fn consumer_protocol(data: &[u8]) {
    type Rewritten = Result<Option<Bytes>, gateway::wire::WireError>;
    type Rewriting = fn(&[u8], &mut dyn FnMut(&str) -> String) -> Rewritten;
    let rewritings: [Rewriting; 2] = [
        |b, rename| consumer_protocol::subscription(b, rename),
        |b, rename| consumer_protocol::assignment(b, rename),
    ];
    for rewrite in rewritings {
        let Ok(Some(same)) = rewrite(data, &mut str::to_owned) else { continue };
        assert_eq!(same, data);
        if let Ok(Some(longer)) = rewrite(data, &mut |name| format!("x{name}")) {
            let back = rewrite(&longer, &mut |name| name[1..].to_owned());
            assert_eq!(back.unwrap().unwrap(), data);
        }
    }
}

/// Fetch answers that the gateway writes: whatever is in them, they read the same. The first byte
/// chooses the version, then each five bytes are a partition: error, index, how much it has.
pub(crate) fn fetch_answers(data: &[u8]) {
    let Some((&version, rest)) = data.split_first() else { return };
    let version = fetch_answer::VERSION_MIN + i16::from(version % 10);
    let partitions: Vec<(PartitionHead, Vec<Bytes>)> =
        rest.chunks_exact(5).take(500).map(|five| partition(five, version, rest)).collect();
    // Every third partition begins a topic.
    let topics: Vec<&[_]> = partitions.chunks(3).collect();
    let outline = Outline {
        topics: topics.len(),
        partitions: partitions.len(),
        name_bytes: topics.len() * 6,
        pieces: partitions.iter().map(|(_, pieces)| pieces.len()).sum(),
    };
    let mut writer = FetchWriter::new(version, 7, outline);
    for topic in &topics {
        writer.topic("orders", &[9; 16], topic.len());
        topic.iter().for_each(|(head, pieces)| writer.partition(head, pieces.iter().cloned()));
    }
    let parts: Vec<Bytes> = writer.finish();
    let whole: Bytes = parts.concat().into();
    let read = fetch_answer::read(&whole, version).expect("what was written");
    assert_eq!((read.throttle_ms, read.partitions.len()), (7, partitions.len()));
    for (read, (head, pieces)) in read.partitions.iter().zip(&partitions) {
        let written = (head.partition, head.error, head.high_watermark, head.last_stable_offset);
        let same = (read.partition, read.error, read.high_watermark, read.last_stable_offset);
        assert_eq!((same, &read.records[..]), (written, &pieces.concat()[..]));
        assert!(read.aborted.is_empty() && read.diverging.is_none());
    }
}

fn partition(five: &[u8], version: i16, rest: &[u8]) -> (PartitionHead, Vec<Bytes>) {
    let number = |at: usize| i64::from(five.get(at).copied().unwrap_or_default());
    let head = PartitionHead {
        partition: i32::try_from(number(0) << 23).unwrap_or(i32::MAX),
        error: i16::from(five[1]) - 128,
        high_watermark: number(2) << 54,
        last_stable_offset: -number(3),
        log_start_offset: number(2) * i64::from(version),
    };
    let pieces = (0..usize::from(five[4] % 4)).map(|_| Bytes::copy_from_slice(rest));
    (head, pieces.collect())
}

/// What moves clients past what they do not see: one control batch at that offset, whatever it is.
pub(crate) fn placeholders(data: &[u8]) {
    let Some((offset, rest)) = data.split_first_chunk() else { return };
    let Some((epoch, _)) = rest.split_first_chunk() else { return };
    // No log has an offset below 0.
    let (offset, epoch) = (i64::from_be_bytes(*offset) & i64::MAX, i32::from_be_bytes(*epoch));
    let bytes = placeholder::batch(offset, epoch).unwrap();
    let header = BatchHeader::parse(&bytes).unwrap();
    assert_eq!((header.base_offset, header.leader_epoch), (offset, epoch));
    assert!(header.is_control() && header.size() == Some(bytes.len()));
    for batch in split(bytes) {
        batch.unwrap().verify_crc().unwrap();
    }
}

/// Lengths of frames: within the limit or refused.
pub(crate) fn frames(data: &[u8]) {
    let Some((prefix, rest)) = data.split_first_chunk() else { return };
    let most = rest.len();
    if let Ok(length) = frame::length(*prefix, most) {
        assert!(length <= most);
    }
}
