//! A tap between clients and the gateway: it passes every byte on and notes which requests went by,
//! of whom and when, and whether an answer told something that no client may see. It decodes
//! nothing but request headers.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// `api_key` of Produce.
const PRODUCE: i16 = 0;
/// Bytes read at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// Produce requests that are kept: those of one client's run.
const CAPTURED_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Larger request frames are passed on without a look.
const FRAME_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A request that went by.
#[derive(Clone, Debug)]
pub struct Request {
    /// The connection it came on, counted from 0.
    pub connection: u64,
    /// `api_key`.
    pub api: i16,
    /// `api_version`.
    pub version: i16,
    /// When.
    pub at: Instant,
}

/// What was seen so far.
#[derive(Default)]
struct Notes {
    requests: Mutex<Vec<Request>>,
    produced: Mutex<Vec<u8>>,
    leaks: Mutex<Vec<String>>,
    connections: AtomicU64,
    open: Mutex<BTreeSet<u64>>,
}

/// A listening tap; it lives as long as the runtime.
#[derive(Clone)]
pub struct Tap {
    address: SocketAddr,
    notes: Arc<Notes>,
}

impl Tap {
    /// Listens on a port of loopback, in front of `target`. `hidden` are bytes that no answer may
    /// contain.
    pub async fn start(port: u16, target: String, hidden: Vec<Vec<u8>>) -> anyhow::Result<Tap> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let tap = Tap { address: listener.local_addr()?, notes: Arc::default() };
        let (notes, hidden) = (tap.notes.clone(), Arc::new(hidden));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (notes, hidden, target) = (notes.clone(), hidden.clone(), target.clone());
                tokio::spawn(async move {
                    let connection = notes.connections.fetch_add(1, Ordering::Relaxed);
                    notes.open.lock().insert(connection);
                    // A broken connection is the client's business: it sees it too.
                    let _ = pass((client, connection), &target, &notes, &hidden).await;
                    notes.open.lock().remove(&connection);
                });
            }
        });
        Ok(tap)
    }

    /// `host:port`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Forgets everything seen so far.
    pub fn forget(&self) {
        self.notes.requests.lock().clear();
        self.notes.produced.lock().clear();
        self.notes.leaks.lock().clear();
    }

    /// Requests since then.
    pub fn requests(&self) -> Vec<Request> {
        self.notes.requests.lock().clone()
    }

    /// Connections ever opened.
    pub fn connections(&self) -> u64 {
        self.notes.connections.load(Ordering::Relaxed)
    }

    /// Connections that are open now.
    pub fn open(&self) -> BTreeSet<u64> {
        self.notes.open.lock().clone()
    }

    /// Whether all of these are closed within `limit`.
    pub async fn all_closed(&self, connections: &BTreeSet<u64>, limit: Duration) -> bool {
        let closed = || async { self.notes.open.lock().is_disjoint(connections).then_some(()) };
        crate::expect::eventually(limit, "connections are closed", closed).await.is_ok()
    }

    /// Hidden things that answers told since then.
    pub fn leaks(&self) -> Vec<String> {
        self.notes.leaks.lock().clone()
    }

    /// Whether these bytes were part of a Produce request since then.
    pub fn produced(&self, bytes: &[u8]) -> bool {
        contains(&self.notes.produced.lock(), bytes)
    }
}

async fn pass(
    (client, connection): (TcpStream, u64),
    target: &str,
    notes: &Arc<Notes>,
    hidden: &Arc<Vec<Vec<u8>>>,
) -> anyhow::Result<()> {
    let server = TcpStream::connect(target).await.context("the target refuses")?;
    // The tap must not add Nagle's wait to what it measures.
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (client_reads, client_writes) = client.into_split();
    let (server_reads, server_writes) = server.into_split();
    // When either side ends, the other is closed too.
    tokio::select! {
        ended = requests(client_reads, server_writes, notes, connection) => ended,
        ended = answers(server_reads, client_writes, notes, hidden) => ended,
    }
}

async fn requests(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    notes: &Notes,
    connection: u64,
) -> anyhow::Result<()> {
    loop {
        let length = from.read_i32().await?;
        to.write_i32(length).await?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > FRAME_BYTES_MAX {
            tokio::io::copy(&mut from, &mut to).await?;
            return Ok(());
        }
        let mut frame = vec![0; length];
        from.read_exact(&mut frame).await?;
        notes.note(connection, &frame);
        to.write_all(&frame).await?;
    }
}

impl Notes {
    fn note(&self, connection: u64, frame: &[u8]) {
        let number = |at: usize| {
            let bytes = frame.get(at..at + 2)?;
            Some(i16::from_be_bytes(bytes.try_into().ok()?))
        };
        let (Some(api), Some(version)) = (number(0), number(2)) else { return };
        self.requests.lock().push(Request { connection, api, version, at: Instant::now() });
        let mut produced = self.produced.lock();
        if api == PRODUCE && produced.len() + frame.len() <= CAPTURED_BYTES_MAX {
            produced.extend_from_slice(frame);
        }
    }
}

async fn answers(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    notes: &Notes,
    hidden: &[Vec<u8>],
) -> anyhow::Result<()> {
    let overlap = hidden.iter().map(Vec::len).max().unwrap_or(1) - 1;
    let mut window = Vec::with_capacity(CHUNK_BYTES + overlap);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let count = from.read(&mut chunk).await?;
        if count == 0 {
            return Ok(());
        }
        let came = chunk.get(..count).unwrap_or_default();
        to.write_all(came).await?;
        window.extend_from_slice(came);
        for secret in hidden.iter().filter(|secret| contains(&window, secret)) {
            notes.leaks.lock().push(String::from_utf8_lossy(secret).into_owned());
        }
        window.drain(..window.len().saturating_sub(overlap));
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len().max(1)).any(|window| window == part)
}
