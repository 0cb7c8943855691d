use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, DuplexStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;
use crate::authz::sample::{Sample, chain};
use crate::http::signal::Phase;
use crate::http::stream::script::{Stage, frame};

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";

/// Longer than anything that is waited for here.
const SOON: Duration = Duration::from_secs(2);

/// The server's end of a pipe that notes whether it was reset.
struct Pipe {
    end: DuplexStream,
    reset: Arc<AtomicBool>,
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.end).poll_read(context, buffer)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.end).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.end).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.end).poll_shutdown(context)
    }
}

impl Connection for Pipe {
    fn reset(&self) {
        self.reset.store(true, Ordering::Relaxed);
    }
}

/// A stream that is being written, and the client's end of its pipe.
struct Writing {
    client: DuplexStream,
    writer: JoinHandle<()>,
    reset: Arc<AtomicBool>,
}

impl Writing {
    fn new(stage: &Stage, buffer: usize) -> Self {
        let (client, end) = tokio::io::duplex(buffer);
        let reset = Arc::new(AtomicBool::new(false));
        let pipe = Pipe { end, reset: Arc::clone(&reset) };
        let stream = Box::new(stage.stream());
        let writer = tokio::spawn(write_stream(pipe, stream, HEAD.to_vec(), Box::new(Silent)));
        Self { client, writer, reset }
    }

    /// Reads exactly this.
    async fn expect(&mut self, text: &str) {
        let mut read = vec![0; text.len()];
        let reading = self.client.read_exact(&mut read);
        timeout(SOON, reading).await.expect(text).expect(text);
        assert_eq!(String::from_utf8(read).unwrap(), text);
    }

    /// The writer ends within `time`; whether by a reset.
    async fn ends(&mut self, time: Duration) -> bool {
        timeout(time, &mut self.writer).await.expect("an end").unwrap();
        self.reset.load(Ordering::Relaxed)
    }
}

const BEGIN: &str = "HTTP/1.1 200 OK\r\n\r\nretry: 2000\nid: 0\n\n";

#[tokio::test(start_paused = true)]
async fn writes_of_any_size_carry_every_byte_in_order() {
    for buffer in [1, 2, 3, 7, 64, 4096] {
        let stage = Stage::default();
        let mut writing = Writing::new(&stage, buffer);
        writing.expect(BEGIN).await;
        stage.push(frame(0, &[0; 2]));
        stage.push(frame(2, &[0; 2]));
        let events = "data: 0\n\ndata: 1\n\ndata: 2\n\ndata: 3\n\nid: 4\n\n";
        writing.expect(events).await;
        stage.push(frame(4, &[0]));
        writing.expect("data: 4\n\nid: 5\n\n").await;
        let bytes = (BEGIN.len() + events.len() + "data: 4\n\nid: 5\n\n".len()) as u64;
        stage.meters.report();
        let labels = [("subscription", "sub"), ("endpoint", "orders"), ("plan", "basic")];
        let labels = labels.map(|(name, value)| (name, value.to_owned())).to_vec();
        assert_eq!(stage.metrics.bytes_sent.get_or_create(&labels).get(), bytes);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_or_talks_is_done() {
    let stage = Stage::default();
    let mut writing = Writing::new(&stage, 4096);
    writing.expect(BEGIN).await;
    writing.client.shutdown().await.unwrap();
    assert!(!writing.ends(SOON).await);
    let mut writing = Writing::new(&stage, 4096);
    writing.client.write_all(b"x").await.unwrap();
    assert!(!writing.ends(SOON).await);
    let Writing { client, writer, .. } = Writing::new(&stage, 4);
    drop(client);
    timeout(SOON, writer).await.expect("an end").unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_slow_client_is_waited_for() {
    let stage = Stage::default();
    let mut writing = Writing::new(&stage, 8);
    stage.push(frame(0, &[0]));
    tokio::time::sleep(Duration::from_secs(3600)).await;
    writing.expect(BEGIN).await;
    writing.expect("data: 0\n\nid: 1\n\n").await;
}

#[tokio::test(start_paused = true)]
async fn draining_ends_with_an_ordinary_close() {
    let stage = Stage::default();
    let mut writing = Writing::new(&stage, 4096);
    writing.expect(BEGIN).await;
    stage.signal.set_phase(Phase::Draining);
    writing.expect("retry: 2000\nid: 0\n\n").await;
    assert_eq!(writing.client.read(&mut [0; 1]).await.unwrap(), 0);
    assert!(!writing.ends(SOON).await);
}

#[tokio::test(start_paused = true)]
async fn a_permit_that_ends_resets_also_a_blocked_write() {
    for buffer in [4, 4096] {
        let stage = Stage::default();
        let mut writing = Writing::new(&stage, buffer);
        tokio::task::yield_now().await;
        stage.revoke();
        assert!(writing.ends(SOON).await, "{buffer}");
    }
    let life = Duration::from_secs(60);
    let mut sample = Sample::default();
    sample.credential.expires_at = Some(time::OffsetDateTime::now_utc() + life);
    let mut writing = Writing::new(&Stage::new(&sample), 4);
    assert!(writing.ends(life + SOON).await);
}

#[tokio::test(start_paused = true)]
async fn a_changed_chain_breaks_a_half_written_chunk_only() {
    let changed = Sample {
        chain: chain(serde_json::json!([{"remove": {"path": "$.ssn"}}])),
        ..Sample::default()
    };
    let stage = Stage::default();
    let mut writing = Writing::new(&stage, 4);
    tokio::task::yield_now().await;
    stage.publish(&changed);
    assert!(writing.ends(SOON).await);
    let stage = Stage::default();
    let mut writing = Writing::new(&stage, 4096);
    writing.expect(BEGIN).await;
    stage.publish(&changed);
    tokio::time::sleep(SOON).await;
    stage.push(frame(0, &[0]));
    writing.expect("data: 0\n\nid: 1\n\n").await;
}

#[test]
fn what_is_left_of_a_chunk_is_counted_over_its_parts() {
    let parts = [b"abc".as_slice(), b"", b"de"].map(bytes::Bytes::from_static);
    let chunk = Chunk { shared: parts.into_iter().collect(), own: b"fg".to_vec() };
    for skip in 0..=7 {
        let left = unwritten(&chunk, skip);
        assert!(left.iter().all(|part| !part.is_empty()));
        let left: Vec<u8> = left.iter().flat_map(|part| part.to_vec()).collect();
        assert_eq!(left, &b"abcdefg"[skip..]);
    }
}
