//! How much a subscription may take: events and bytes per second, connections at once. One budget
//! per subscription over all its connections on this replica, or over all replicas that share a
//! Redis.
//!
//! Buckets are governor's. It counts in whole cells and never admits more than a burst at once, so
//! bytes are counted in KiB cells, what is left of a cell is carried, and an event larger than a
//! burst is admitted when a whole burst is there; the rest is owed and paid before the next event.

mod budget;
mod cells;
mod connections;
mod pace;
mod shared;
mod waits;

use std::collections::HashMap;
use std::sync::Arc;

use catalog::model::Limits;
use parking_lot::Mutex;

pub use budget::{Budget, Piece, RetryAfter};
pub use connections::ConnectionGuard;
use connections::Connections;
pub use pace::Pace;
pub use shared::{Shared, SharedConfig};

/// The registry is swept when it has grown to twice what was left by the last sweep, and never
/// below this many entries: sweeping stays cheap per entry.
const SWEEP_ENTRIES_MIN: usize = 64;

/// The budgets of all subscriptions that have been used lately.
#[derive(Default)]
pub struct Quotas {
    budgets: Mutex<Registry>,
    shared: Option<Arc<Shared>>,
}

#[derive(Default)]
struct Registry {
    by_subscription: HashMap<String, Entry>,
    sweep_at: usize,
}

struct Entry {
    limits: Limits,
    connections: Arc<Connections>,
    budget: Arc<Budget>,
}

impl Quotas {
    /// Budgets that hold over all replicas.
    pub fn shared(shared: Option<Arc<Shared>>) -> Self {
        Self { budgets: Mutex::default(), shared }
    }

    /// The budget of a subscription under these limits; made anew when the limits have changed
    /// (connections stay counted). A budget outlives its last connection until it is full again, so
    /// that reconnecting gives nobody a second burst.
    pub fn budget(&self, subscription: &str, limits: &Limits) -> Arc<Budget> {
        let mut registry = self.budgets.lock();
        if let Some(entry) = registry.by_subscription.get_mut(subscription) {
            if entry.limits != *limits {
                entry.limits = *limits;
                let connections = Arc::clone(&entry.connections);
                let of = (subscription, limits);
                entry.budget = Arc::new(Budget::new(of, self.shared.as_ref(), connections));
            }
            return Arc::clone(&entry.budget);
        }
        registry.sweep();
        let connections = Connections::new(subscription, self.shared.as_ref());
        let of = (subscription, limits);
        let budget = Budget::new(of, self.shared.as_ref(), Arc::clone(&connections));
        let budget = Arc::new(budget);
        let entry = Entry { limits: *limits, connections, budget: Arc::clone(&budget) };
        registry.by_subscription.insert(subscription.to_owned(), entry);
        budget
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.budgets.lock().by_subscription.len()
    }
}

impl Registry {
    fn sweep(&mut self) {
        if self.by_subscription.len() < self.sweep_at.max(SWEEP_ENTRIES_MIN) {
            return;
        }
        self.by_subscription
            .retain(|_, entry| Arc::strong_count(&entry.budget) > 1 || !entry.budget.is_full());
        self.sweep_at = self.by_subscription.len().saturating_mul(2);
    }
}

#[cfg(test)]
mod tests;
