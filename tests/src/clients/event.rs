//! Something that happens once for many clients at the same time: a broker restarts, a gateway is
//! killed. Every client takes a seat; when all of them are ready, or have given up, it happens, and
//! then each of them is told when what was.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};

/// How long clients may take to get ready: a dozen of them start at once.
pub const READY_LIMIT: Duration = Duration::from_secs(90);
/// How long a client waits to be told, whatever happens.
const TOLD_LIMIT: Duration = Duration::from_secs(400);

/// A part of what happened.
#[derive(Clone, Debug)]
pub struct Window {
    /// What it was.
    pub what: &'static str,
    /// When it began.
    pub from: Instant,
    /// When all was well again, but for what clients have to do.
    pub to: Instant,
}

type Told = Result<Arc<[Window]>, String>;

/// Waits for its clients.
pub struct Event {
    arrivals: mpsc::Receiver<()>,
    seat: mpsc::Sender<()>,
    told: watch::Sender<Option<Told>>,
}

/// One client's place; dropped, the others do not wait for it.
pub struct Seat {
    here: Mutex<Option<mpsc::Sender<()>>>,
    told: watch::Receiver<Option<Told>>,
}

impl Event {
    /// Without clients yet.
    pub fn new() -> Event {
        let (seat, arrivals) = mpsc::channel(1);
        Event { arrivals, seat, told: watch::Sender::new(None) }
    }

    /// A place for one more client.
    pub fn seat(&self) -> Seat {
        Seat { here: Mutex::new(Some(self.seat.clone())), told: self.told.subscribe() }
    }

    /// Waits for all clients, lets it happen, and tells them.
    pub async fn happen(mut self, act: impl Future<Output = anyhow::Result<Vec<Window>>>) {
        drop(self.seat);
        // Nothing is ever sent: the channel ends with the last sender. Who is late is not ready.
        let _ = tokio::time::timeout(READY_LIMIT, self.arrivals.recv()).await;
        let told = act.await.map(Arc::from).map_err(|error| format!("{error:#}"));
        self.told.send_replace(Some(told));
    }
}

impl Default for Event {
    fn default() -> Event {
        Event::new()
    }
}

impl Seat {
    /// This client is ready.
    pub fn ready(&self) {
        self.here.lock().take();
    }

    /// When it is over: what happened.
    pub async fn over(&self) -> anyhow::Result<Arc<[Window]>> {
        let mut told = self.told.clone();
        let told = tokio::time::timeout(TOLD_LIMIT, told.wait_for(Option::is_some));
        let told = told.await.context("the event does not end")??.clone();
        told.context("nothing happened")?.map_err(|error| anyhow::anyhow!("the event: {error}"))
    }
}

/// Lets `act` happen and notes when.
pub async fn window(
    what: &'static str,
    act: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<Window> {
    let from = Instant::now();
    act.await.context(what)?;
    Ok(Window { what, from, to: Instant::now() })
}
