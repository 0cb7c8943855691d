//! One single-threaded runtime per core for connections. A stream that is woken is polled by the
//! thread that has its socket: nothing is stolen, and a thousand wake-ups of one batch stay in the
//! caches of one core. Fetch loops and cold reads are on the process's own runtime.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::{io, thread};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// The lanes; they end, and what still runs on them, when this is dropped.
pub struct Lanes {
    lanes: Vec<Lane>,
    next: AtomicUsize,
}

struct Lane {
    handle: Handle,
    /// Dropped to end the lane.
    _running: oneshot::Sender<()>,
}

impl Lanes {
    /// A lane per core.
    ///
    /// # Errors
    /// When the system gives no thread or no event queue.
    pub fn start() -> io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, |cores| cores.get());
        let lanes = (0..cores).map(Lane::start).collect::<io::Result<Vec<_>>>()?;
        Ok(Self { lanes, next: AtomicUsize::new(0) })
    }

    /// The lane whose turn it is.
    pub fn next(&self) -> Option<&Handle> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let lane = turn.checked_rem(self.lanes.len()).and_then(|turn| self.lanes.get(turn));
        lane.map(|lane| &lane.handle)
    }
}

impl Lane {
    fn start(number: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (running, ended) = oneshot::channel::<()>();
        thread::Builder::new().name(format!("lane-{number}")).spawn(move || {
            // The sender is never used: it is dropped.
            let _ = runtime.block_on(ended);
        })?;
        Ok(Self { handle, _running: running })
    }
}
