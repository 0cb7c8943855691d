//! The load client: holds thousands of SSE streams or WebSockets in few threads, reads them as
//! cheaply as it can and checks every event of every subscriber for gaps and repetitions by its
//! number. It measures what arrives; what the server spends is read by the driver from `/proc`.

pub mod frame;
mod latency;
mod link;
mod stream;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use mio::{Events, Poll, Token};
use tokio_rustls::rustls::ClientConfig;

pub use latency::Latency;
use link::Link;
use stream::{Stream, Tally};

/// How long all streams may take to be answered.
const READY_WAIT: Duration = Duration::from_secs(60);
/// How often a reading thread looks whether it should end.
const STOP_POLL: Duration = Duration::from_millis(100);
/// One read takes at most this much.
const READ_BYTES: usize = 64 * 1024;
/// Streams per reading thread: one thread keeps up with 50,000 events a second.
const STREAMS_PER_THREAD: usize = 5_000;

/// Open streams, being read.
pub struct Load {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<Result<Latency>>>,
    connections: u64,
}

/// What arrived so far, over all streams.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Events with a mark.
    pub events: u64,
    /// Reads that returned something.
    pub reads: u64,
    /// Bytes.
    pub bytes: u64,
    /// Events that a subscriber should have had and did not get.
    pub missing: u64,
    /// Events that came again.
    pub repeated: u64,
}

#[derive(Default)]
struct Shared {
    events: AtomicU64,
    reads: AtomicU64,
    bytes: AtomicU64,
    missing: AtomicU64,
    repeated: AtomicU64,
    ready: AtomicU64,
    lost: AtomicU64,
    recording: AtomicBool,
    stop: AtomicBool,
}

impl Load {
    /// Connects, sends the request on each connection, and returns when all are answered with 200
    /// or 101.
    ///
    /// # Errors
    /// When a connection fails, another status comes, or it takes too long.
    pub fn open(address: SocketAddr, request: &str, connections: usize) -> Result<Self> {
        Self::open_over(None, address, request, connections)
    }

    /// The same over TLS, or not.
    ///
    /// # Errors
    /// As [`Load::open`].
    pub fn open_over(
        tls: Option<&Arc<ClientConfig>>,
        address: SocketAddr,
        request: &str,
        connections: usize,
    ) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let mut load = Self { shared, threads: Vec::new(), connections: connections as u64 };
        let mut left = connections;
        while left > 0 {
            let count = left.min(STREAMS_PER_THREAD);
            left -= count;
            let links = (0..count).map(|_| Link::open(address, request, tls));
            let links = links.collect::<Result<Vec<_>>>()?;
            let shared = Arc::clone(&load.shared);
            load.threads.push(std::thread::spawn(move || read_all(links, &shared)));
        }
        load.wait_ready()?;
        Ok(load)
    }

    /// From now on, latencies count.
    pub fn record(&self, on: bool) {
        self.shared.recording.store(on, Relaxed);
    }

    /// What arrived so far.
    pub fn counts(&self) -> Counts {
        Counts {
            events: self.shared.events.load(Relaxed),
            reads: self.shared.reads.load(Relaxed),
            bytes: self.shared.bytes.load(Relaxed),
            missing: self.shared.missing.load(Relaxed),
            repeated: self.shared.repeated.load(Relaxed),
        }
    }

    /// Streams that have ended although nobody asked them to.
    pub fn lost(&self) -> u64 {
        self.shared.lost.load(Relaxed)
    }

    /// Closes all streams and returns the latencies.
    ///
    /// # Errors
    /// When reading failed, or a stream ended before.
    pub fn close(mut self) -> Result<Latency> {
        self.shared.stop.store(true, Relaxed);
        let mut latency = Latency::default();
        for thread in self.threads.drain(..) {
            match thread.join() {
                Ok(of_thread) => latency.add(&of_thread?),
                Err(_) => bail!("a reading thread of the load client ended badly"),
            }
        }
        let lost = self.lost();
        ensure!(lost == 0, "{lost} of {} streams ended early", self.connections);
        Ok(latency)
    }

    fn wait_ready(&self) -> Result<()> {
        let deadline = Instant::now() + READY_WAIT;
        loop {
            let (ready, lost) = (self.shared.ready.load(Relaxed), self.lost());
            ensure!(lost == 0, "{lost} of {} streams were refused", self.connections);
            if ready == self.connections {
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "only {ready} of {} streams were answered in {READY_WAIT:?}",
                self.connections
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.shared.stop.store(true, Relaxed);
    }
}

impl std::ops::Sub for Counts {
    type Output = Counts;

    fn sub(self, before: Counts) -> Counts {
        Counts {
            events: self.events - before.events,
            reads: self.reads - before.reads,
            bytes: self.bytes - before.bytes,
            missing: self.missing - before.missing,
            repeated: self.repeated - before.repeated,
        }
    }
}

fn read_all(mut links: Vec<Link>, shared: &Shared) -> Result<Latency> {
    let mut poll = Poll::new()?;
    for (index, link) in links.iter_mut().enumerate() {
        link.register(poll.registry(), Token(index))?;
    }
    let mut streams: Vec<_> =
        links.into_iter().map(|link| (Some(link), Stream::default())).collect();
    let mut events = Events::with_capacity(1_024);
    let mut buffer = vec![0; READ_BYTES];
    let mut latency = Latency::default();
    while !shared.stop.load(Relaxed) {
        poll.poll(&mut events, Some(STOP_POLL))?;
        let mut tally = Tally::new(shared.recording.load(Relaxed).then_some(&mut latency));
        for event in &events {
            let Some((link, stream)) = streams.get_mut(event.token().0) else {
                continue;
            };
            read_one(link, stream, &mut buffer, &mut tally);
        }
        shared.add(&tally);
    }
    Ok(latency)
}

/// Reads until the connection is empty: epoll reports edges.
fn read_one(
    slot: &mut Option<Link>,
    stream: &mut Stream,
    buffer: &mut [u8],
    tally: &mut Tally<'_>,
) {
    while let Some(link) = slot {
        match link.read(buffer) {
            Ok(0) => *slot = None,
            Ok(count) => {
                let is_last = count < buffer.len() && link.is_empty_after_short_read();
                tally.reads += 1;
                let well = stream.feed(buffer.get(..count).unwrap_or_default(), tally)
                    && (!stream.take_ping() || link.write(&frame::PONG).is_ok());
                if !well {
                    *slot = None;
                } else if is_last {
                    return;
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            Err(_) => *slot = None,
        }
        if slot.is_none() {
            tally.lost += 1;
        }
    }
}

impl Shared {
    fn add(&self, tally: &Tally<'_>) {
        self.events.fetch_add(tally.events, Relaxed);
        self.reads.fetch_add(tally.reads, Relaxed);
        self.bytes.fetch_add(tally.bytes, Relaxed);
        self.missing.fetch_add(tally.missing, Relaxed);
        self.repeated.fetch_add(tally.repeated, Relaxed);
        self.ready.fetch_add(tally.ready, Relaxed);
        self.lost.fetch_add(tally.lost, Relaxed);
    }
}
