//! What concerns every open stream and session of all doors at once: a new snapshot, and the end.
//! One waiter list for both, so that a stream has one registration to keep, and nothing to look at
//! while nothing happens but a counter.

mod seats;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use catalog::{Snapshot, SnapshotReceiver};
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

pub use seats::{Replaced, Seat, Seats};

/// What streams are asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Go on.
    Serving = 0,
    /// Finish what is being written, say when to come back, and close.
    Draining = 1,
    /// Stop now.
    Stopping = 2,
}

/// Tells streams about new snapshots and the end.
pub struct Signal {
    snapshots: SnapshotReceiver,
    epoch: AtomicU64,
    phase: AtomicU8,
    notify: Arc<Notify>,
}

impl Signal {
    /// Follows these snapshots. [`Signal::run`] must run for streams to be told.
    pub fn new(snapshots: SnapshotReceiver) -> Arc<Self> {
        Arc::new(Self {
            snapshots,
            epoch: AtomicU64::new(0),
            phase: AtomicU8::new(Phase::Serving as u8),
            notify: Arc::default(),
        })
    }

    /// Tells streams about each new snapshot, until nothing publishes any more.
    pub async fn run(&self) {
        let mut snapshots = self.snapshots.clone();
        while snapshots.changed().await.is_ok() {
            self.tell();
        }
    }

    /// The snapshot now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshots.borrow())
    }

    /// What streams are asked to do.
    pub fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Serving,
            1 => Phase::Draining,
            _ => Phase::Stopping,
        }
    }

    /// Asks streams to do this; never goes back.
    pub fn set_phase(&self, phase: Phase) {
        self.phase.fetch_max(phase as u8, Ordering::AcqRel);
        self.tell();
    }

    /// Waits until streams are asked to do at least this.
    pub async fn reached(self: &Arc<Self>, phase: Phase) {
        loop {
            let notified = self.notify.notified();
            if self.phase() >= phase {
                return;
            }
            notified.await;
        }
    }

    fn tell(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        self.notify.notify_waiters();
    }
}

/// One stream's registration with the signal.
pub struct Listening {
    signal: Arc<Signal>,
    notified: Pin<Box<OwnedNotified>>,
    epoch: u64,
    waker: Option<Waker>,
    /// Its place, which another connection may take.
    seat: Option<Seat>,
}

impl Listening {
    /// Listens for what comes after now.
    pub fn new(signal: Arc<Signal>) -> Self {
        // The order matters: what is told after the first line is not missed.
        let notified = Box::pin(Arc::clone(&signal.notify).notified_owned());
        let epoch = signal.epoch.load(Ordering::Acquire);
        Self { signal, notified, epoch, waker: None, seat: None }
    }

    /// Is also told when another connection takes this place.
    #[must_use]
    pub fn with_seat(self, seat: Option<Seat>) -> Self {
        Self { seat, ..self }
    }

    /// Whether another connection took the place: then this one must end.
    pub fn is_replaced(&self) -> bool {
        self.seat.as_ref().is_some_and(Seat::is_lost)
    }

    /// Listens for what comes after now, again.
    fn again(&mut self) {
        *self = Self::new(Arc::clone(&self.signal)).with_seat(self.seat.take());
    }

    /// What is listened to.
    pub fn signal(&self) -> &Arc<Signal> {
        &self.signal
    }

    /// Ready once for everything told since the last time; looks at a counter while nothing is.
    pub fn poll_told(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.signal.epoch.load(Ordering::Acquire) != self.epoch {
                self.again();
                return Poll::Ready(());
            }
            if self.is_replaced() {
                return Poll::Ready(());
            }
            let known = self.waker.as_ref();
            if known.is_some_and(|waker| waker.will_wake(context.waker())) {
                return Poll::Pending;
            }
            if let Some(seat) = &self.seat {
                seat.wake(context.waker());
            }
            if self.notified.as_mut().poll(context).is_pending() {
                self.waker = Some(context.waker().clone());
                // Told between the two looks: the waker may not have been there yet.
                if self.signal.epoch.load(Ordering::Acquire) == self.epoch && !self.is_replaced() {
                    return Poll::Pending;
                }
            } else {
                self.again();
                return Poll::Ready(());
            }
        }
    }
}

#[cfg(test)]
mod tests;
