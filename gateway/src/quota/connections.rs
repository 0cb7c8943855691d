//! The connections of one subscription that count against its plan.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// How many there are; counted over changed limits.
#[derive(Default)]
pub(super) struct Connections {
    open: AtomicU32,
    given_back: Notify,
}

/// One connection of a subscription; counted until dropped.
pub struct ConnectionGuard {
    connections: Arc<Connections>,
}

impl Connections {
    /// Counts one in, unless there are `most` already.
    pub(super) fn open(self: &Arc<Self>, most: u32) -> Option<ConnectionGuard> {
        let counted = self.open.fetch_update(Ordering::AcqRel, Ordering::Acquire, |open| {
            (open < most).then(|| open.saturating_add(1))
        });
        counted.is_ok().then(|| ConnectionGuard { connections: Arc::clone(self) })
    }

    /// Ready when one was given back after the call.
    pub(super) fn given_back(&self) -> Notified<'_> {
        self.given_back.notified()
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        self.connections.open.fetch_sub(1, Ordering::AcqRel);
        // All who wait look: which of them may have it depends on the limits each has in hand.
        self.connections.given_back.notify_waiters();
    }
}
