//! The connections of one subscription that count against its plan: on this replica, or over all
//! replicas that share a Redis. There this replica holds places, and opens connections into them.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::Instant;

use super::shared::Shared;

/// How long Redis is not asked again after it had no place: others come and go without notice.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// How many there are; counted over changed limits.
pub(crate) struct Connections {
    shared: Option<Arc<Shared>>,
    /// The name of the count in Redis.
    pub(super) key: String,
    count: Mutex<Count>,
    changed: Notify,
}

struct Count {
    open: u32,
    /// What the plan allowed last.
    most: u32,
    /// Places among those of all replicas that Redis has noted for this one.
    noted: u32,
    /// Connections that wait for a place.
    wanted: u32,
    /// Is to be told to Redis, or being told.
    telling: bool,
    /// Before this moment there is no place to ask for.
    not_before: Instant,
}

/// Why no connection was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// All places are taken.
    Taken,
    /// Redis is asked for a place: its answer is a change.
    Asked,
}

/// What Redis is told of one subscription.
pub(super) struct Told {
    /// Connections that are open here.
    pub(super) open: u32,
    /// Places that are asked for.
    pub(super) wanted: u32,
    /// What the plan allows.
    pub(super) most: u32,
}

/// One connection of a subscription; counted until dropped.
pub struct ConnectionGuard {
    connections: Arc<Connections>,
}

impl Connections {
    /// Of a subscription, by itself or in common with other replicas.
    pub(super) fn new(subscription: &str, shared: Option<&Arc<Shared>>) -> Arc<Self> {
        let count = Count {
            open: 0,
            most: u32::MAX,
            noted: 0,
            wanted: 0,
            telling: false,
            not_before: Instant::now(),
        };
        let connections = Arc::new(Self {
            shared: shared.cloned(),
            key: format!("sluicegate:connections:{{{subscription}}}"),
            count: Mutex::new(count),
            changed: Notify::new(),
        });
        if let Some(shared) = shared {
            shared.know(&connections);
        }
        connections
    }

    /// Counts one in, unless there are `most` already.
    pub(super) fn open(self: &Arc<Self>, most: u32) -> Result<ConnectionGuard, Full> {
        let mut count = self.count.lock();
        count.most = most;
        let shared = self.shared.as_ref().filter(|_| most < u32::MAX);
        let alone = shared.and_then(|shared| shared.alone_of());
        let room = match (shared, alone) {
            (None, _) => most,
            (Some(_), Some(replicas)) => (most / replicas.max(1)).max(1),
            (Some(_), None) => most.min(count.noted),
        };
        if count.open < room {
            count.open = count.open.saturating_add(1);
            return Ok(ConnectionGuard { connections: Arc::clone(self) });
        }
        let may_ask = shared.is_some() && alone.is_none() && count.open < most;
        if !may_ask || Instant::now() < count.not_before {
            return Err(Full::Taken);
        }
        count.wanted = count.wanted.saturating_add(1).min(most.saturating_sub(count.open));
        self.tell(&mut count);
        Err(Full::Asked)
    }

    /// Ready when one was given back, or Redis has answered, after the call.
    pub(super) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// What Redis is to be told.
    pub(super) fn told(&self) -> Told {
        let mut count = self.count.lock();
        let wanted = std::mem::take(&mut count.wanted);
        Told { open: count.open, wanted, most: count.most }
    }

    /// Redis has noted what is open, and granted so many of the places that were wanted.
    pub(super) fn noted(self: &Arc<Self>, told: &Told, granted: u32) {
        let mut count = self.count.lock();
        count.telling = false;
        count.noted = told.open.saturating_add(granted);
        if granted < told.wanted {
            count.not_before = Instant::now() + ASK_AGAIN;
        }
        if count.wanted > 0 || count.open < told.open {
            self.tell(&mut count);
        }
        self.changed.notify_waiters();
    }

    /// Redis did not answer.
    pub(super) fn unanswered(&self) {
        let mut count = self.count.lock();
        (count.telling, count.wanted) = (false, 0);
        self.changed.notify_waiters();
    }

    /// Whether there are places that nobody opened a connection into.
    pub(super) fn has_spare(&self) -> bool {
        let count = self.count.lock();
        count.open < count.noted
    }

    /// Gives places back that nobody opened a connection into.
    pub(super) fn give_back_spare(self: &Arc<Self>) {
        let mut count = self.count.lock();
        if count.open < count.noted {
            self.tell(&mut count);
        }
    }

    /// Tells Redis what is open here, which may have forgotten it.
    pub(super) fn tell_anew(self: &Arc<Self>) {
        let mut count = self.count.lock();
        let differs = count.noted != count.open;
        count.noted = count.open;
        if (count.open > 0 || differs) && count.most < u32::MAX {
            self.tell(&mut count);
        }
    }

    fn tell(self: &Arc<Self>, count: &mut Count) {
        if let Some(shared) = &self.shared
            && !count.telling
        {
            count.telling = shared.tell(self);
        }
    }

    fn close(self: &Arc<Self>) {
        let mut count = self.count.lock();
        count.open = count.open.saturating_sub(1);
        // All who wait look: which of them may have it depends on the limits each has in hand.
        self.changed.notify_waiters();
        if count.open < count.noted {
            self.tell(&mut count);
        }
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        self.connections.close();
    }
}
