//! The budget of one subscription.

use std::sync::Arc;
use std::time::Duration;

use catalog::model::Limits;
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::sync::futures::Notified;
use tokio::time::{Instant, timeout_at};

use super::cells::{Account, Cells};
use super::connections::{ConnectionGuard, Connections, Full};
use super::shared::Shared;

/// Bytes of a cell: governor's cells are whole nanoseconds apart, so single bytes would be wrong.
const BYTES_CELL: u64 = 1024;

/// What part of a second one piece of a paced stream holds at most.
const PIECES_PER_SECOND: u32 = 10;

/// When to ask again for a connection: others come and go without notice.
const CONNECTION_RETRY: Duration = Duration::from_secs(5);

/// How long whoever opens a connection waits for a place among those of all replicas.
const CONNECTION_WAIT: Duration = Duration::from_secs(2);

/// Until when to wait before trying again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter(pub Duration);

/// The largest piece of a stream to ask for at once: a tenth of a second of the plan's rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Events, at least one.
    pub events_max: u32,
    /// Bytes; a single event may be larger.
    pub bytes_max: u64,
}

/// What one subscription may take, over all its connections.
pub struct Budget {
    events: Option<Cells>,
    bytes: Option<Cells>,
    accounts: Mutex<Accounts>,
    /// One permit: whose turn it is to take.
    turns: Arc<Semaphore>,
    piece: Piece,
    connections_max: Option<u32>,
    connections: Arc<Connections>,
}

struct Accounts {
    events: Account,
    bytes: Account,
    used: Instant,
}

impl Budget {
    /// Of a subscription's limits, by itself or in common with other replicas.
    pub(super) fn new(
        (subscription, limits): (&str, &Limits),
        shared: Option<&Arc<Shared>>,
        connections: Arc<Connections>,
    ) -> Self {
        let events = limits.events_per_second;
        let bytes = limits.bytes_per_second;
        let of = |what| shared.map(|shared| (shared, (subscription, what)));
        let piece = Piece {
            events_max: events.map_or(u32::MAX, |rate| (rate / PIECES_PER_SECOND).max(1)),
            bytes_max: bytes.map_or(u64::MAX, |rate| (rate / u64::from(PIECES_PER_SECOND)).max(1)),
        };
        Self {
            events: events.and_then(|rate| Cells::new(u64::from(rate), 1, of("events"))),
            bytes: bytes.and_then(|rate| Cells::new(rate, BYTES_CELL, of("bytes"))),
            accounts: Mutex::new(Accounts {
                events: Account::default(),
                bytes: Account::default(),
                used: Instant::now(),
            }),
            turns: Arc::new(Semaphore::new(1)),
            piece,
            connections_max: limits.connections,
            connections,
        }
    }

    /// Counts a connection in, when other replicas have left a place for it.
    ///
    /// # Errors
    /// All connections of the plan are taken.
    pub async fn open_connection(&self) -> Result<ConnectionGuard, RetryAfter> {
        let deadline = Instant::now() + CONNECTION_WAIT;
        loop {
            let changed = self.connections.changed();
            match self.connections.open(self.connections_max()) {
                Ok(connection) => return Ok(connection),
                Err(Full::Asked) if timeout_at(deadline, changed).await.is_ok() => {}
                Err(Full::Asked | Full::Taken) => return Err(RetryAfter(CONNECTION_RETRY)),
            }
        }
    }

    /// Counts a connection in, if there is a place right now; asks other replicas for one
    /// otherwise, for who tries again.
    pub fn try_open_connection(&self) -> Option<ConnectionGuard> {
        self.connections.open(self.connections_max()).ok()
    }

    /// Ready when there may be a place that there was not at the call: time to ask again.
    pub fn connections_changed(&self) -> Notified<'_> {
        self.connections.changed()
    }

    fn connections_max(&self) -> u32 {
        self.connections_max.unwrap_or(u32::MAX)
    }

    /// The largest piece to ask for at once.
    pub fn piece(&self) -> Piece {
        self.piece
    }

    /// Whether the plan limits a rate.
    pub(super) fn is_limited(&self) -> bool {
        self.events.is_some() || self.bytes.is_some()
    }

    pub(super) fn turns(&self) -> &Arc<Semaphore> {
        &self.turns
    }

    /// Takes events and bytes, both or none.
    ///
    /// # Errors
    /// When to ask again.
    pub(super) fn take(&self, events: u32, bytes: u64) -> Result<(), Instant> {
        self.pay((events, bytes), Cells::take)
    }

    /// Takes events and bytes if there is room for anything at all; the rest is owed.
    ///
    /// # Errors
    /// When to ask again.
    pub(super) fn owe(&self, events: u32, bytes: u64) -> Result<(), Instant> {
        self.pay((events, bytes), Cells::owe)
    }

    fn pay(
        &self,
        (events, bytes): (u32, u64),
        take: fn(&Cells, &mut Account, u64) -> Result<(), Instant>,
    ) -> Result<(), Instant> {
        if !self.is_limited() {
            return Ok(());
        }
        let mut accounts = self.accounts.lock();
        accounts.used = Instant::now();
        if let Some(cells) = &self.events {
            take(cells, &mut accounts.events, u64::from(events))?;
        }
        if let Some(cells) = &self.bytes
            && let Err(when) = take(cells, &mut accounts.bytes, bytes)
        {
            if self.events.is_some() {
                // Paid and not used: the next to ask has them.
                let paid = &mut accounts.events.paid;
                *paid = paid.saturating_add(u64::from(events));
            }
            return Err(when);
        }
        Ok(())
    }

    /// Charges bytes that leave whether or not there is room (id lines, heartbeats): they are owed.
    pub fn charge(&self, bytes: u64) {
        if self.bytes.is_some() {
            let owed = &mut self.accounts.lock().bytes.owed;
            *owed = owed.saturating_add(bytes);
        }
    }

    /// Whether nobody would notice if this were made anew: nothing owed and every bucket full.
    pub(super) fn is_full(&self) -> bool {
        let accounts = self.accounts.lock();
        let fills_in = self
            .events
            .iter()
            .chain(&self.bytes)
            .map(|cells| cells.fills_in)
            .max()
            .unwrap_or(Duration::ZERO);
        accounts.events.owed == 0
            && accounts.bytes.owed == 0
            && accounts.used.elapsed() >= fills_in.max(Duration::from_secs(1))
    }
}
