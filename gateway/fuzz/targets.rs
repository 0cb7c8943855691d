//! What the fuzz targets do with bytes; also run by `tests/fuzz_smoke.rs`. They panic on a fault.
#![allow(dead_code, clippy::unwrap_used)] // Each target is one function of these.

use bytes::Bytes;
use gateway::image::Image;
use gateway::kafka::Call;
use gateway::reader::Cursor;
use gateway::upstream::{BatchKind, FetchedBatch};
use gateway::wire::codec::{self, Codec};
use gateway::wire::record_batch::split;
use gateway::wire::{consumer_protocol, fetch_answer, guard, rebuild};
use kafka_protocol::messages::{
    ApiVersionsRequest, DescribeClusterRequest, FetchRequest, FindCoordinatorRequest,
    ListOffsetsRequest, MetadataRequest, OffsetForLeaderEpochRequest, SaslAuthenticateRequest,
    SaslHandshakeRequest,
};
use policies::Chain;

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

/// Answers of a broker: two bytes choose the API and the version.
pub(crate) fn answers(data: &[u8]) {
    let Some((&[api, version], body)) = data.split_first_chunk::<2>() else {
        return;
    };
    let (api, version) = (i16::from(api % 75), i16::from(version % 18));
    let _ = guard::check_answer(api, version, body);
    let _ = fetch_answer::read(&Bytes::copy_from_slice(body), 4 + version % 10);
}

/// Frames of a client, as they come: header, guard, codec. A line for each request that is decoded.
pub(crate) fn requests(data: &[u8]) {
    let Ok(call) = Call::read(Bytes::copy_from_slice(data)) else {
        return;
    };
    let _ = match call.api {
        1 => call.decode::<FetchRequest>().map(drop),
        2 => call.decode::<ListOffsetsRequest>().map(drop),
        3 => call.decode::<MetadataRequest>().map(drop),
        10 => call.decode::<FindCoordinatorRequest>().map(drop),
        17 => call.decode::<SaslHandshakeRequest>().map(drop),
        18 => call.decode::<ApiVersionsRequest>().map(drop),
        23 => call.decode::<OffsetForLeaderEpochRequest>().map(drop),
        36 => call.decode::<SaslAuthenticateRequest>().map(drop),
        60 => call.decode::<DescribeClusterRequest>().map(drop),
        _ => guard::check_request(call.api, call.version, &call.body).map(drop).map_err(Into::into),
    };
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
