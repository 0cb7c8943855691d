//! What connections share: the state behind one lock, and who waits for it to change. Nobody holds
//! the lock while waiting.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{SystemTime, UNIX_EPOCH};

use parking_lot::{Mutex, RwLock};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use crate::group::Groups;
use crate::intercept::Interceptor;
use crate::log::Topics;
use crate::transaction::{Ending, Transactions};

/// Everything that the broker keeps.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) topics: Topics,
    pub(crate) groups: Groups,
    pub(crate) transactions: Transactions,
}

impl State {
    /// Deletes a topic with all that is kept for it; whether there was one.
    pub(crate) fn delete_topic(&mut self, name: &str) -> bool {
        self.groups.forget_topic(name);
        self.topics.delete(name)
    }

    /// Writes the markers of a transaction that ends, and decides what it committed.
    pub(crate) fn end_transaction(&mut self, ending: &Ending) {
        let now_ms = now_ms();
        for (topic, partition) in &ending.touched.partitions {
            // A topic that was deleted meanwhile needs none.
            if let Some(partition) = self.topics.partition_mut(topic, *partition) {
                partition.end_transaction(ending.producer, ending.commit, now_ms);
            }
        }
        for group in &ending.touched.groups {
            self.groups.end_transaction(group, ending.producer.0, ending.commit);
        }
    }

    /// When the next session, rebalance or transaction ends.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.groups.deadline().into_iter().chain(self.transactions.deadline()).min()
    }

    /// Ends what is over; whether logs changed.
    pub(crate) fn expire(&mut self, now: Instant) -> bool {
        self.groups.expire(now);
        let aborted = self.transactions.expire(now);
        for ending in &aborted {
            self.end_transaction(ending);
        }
        !aborted.is_empty()
    }
}

/// What connections share.
pub(crate) struct Shared {
    /// Where clients find the broker.
    pub(crate) address: RwLock<SocketAddr>,
    pub(crate) cluster_id: String,
    pub(crate) sasl: Option<(String, String)>,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) interceptor: Option<Arc<dyn Interceptor>>,
    pub(crate) state: Mutex<State>,
    /// Counts changes to logs, so that waiting fetches look again.
    pub(crate) changes: watch::Sender<u64>,
    /// Something may end earlier than it was known.
    pub(crate) deadlines: Notify,
    /// Places for fetches that wait.
    pub(crate) waiting: Semaphore,
    pub(crate) bytes_out: AtomicU64,
    pub(crate) connections: AtomicU64,
}

impl Shared {
    /// Wakes every fetch that waits.
    pub(crate) fn changed(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
