//! A tap between clients and the gateway: it passes every byte on and notes which requests went by,
//! of whom and when, and whether an answer told something that no client may see. Of whom is what
//! the request itself says, its client id. It decodes nothing but the heads of requests.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use super::Client;
use crate::balance::Balancer;

/// `api_key` of Produce.
const PRODUCE: i16 = 0;
/// Where the client id stands in a request: after `api_key`, `api_version` and the correlation id.
const CLIENT_ID_AT: usize = 8;
/// Bytes read at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// Produce requests that are kept of one connection: those of one run.
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

/// What answers came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// How many.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes of the largest.
    pub largest: u64,
}

/// What is known of one connection.
#[derive(Default)]
struct Link {
    /// The client id of its requests; empty before the first.
    client: String,
    open: bool,
    requests: Vec<Request>,
    produced: Vec<u8>,
    leaks: Vec<String>,
    answers: Answers,
}

type Links = Arc<Mutex<BTreeMap<u64, Link>>>;

/// A listening tap; it lives as long as the runtime.
#[derive(Clone)]
pub struct Tap {
    address: SocketAddr,
    links: Links,
}

/// What the tap knows of one client.
pub struct View<'a> {
    tap: &'a Tap,
    client: &'static str,
}

impl Tap {
    /// Listens on a port of loopback, in front of a gateway or several. `hidden` are bytes that no
    /// answer may contain.
    pub async fn start(port: u16, targets: Balancer, hidden: Vec<Vec<u8>>) -> anyhow::Result<Tap> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let tap = Tap { address: listener.local_addr()?, links: Links::default() };
        let (links, hidden, targets) = (tap.links.clone(), Arc::new(hidden), Arc::new(targets));
        let count = AtomicU64::new(0);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let number = count.fetch_add(1, Ordering::Relaxed);
                links.lock().insert(number, Link { open: true, ..Link::default() });
                let (hidden, targets) = (hidden.clone(), targets.clone());
                let note = Note { links: links.clone(), number };
                tokio::spawn(async move {
                    // A broken connection is the client's business: it sees it too.
                    let _ = pass(client, &targets, &note, &hidden).await;
                    note.of(|link| link.open = false);
                });
            }
        });
        Ok(tap)
    }

    /// `host:port`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// What it knows of one client.
    pub fn of(&self, client: Client) -> View<'_> {
        View { tap: self, client: client.name() }
    }
}

impl View<'_> {
    fn collect<T>(&self, take: impl FnMut((&u64, &mut Link)) -> T) -> Vec<T> {
        let mut links = self.tap.links.lock();
        links.iter_mut().filter(|(_, link)| link.client == self.client).map(take).collect()
    }

    /// Forgets everything seen so far but the connections themselves.
    pub fn forget(&self) {
        self.collect(|(_, link)| {
            let (client, open) = (std::mem::take(&mut link.client), link.open);
            *link = Link { client, open, ..Link::default() };
        });
    }

    /// Requests since then, in the order in which they came.
    pub fn requests(&self) -> Vec<Request> {
        let mut requests = self.collect(|(_, link)| link.requests.clone()).concat();
        requests.sort_by_key(|request| request.at);
        requests
    }

    /// Requests of one kind since then.
    pub fn count(&self, api: i16) -> usize {
        self.requests().iter().filter(|request| request.api == api).count()
    }

    /// Connections ever opened.
    pub fn connections(&self) -> usize {
        self.collect(|_| ()).len()
    }

    /// Connections that are open now.
    pub fn open(&self) -> BTreeSet<u64> {
        self.collect(|(number, link)| link.open.then_some(*number)).into_iter().flatten().collect()
    }

    /// Whether all of these are closed within `limit`.
    pub async fn all_closed(&self, connections: &BTreeSet<u64>, limit: Duration) -> bool {
        let closed = || async { self.open().is_disjoint(connections).then_some(()) };
        crate::expect::eventually(limit, "connections are closed", closed).await.is_ok()
    }

    /// Hidden things that answers told since then.
    pub fn leaks(&self) -> Vec<String> {
        self.collect(|(_, link)| link.leaks.clone()).concat()
    }

    /// What answers came to since then.
    pub fn answers(&self) -> Answers {
        let sum = |sum: Answers, one: Answers| Answers {
            count: sum.count + one.count,
            bytes: sum.bytes + one.bytes,
            largest: sum.largest.max(one.largest),
        };
        self.collect(|(_, link)| link.answers).into_iter().fold(Answers::default(), sum)
    }

    /// Whether these bytes were part of a Produce request since then.
    pub fn produced(&self, bytes: &[u8]) -> bool {
        self.collect(|(_, link)| contains(&link.produced, bytes)).contains(&true)
    }
}

/// Where one connection is noted.
struct Note {
    links: Links,
    number: u64,
}

impl Note {
    fn of(&self, change: impl FnOnce(&mut Link)) {
        if let Some(link) = self.links.lock().get_mut(&self.number) {
            change(link);
        }
    }

    fn request(&self, frame: &[u8]) {
        let number = |at: usize| {
            let bytes = frame.get(at..at + 2)?;
            Some(i16::from_be_bytes(bytes.try_into().ok()?))
        };
        let (Some(api), Some(version)) = (number(0), number(2)) else { return };
        let name = number(CLIENT_ID_AT).and_then(|length| usize::try_from(length).ok());
        let start = CLIENT_ID_AT + 2;
        let name = name.and_then(|length| frame.get(start..start + length)).unwrap_or_default();
        let request = Request { connection: self.number, api, version, at: Instant::now() };
        self.of(|link| {
            if link.client.is_empty() {
                link.client = String::from_utf8_lossy(name).into_owned();
            }
            link.requests.push(request);
            if api == PRODUCE && link.produced.len() + frame.len() <= CAPTURED_BYTES_MAX {
                link.produced.extend_from_slice(frame);
            }
        });
    }
}

async fn pass(
    client: TcpStream,
    targets: &Balancer,
    note: &Note,
    hidden: &[Vec<u8>],
) -> anyhow::Result<()> {
    let server = targets.connect().await?;
    // The tap must not add Nagle's wait to what it measures.
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (client_reads, client_writes) = client.into_split();
    let (server_reads, server_writes) = server.into_split();
    // When either side ends, the other is closed too.
    tokio::select! {
        ended = requests(client_reads, server_writes, note) => ended,
        ended = answers(server_reads, client_writes, note, hidden) => ended,
    }
}

async fn requests(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    note: &Note,
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
        note.request(&frame);
        to.write_all(&frame).await?;
    }
}

async fn answers(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    note: &Note,
    hidden: &[Vec<u8>],
) -> anyhow::Result<()> {
    let overlap = hidden.iter().map(Vec::len).max().unwrap_or(1) - 1;
    let mut window = Vec::with_capacity(CHUNK_BYTES + overlap);
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut frames = Frames::default();
    loop {
        let count = from.read(&mut chunk).await?;
        if count == 0 {
            return Ok(());
        }
        let came = chunk.get(..count).unwrap_or_default();
        to.write_all(came).await?;
        note.of(|link| frames.take(came, &mut link.answers));
        window.extend_from_slice(came);
        for secret in hidden.iter().filter(|secret| contains(&window, secret)) {
            note.of(|link| link.leaks.push(String::from_utf8_lossy(secret).into_owned()));
        }
        window.drain(..window.len().saturating_sub(overlap));
    }
}

/// Where a stream of answers stands: each begins with its length.
#[derive(Default)]
struct Frames {
    /// Bytes of the current answer that have not come.
    left: usize,
    /// Of the next length, as far as it has come.
    length: Vec<u8>,
}

impl Frames {
    fn take(&mut self, mut came: &[u8], answers: &mut Answers) {
        answers.bytes += came.len() as u64;
        while !came.is_empty() {
            let body = self.left.min(came.len());
            self.left -= body;
            came = came.get(body..).unwrap_or_default();
            let head = (4 - self.length.len()).min(came.len());
            let (length, rest) = came.split_at(head);
            self.length.extend_from_slice(length);
            came = rest;
            if let Ok(length) = <[u8; 4]>::try_from(self.length.as_slice()) {
                self.length.clear();
                self.left = u32::from_be_bytes(length) as usize;
                answers.count += 1;
                answers.largest = answers.largest.max(self.left as u64);
            }
        }
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len().max(1)).any(|window| window == part)
}
