//! What one replica has leased of a subscription's bucket, and spends by itself.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::Shared;
use crate::quota::cells::Local;

/// How long somebody waits for a lease that is under way before asking again.
const UNDER_WAY: Duration = Duration::from_millis(5);
/// The longest that is waited before a lease is asked for again.
const WAIT_MAX: Duration = Duration::from_secs(1);
/// What part of a bucket one lease takes: a tenth of a second's worth.
const SLICES: u32 = 10;

/// A replica's part of a bucket.
pub(crate) struct Lease {
    shared: Arc<Shared>,
    /// The bucket's name in Redis.
    pub(super) key: String,
    /// Cells of a full bucket.
    pub(super) burst: NonZeroU32,
    /// How long an empty bucket takes to fill.
    pub(super) fills_in: Duration,
    pool: Mutex<Pool>,
}

struct Pool {
    /// Leased and not spent.
    cells: u32,
    /// What somebody waits for.
    needed: u32,
    /// A lease is under way.
    asked: bool,
    /// Before this moment there is nothing to lease.
    not_before: Instant,
    /// While Redis is away: this replica's share, of so many replicas.
    alone: Option<(u32, Local)>,
}

impl Lease {
    pub(super) fn new(
        shared: Arc<Shared>,
        key: String,
        burst: NonZeroU32,
        fills_in: Duration,
    ) -> Arc<Self> {
        let pool =
            Pool { cells: 0, needed: 0, asked: false, not_before: Instant::now(), alone: None };
        Arc::new(Self { shared, key, burst, fills_in, pool: Mutex::new(pool) })
    }

    /// Spends cells, all of them or none; how many it were: without Redis at most this replica's
    /// share of a bucket.
    ///
    /// # Errors
    /// When to ask again.
    pub(crate) fn pay(self: &Arc<Self>, cells: NonZeroU32) -> Result<u32, Instant> {
        let mut pool = self.pool.lock();
        if let Some(replicas) = self.shared.alone_of() {
            return self.pay_alone(&mut pool, cells, replicas);
        }
        pool.alone = None;
        let now = Instant::now();
        let paid = pool.cells.checked_sub(cells.get());
        pool.cells = paid.unwrap_or(pool.cells);
        pool.needed = if paid.is_some() { 0 } else { cells.get() };
        // Ahead of need: in a steady stream nobody waits for Redis.
        let low = paid.is_none() || pool.cells < self.slice().div_ceil(2);
        if low && !pool.asked && now >= pool.not_before {
            pool.asked = self.shared.ask(self);
        }
        match paid {
            Some(_) => Ok(cells.get()),
            None => Err(pool.not_before.max(now + UNDER_WAY)),
        }
    }

    fn pay_alone(&self, pool: &mut Pool, cells: NonZeroU32, replicas: u32) -> Result<u32, Instant> {
        if pool.alone.as_ref().is_none_or(|(of, _)| *of != replicas) {
            // What was leased is spent by then: it is a tenth of a second's worth.
            pool.cells = 0;
            pool.alone =
                Local::share(self.burst, self.fills_in, replicas).map(|local| (replicas, local));
        }
        match &pool.alone {
            Some((_, local)) => local.pay(cells),
            // Cannot be: a share is at least one cell. Fail closed.
            None => Err(Instant::now() + WAIT_MAX),
        }
    }

    fn slice(&self) -> u32 {
        (self.burst.get() / SLICES).max(1)
    }

    /// How many cells to ask for.
    pub(super) fn wanted(&self) -> u32 {
        let pool = self.pool.lock();
        let missing = pool.needed.saturating_sub(pool.cells);
        missing.max(self.slice()).min(self.burst.get())
    }

    /// Takes what Redis gave; `wait`: when there will be what was not.
    pub(super) fn granted(&self, cells: u32, wait: Duration) {
        let mut pool = self.pool.lock();
        pool.cells = pool.cells.saturating_add(cells).min(self.burst.get());
        pool.asked = false;
        pool.not_before = Instant::now() + wait.min(WAIT_MAX);
    }

    /// Redis did not answer.
    pub(super) fn unanswered(&self) {
        self.pool.lock().asked = false;
    }
}
