use std::future::poll_fn;
use std::io::{Read, Write};
use std::time::Duration;

use flate2::{read, write};
use serde_json::json;
use tokio::time::timeout;

use super::*;
use crate::http::signal::Phase;
use crate::http::stream::End;
use crate::http::stream::Stream;
use crate::http::stream::script::{Script, Stage, frame};
use crate::limits::CHUNK_BYTES_MAX;
use crate::reader::ReadError;

/// Longer than anything that is waited for here, shorter than a heartbeat.
const SOON: Duration = Duration::from_secs(5);
const KIB: usize = 1024;

/// A client that has decoded everything up to the last chunk.
struct Client {
    stream: Stream<Script>,
    raw: Vec<u8>,
    decoder: write::GzDecoder<Vec<u8>>,
}

impl Client {
    fn new(stage: &Stage) -> Self {
        let mut stream = stage.stream();
        stream.compress();
        Self { stream, raw: Vec::new(), decoder: write::GzDecoder::new(Vec::new()) }
    }

    /// What the next chunk says; all of it can be read before anything follows.
    async fn next(&mut self) -> Result<String, End> {
        let mut chunk = Chunk::default();
        if let Some(end) = poll_fn(|context| self.stream.poll_chunk(&mut chunk, context)).await {
            return Err(end);
        }
        let before = self.decoder.get_ref().len();
        for part in chunk.shared.iter().map(AsRef::as_ref).chain([chunk.own.as_slice()]) {
            self.raw.extend_from_slice(part);
            self.decoder.write_all(part).unwrap();
        }
        self.decoder.flush().unwrap();
        Ok(String::from_utf8(self.decoder.get_ref()[before..].to_vec()).unwrap())
    }

    /// Everything up to where the stream falls silent, in chunks.
    async fn until_silent(&mut self) -> Vec<String> {
        let mut chunks = Vec::new();
        while let Ok(Ok(chunk)) = timeout(SOON, self.next()).await {
            // Decoders that wait for the next block have nothing to wait for.
            assert!(self.raw.ends_with(&FLUSH));
            chunks.push(chunk);
        }
        chunks
    }

    /// The member is whole: one go and byte by byte say the same, and the trailer holds.
    fn assert_whole(&self) {
        let said = self.decoder.get_ref();
        let mut plain = Vec::new();
        let mut decoder = read::GzDecoder::new(self.raw.as_slice());
        decoder.read_to_end(&mut plain).unwrap();
        assert_eq!(&plain, said);
        assert!(decoder.into_inner().is_empty(), "nothing follows the member");
        let mut decoder = write::GzDecoder::new(Vec::new());
        for byte in &self.raw {
            decoder.write_all(&[*byte]).unwrap();
        }
        assert_eq!(&decoder.finish().unwrap(), said);
    }
}

/// The events alone, and the most bytes of them between two ids.
fn events(stream: &str) -> (String, usize) {
    let (mut events, mut since, mut most) = (String::new(), 0, 0);
    for block in stream.split_inclusive("\n\n") {
        if block.starts_with("id: ") {
            since = 0;
        } else {
            events.push_str(block);
            since += block.len();
            most = most.max(since);
        }
    }
    (events, most)
}

#[tokio::test(start_paused = true)]
async fn a_stream_says_the_same_compressed() {
    let stage = Stage::default();
    let mut client = Client::new(&stage);
    assert_eq!(client.next().await.unwrap(), "retry: 2000\nid: 0\n\n");
    stage.push(frame(0, &[0; 3]));
    stage.push(frame(3, &[0]));
    let events = "data: 0\n\ndata: 1\n\ndata: 2\n\ndata: 3\n\nid: 4\n\n";
    assert_eq!(client.next().await.unwrap(), events);
    tokio::time::advance(Duration::from_secs(14)).await;
    assert_eq!(client.next().await.unwrap(), ": heartbeat\nid: 4\n\n");
    stage.signal.set_phase(Phase::Draining);
    assert_eq!(client.next().await.unwrap(), "retry: 2000\nid: 4\n\n");
    assert_eq!(client.next().await, Err(End::Closed));
    client.assert_whole();
}

#[tokio::test(start_paused = true)]
async fn last_words_are_in_the_member() {
    let stage = Stage::default();
    let mut client = Client::new(&stage);
    client.next().await.unwrap();
    stage.push(frame(0, &[0]));
    stage.fail(ReadError::TopicGone);
    let last = client.next().await.unwrap();
    assert!(last.starts_with("data: 0\n\nevent: error\ndata: {"), "{last}");
    assert_eq!(client.next().await, Err(End::Closed));
    client.assert_whole();
}

#[tokio::test(start_paused = true)]
async fn frames_of_any_size_are_said_whole_and_in_chunks() {
    let sizes: [&[usize]; 6] = [
        &[1000; 2000],
        &[100 * KIB; 5],
        &[256 * KIB, KIB, 256 * KIB, 257 * KIB, 10, 10, 600 * KIB],
        &[10, 300 * KIB, 10],
        &[20 * KIB; 40],
        &[200 * KIB, 50 * KIB, 20 * KIB, 12 * KIB, 7],
    ];
    for sizes in sizes {
        for (begin, cursor_bytes) in [(0, 0), (2, 0), (0, 600)] {
            let stage = Stage::default();
            stage.resume_at(begin);
            stage.pad_cursor(cursor_bytes);
            let mut client = Client::new(&stage);
            client.next().await.unwrap();
            let mut expected = String::new();
            for (first, sizes) in (0..).step_by(30).zip(sizes.chunks(30)) {
                let frame = frame(first, sizes);
                expected.push_str(std::str::from_utf8(&frame.bytes).unwrap());
                stage.push(frame);
            }
            let skipped = expected.split_inclusive("\n\n").take(usize::try_from(begin).unwrap());
            let skipped = skipped.map(str::len).sum::<usize>();
            let (seen, most) = events(&client.until_silent().await.concat());
            assert!(seen == expected[skipped..], "{} of {}", seen.len(), expected.len());
            let largest = sizes.iter().max().unwrap();
            assert!(most <= CHUNK_BYTES_MAX.max(*largest), "{most}");
            stage.signal.set_phase(Phase::Draining);
            client.next().await.unwrap();
            client.assert_whole();
        }
    }
}

/// How long events of 120 KiB take under these limits, by the clock of the test.
async fn takes(limits: &serde_json::Value, compressed: bool) -> Duration {
    let stage = Stage::with_limits(limits.clone());
    let mut client = Client::new(&stage);
    if !compressed {
        client.stream = stage.stream();
    }
    for first in [0, 40, 80] {
        stage.push(frame(first, &[KIB; 40]));
    }
    let begun = tokio::time::Instant::now();
    while stage.left() > 0 {
        let mut chunk = Chunk::default();
        let next = poll_fn(|context| client.stream.poll_chunk(&mut chunk, context)).await;
        assert_eq!(next, None);
    }
    begun.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_charged_for_what_events_are_before_they_are_compressed() {
    for limits in [json!({"bytesPerSecond": 40 * KIB}), json!({"eventsPerSecond": 40})] {
        let (plain, compressed) = (takes(&limits, false).await, takes(&limits, true).await);
        assert!(plain >= Duration::from_millis(1800), "{plain:?}");
        let differ = plain.abs_diff(compressed);
        assert!(differ <= Duration::from_millis(150), "{plain:?} {compressed:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_many_read_is_compressed_once() {
    let stage = Stage::default();
    let mut clients = Vec::new();
    let shared = std::sync::Arc::new(frame(0, &[0; 3]));
    for _ in 0..100 {
        stage.resume_at(0);
        stage.push_shared(&shared);
        let mut client = Client::new(&stage);
        client.next().await.unwrap();
        assert_eq!(client.next().await.unwrap(), "data: 0\n\ndata: 1\n\ndata: 2\n\nid: 3\n\n");
        clients.push(client);
    }
    assert_eq!(stage.metrics.segments_compressed.get(), 1);
}

#[test]
fn own_words_beyond_a_block_are_several() {
    let mut gzip = Gzip::default();
    let mut chunk = Chunk { own: vec![b'x'; 150_000], ..Chunk::default() };
    gzip.seal(&mut chunk, true);
    let mut plain = Vec::new();
    read::GzDecoder::new(chunk.own.as_slice()).read_to_end(&mut plain).unwrap();
    assert_eq!(plain, vec![b'x'; 150_000]);
}
