//! Many subscribers at once, cheaply: one small task each that counts what comes and keeps the last
//! id, with a look at each event's data for those who measure delays.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use parking_lot::Mutex;
use tokio::io::AsyncReadExt;
use tokio::task::JoinSet;

use crate::expect::eventually;
use crate::http::{Connection, Socket};

/// How much one subscriber reads at once; lines longer than it are assembled.
const READ_BYTES: usize = 8 * 1024;
/// Connections that are being opened at the same time.
const OPENING_MAX: usize = 64;
/// How long one subscriber may take to open.
const OPEN_LIMIT: Duration = Duration::from_secs(30);

/// Looks at the data of one event of one subscriber, as it arrives.
pub type Watch = Arc<dyn Fn(usize, &[u8], Instant) + Send + Sync>;

/// What one subscriber has seen.
#[derive(Debug, Default)]
pub struct Seen {
    /// Events.
    pub events: AtomicU64,
    /// Bytes of body and framing.
    pub bytes: AtomicU64,
    /// Whether the connection is gone.
    pub ended: AtomicBool,
    /// The last id.
    pub last_id: Mutex<Vec<u8>>,
}

/// Open subscribers; dropping it closes them all.
pub struct Crowd {
    seen: Vec<Arc<Seen>>,
    tasks: JoinSet<()>,
}

impl Crowd {
    /// Opens `count` streams at `address`, the `n`th with the request bytes `request(n)`, and waits
    /// until each has answered 200.
    pub async fn open(
        address: &str,
        count: usize,
        request: impl Fn(usize) -> Vec<u8>,
        watch: Option<Watch>,
    ) -> anyhow::Result<Crowd> {
        let mut crowd = Crowd { seen: Vec::new(), tasks: JoinSet::new() };
        let mut opening: JoinSet<anyhow::Result<(usize, Connection)>> = JoinSet::new();
        for number in 0..count {
            crowd.seen.push(Arc::new(Seen::default()));
            if opening.len() >= OPENING_MAX {
                crowd.admit(opening.join_next().await, watch.as_ref())?;
            }
            let (address, request) = (address.to_owned(), request(number));
            opening.spawn(async move {
                let opened = tokio::time::timeout(OPEN_LIMIT, one(&address, &request)).await;
                Ok((number, opened.context("not opened in time")??))
            });
        }
        while !opening.is_empty() {
            crowd.admit(opening.join_next().await, watch.as_ref())?;
        }
        Ok(crowd)
    }

    fn admit(
        &mut self,
        opened: Option<Result<anyhow::Result<(usize, Connection)>, tokio::task::JoinError>>,
        watch: Option<&Watch>,
    ) -> anyhow::Result<()> {
        let (number, connection) = opened.context("nobody is opening")???;
        let seen = Arc::clone(self.seen.get(number).context("an unknown subscriber")?);
        let watch = watch.cloned();
        self.tasks.spawn(async move {
            read(connection, number, &seen, watch).await;
            seen.ended.store(true, Ordering::Release);
        });
        Ok(())
    }

    /// What each has seen.
    pub fn seen(&self) -> &[Arc<Seen>] {
        &self.seen
    }

    /// Events over all subscribers.
    pub fn events(&self) -> u64 {
        self.seen.iter().map(|seen| seen.events.load(Ordering::Acquire)).sum()
    }

    /// Bytes over all subscribers.
    pub fn bytes(&self) -> u64 {
        self.seen.iter().map(|seen| seen.bytes.load(Ordering::Acquire)).sum()
    }

    /// How many connections are still open.
    pub fn open_count(&self) -> usize {
        self.seen.iter().filter(|seen| !seen.ended.load(Ordering::Acquire)).count()
    }

    /// Waits until every subscriber has seen at least `count` events.
    pub async fn each_saw(&self, count: u64, limit: Duration) -> anyhow::Result<()> {
        let fewest = || self.seen.iter().map(|seen| seen.events.load(Ordering::Acquire)).min();
        let what = format!("every subscriber has {count} events");
        let outcome =
            eventually(limit, &what, || async { fewest().filter(|fewest| *fewest >= count) }).await;
        outcome.map(drop).with_context(|| format!("the slowest has {:?}", fewest()))
    }
}

async fn one(address: &str, request: &[u8]) -> anyhow::Result<Connection> {
    let mut connection = Connection::new(Socket::connect(address, None).await?);
    connection.send(request).await?;
    let head = connection.head().await?;
    anyhow::ensure!(head.status == 200, "refused with {}", head.status);
    Ok(connection)
}

async fn read(mut connection: Connection, number: usize, seen: &Seen, watch: Option<Watch>) {
    let (mut line, mut buffer) = (Vec::new(), vec![0; READ_BYTES]);
    let early = connection.take_buffer();
    take(&early, &mut line, number, seen, watch.as_ref());
    loop {
        match connection.socket().read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => take(&buffer[..count], &mut line, number, seen, watch.as_ref()),
        }
    }
}

/// Chunk sizes of the transfer coding stand on lines of their own and look like no field of ours:
/// they are passed over like them.
fn take(mut bytes: &[u8], line: &mut Vec<u8>, number: usize, seen: &Seen, watch: Option<&Watch>) {
    seen.bytes.fetch_add(bytes.len() as u64, Ordering::AcqRel);
    let now = Instant::now();
    while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
        line.extend_from_slice(&bytes[..end]);
        if let Some(data) = line.strip_prefix(b"data:") {
            seen.events.fetch_add(1, Ordering::AcqRel);
            if let Some(watch) = watch {
                watch(number, data, now);
            }
        } else if let Some(id) = line.strip_prefix(b"id:") {
            let mut last = seen.last_id.lock();
            last.clear();
            last.extend_from_slice(id.strip_prefix(b" ").unwrap_or(id));
        }
        line.clear();
        bytes = &bytes[end + 1..];
    }
    line.extend_from_slice(bytes);
}
