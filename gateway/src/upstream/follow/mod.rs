//! Following topic-partitions live: who is followed, and the guard that keeps it so. One supervisor
//! per cluster assigns them to the loops, one loop per broker fetches them.

use std::{
    collections::HashMap,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;
use tokio::{sync::Notify, task::AbortHandle};

use super::{Follower, core::Core};

mod broker_loop;
mod partition;
mod supervisor;

use partition::Followed;

/// Keeps a topic-partition followed until dropped. Does not keep the cluster's client alive:
/// following also ends when that is dropped.
pub struct FollowGuard {
    id: u64,
    core: Weak<Core>,
}

impl Drop for FollowGuard {
    fn drop(&mut self) {
        if let Some(core) = self.core.upgrade() {
            core.followed.remove(self.id);
        }
    }
}

/// Everything followed on one cluster.
#[derive(Default)]
pub(super) struct Registry {
    followed: Mutex<HashMap<u64, Arc<Followed>>>,
    next_id: AtomicU64,
    /// Wakes the supervisor.
    changed: Notify,
    /// What is remembered of leaders has proved wrong somewhere.
    stale: AtomicBool,
    supervisor: Mutex<Option<AbortHandle>>,
}

impl Registry {
    /// All that is followed now, in a stable order.
    fn all(&self) -> Vec<Arc<Followed>> {
        let mut all: Vec<_> = self.followed.lock().values().cloned().collect();
        all.sort_unstable_by(|a, b| a.key().cmp(&b.key()));
        all
    }

    fn remove(&self, id: u64) {
        self.followed.lock().remove(&id);
        self.changed.notify_one();
    }

    /// Asks the supervisor to look at leaders anew.
    fn ask_refresh(&self) {
        self.stale.store(true, Ordering::Release);
        self.changed.notify_one();
    }

    /// Ends following: the supervisor's loops end with it, followers are let go.
    pub(super) fn shut_down(&self) {
        if let Some(supervisor) = self.supervisor.lock().take() {
            supervisor.abort();
        }
        let followed = std::mem::take(&mut *self.followed.lock());
        drop(followed);
    }
}

/// Follows a topic-partition.
pub(super) fn follow(
    core: &Arc<Core>,
    topic: &str,
    partition: i32,
    follower: Arc<dyn Follower>,
) -> FollowGuard {
    let registry = &core.followed;
    let id = registry.next_id.fetch_add(1, Ordering::Relaxed);
    let followed = Arc::new(Followed::new(id, topic, partition, follower));
    registry.followed.lock().insert(id, followed);
    let mut supervisor = registry.supervisor.lock();
    if supervisor.is_none() {
        // The task holds the core, so it is the client's drop that ends it.
        let task = tokio::spawn(supervisor::run(core.clone()));
        *supervisor = Some(task.abort_handle());
    }
    drop(supervisor);
    registry.changed.notify_one();
    FollowGuard { id, core: Arc::downgrade(core) }
}
