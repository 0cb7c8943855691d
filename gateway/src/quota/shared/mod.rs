//! Limits that hold over all replicas: buckets in Redis, of which each replica leases slices of a
//! tenth of a second and spends them by itself, and counts of the connections that each has open.
//! No record waits for Redis. While Redis is away each replica takes its share of every limit, by
//! how many replicas there were last, and says so.

mod known;
mod lease;
mod leaser;

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::connections::Connections;
use known::Known;
pub(super) use lease::Lease;

/// Subscriptions that may ask at once; who finds no room asks again.
const ASKING_MAX: usize = 4_096;
/// Subscriptions whose connections may have changed at once; beyond it all are told a little later.
const TELLING_MAX: usize = 16_384;

/// Where limits are shared.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedConfig {
    /// `redis://host:port/0` or `rediss://…`; may hold a password.
    pub url: String,
    /// This replica's name among others.
    pub replica: String,
    /// How many replicas are thought to be there, at least.
    pub replicas_min: u32,
}

impl fmt::Debug for SharedConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedConfig({})", self.replica)
    }
}

/// What subscriptions ask of Redis.
struct Asked {
    leases: mpsc::Receiver<Arc<Lease>>,
    connections: mpsc::Receiver<Arc<Connections>>,
}

/// What the subscriptions of a replica share.
pub struct Shared {
    replica: String,
    replicas_min: u32,
    asking: mpsc::Sender<Arc<Lease>>,
    /// Whose connections are to be told; each is there once at most.
    telling: mpsc::Sender<Arc<Connections>>,
    /// Whether there was no room for somebody's.
    untold: AtomicBool,
    known: Mutex<Known>,
    lost: AtomicBool,
    /// Whether the log says so.
    said: AtomicBool,
    replicas: AtomicU32,
    leases: AtomicU64,
}

impl Shared {
    /// Begins to talk to Redis. Until it answers for the first time, this replica takes its share.
    /// Must be called inside the runtime.
    ///
    /// # Errors
    /// When the address is none.
    pub fn start(config: &SharedConfig) -> Result<Arc<Self>, String> {
        let wrong = |_| "it is to be like redis://host:6379/0 or rediss://host:6379/0".to_owned();
        let client = redis::Client::open(config.url.as_str()).map_err(wrong)?;
        let (shared, asked) = Self::new(&config.replica, config.replicas_min);
        tokio::spawn(leaser::run(client, Arc::clone(&shared), asked));
        Ok(shared)
    }

    fn new(replica: &str, replicas_min: u32) -> (Arc<Self>, Asked) {
        let (asking, leases) = mpsc::channel(ASKING_MAX);
        let (telling, connections) = mpsc::channel(TELLING_MAX);
        let replicas_min = replicas_min.max(1);
        let shared = Arc::new(Self {
            replica: replica.to_owned(),
            replicas_min,
            asking,
            telling,
            untold: AtomicBool::new(false),
            known: Mutex::default(),
            lost: AtomicBool::new(true),
            said: AtomicBool::new(false),
            replicas: AtomicU32::new(replicas_min),
            leases: AtomicU64::new(0),
        });
        (shared, Asked { leases, connections })
    }

    /// Whether each replica takes its share, because Redis is away.
    pub fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// How many replicas there were last.
    pub fn replicas(&self) -> u32 {
        self.replicas.load(Ordering::Relaxed)
    }

    /// Leases so far.
    pub fn leases(&self) -> u64 {
        self.leases.load(Ordering::Relaxed)
    }

    /// In words, for operators.
    pub fn words(&self) -> String {
        let replicas = self.replicas();
        match self.is_lost() {
            true => format!("limits: Redis is away, this replica takes 1/{replicas} of each"),
            false => format!("limits: shared by {replicas} replicas"),
        }
    }

    /// A part of a subscription's bucket.
    pub(super) fn lease(
        self: &Arc<Self>,
        (subscription, what): (&str, &str),
        burst: NonZeroU32,
        fills_in: Duration,
    ) -> Arc<Lease> {
        let key = format!("sluicegate:limit:{{{subscription}}}:{what}");
        Lease::new(Arc::clone(self), key, burst, fills_in)
    }

    /// Of how many replicas this one takes its share; `None`: Redis is there.
    pub(super) fn alone_of(&self) -> Option<u32> {
        self.is_lost().then(|| self.replicas())
    }

    /// Asks for a lease; whether it will be answered.
    fn ask(&self, lease: &Arc<Lease>) -> bool {
        self.asking.try_send(Arc::clone(lease)).is_ok()
    }

    /// Remembers whose connections Redis is to be told when it has forgotten them.
    pub(super) fn know(&self, connections: &Arc<Connections>) {
        self.known.lock().add(connections);
    }

    /// Tells Redis of a subscription's connections; whether that will be answered.
    pub(super) fn tell(&self, connections: &Arc<Connections>) -> bool {
        let told = self.telling.try_send(Arc::clone(connections)).is_ok();
        if !told {
            self.untold.store(true, Ordering::Relaxed);
        }
        told
    }

    /// Tells Redis of all connections if somebody's could not be told.
    fn tell_untold(&self) {
        if self.untold.swap(false, Ordering::Relaxed) {
            self.tell_all();
        }
    }

    /// Tells Redis of all connections.
    fn tell_all(&self) {
        let known = self.known.lock().all();
        known.iter().for_each(Connections::tell_anew);
    }

    fn lost(&self, why: &str) {
        self.lost.store(true, Ordering::Relaxed);
        if !self.said.swap(true, Ordering::Relaxed) {
            let replicas = self.replicas();
            tracing::warn!(why, replicas, "Redis is away: this replica takes its share of limits");
        }
    }

    fn found(&self, replicas: u32) {
        self.replicas.store(replicas.max(self.replicas_min), Ordering::Relaxed);
        self.said.store(false, Ordering::Relaxed);
        if self.is_lost() {
            // Before anybody opens connections into places that it may have forgotten.
            self.tell_all();
        }
        if self.lost.swap(false, Ordering::Relaxed) {
            tracing::info!(replicas, "limits are shared over Redis");
        }
    }

    fn count(&self, leases: usize) {
        self.leases.fetch_add(leases as u64, Ordering::Relaxed);
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words())
    }
}

#[cfg(test)]
mod tests;
