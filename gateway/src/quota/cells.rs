//! One bucket: units paid for in cells, with what is left of a cell carried and debts remembered.

use std::num::NonZeroU32;
use std::ops::Add;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use super::shared::{Lease, Shared};

/// The runtime's clock, so that tests can pause it.
#[derive(Clone, Copy)]
struct RuntimeClock;

/// A moment of the runtime's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Moment(Instant);

impl Add<Nanos> for Moment {
    type Output = Self;

    fn add(self, other: Nanos) -> Self {
        let other: Duration = other.into();
        Self(self.0.checked_add(other).unwrap_or(self.0))
    }
}

impl Reference for Moment {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_duration_since(earlier.0).into()
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.checked_sub(duration.into()).unwrap_or(self.0))
    }
}

impl Clock for RuntimeClock {
    type Instant = Moment;

    fn now(&self) -> Moment {
        Moment(Instant::now())
    }
}

/// A bucket of this replica's own.
pub(super) struct Local {
    limiter: RateLimiter<NotKeyed, InMemoryState, RuntimeClock, NoOpMiddleware<Moment>>,
    burst: NonZeroU32,
}

impl Local {
    /// A bucket of `burst` cells that are `period` apart.
    fn new(period: Duration, burst: NonZeroU32) -> Option<Self> {
        let quota = Quota::with_period(period)?.allow_burst(burst);
        Some(Self { limiter: RateLimiter::direct_with_clock(quota, RuntimeClock), burst })
    }

    /// One of `parts` equal parts of a bucket that fills in this time; at least a cell.
    pub(super) fn share(burst: NonZeroU32, fills_in: Duration, parts: u32) -> Option<Self> {
        let parts = parts.max(1);
        let period = fills_in.checked_div(burst.get())?.checked_mul(parts)?;
        let burst = NonZeroU32::new(burst.get() / parts).unwrap_or(NonZeroU32::MIN);
        Self::new(period, burst)
    }

    /// Takes cells, at most a bucket full, all or none; how many it were.
    pub(super) fn pay(&self, cells: NonZeroU32) -> Result<u32, Instant> {
        let cells = cells.min(self.burst);
        match self.limiter.check_n(cells) {
            Ok(Ok(())) => Ok(cells.get()),
            Ok(Err(not_until)) => Err(not_until.earliest_possible().0),
            // Cannot be: never more than a burst is asked for. Fail closed: ask again in a second.
            Err(_) => Err(Instant::now() + Duration::from_secs(1)),
        }
    }
}

/// Where cells come from.
enum Bucket {
    /// This replica's own.
    Local(Local),
    /// One that all replicas lease from.
    Shared(Arc<Lease>),
}

/// A bucket that holds one second's worth.
pub(super) struct Cells {
    bucket: Bucket,
    unit: u64,
    burst: NonZeroU32,
    /// How long an empty bucket takes to fill.
    pub(super) fills_in: Duration,
}

/// What has been paid and not used, and used and not paid, in units.
#[derive(Default)]
pub(super) struct Account {
    pub(super) paid: u64,
    pub(super) owed: u64,
}

impl Cells {
    /// A bucket of `units_per_second`, counted in cells of `unit`; `None` for a rate beyond what a
    /// bucket of whole nanoseconds can hold, which is no limit. `shared`: all replicas take
    /// from one of this name.
    pub(super) fn new(
        units_per_second: u64,
        unit: u64,
        shared: Option<(&Arc<Shared>, (&str, &str))>,
    ) -> Option<Self> {
        let nanos = u128::from(unit) * 1_000_000_000 / u128::from(units_per_second.max(1));
        let period = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        let burst = units_per_second.div_ceil(unit).max(1);
        let burst = NonZeroU32::new(u32::try_from(burst).unwrap_or(u32::MAX))?;
        let local = Local::new(period, burst)?;
        let fills_in = period.checked_mul(burst.get())?;
        let bucket = match shared {
            Some((shared, of)) => Bucket::Shared(shared.lease(of, burst, fills_in)),
            None => Bucket::Local(local),
        };
        Some(Self { bucket, unit, burst, fills_in })
    }

    /// Pays for `units`, debts first; or says when to ask again.
    pub(super) fn take(&self, account: &mut Account, units: u64) -> Result<(), Instant> {
        self.pay_debts(account)?;
        let need = units.saturating_sub(account.paid);
        if need > 0 {
            let got = self.pay(need)?;
            let have = account.paid.saturating_add(got);
            account.owed = units.saturating_sub(have);
            account.paid = have.saturating_sub(units);
        } else {
            account.paid = account.paid.saturating_sub(units);
        }
        Ok(())
    }

    /// As [`Cells::take`], but one cell is enough: the rest is owed.
    pub(super) fn owe(&self, account: &mut Account, units: u64) -> Result<(), Instant> {
        self.pay_debts(account)?;
        let need = units.saturating_sub(account.paid);
        let got = if need > 0 { self.pay(1)? } else { 0 };
        let have = account.paid.saturating_add(got);
        account.owed = units.saturating_sub(have);
        account.paid = have.saturating_sub(units);
        Ok(())
    }

    fn pay_debts(&self, account: &mut Account) -> Result<(), Instant> {
        let from_paid = account.paid.min(account.owed);
        account.paid -= from_paid;
        account.owed -= from_paid;
        // Ends: each turn pays at least one cell, and a bucket gives no more than it holds.
        while account.owed > 0 {
            let got = self.pay(account.owed)?;
            account.paid = account.paid.saturating_add(got.saturating_sub(account.owed));
            account.owed = account.owed.saturating_sub(got);
        }
        Ok(())
    }

    /// Takes the cells for `units`, at most a burst, all or none; the units that were paid for.
    fn pay(&self, units: u64) -> Result<u64, Instant> {
        let cells = units.div_ceil(self.unit).max(1);
        let cells = u32::try_from(cells).unwrap_or(u32::MAX);
        let cells = NonZeroU32::new(cells).unwrap_or(NonZeroU32::MIN).min(self.burst);
        let paid = match &self.bucket {
            Bucket::Local(local) => local.pay(cells)?,
            Bucket::Shared(lease) => lease.pay(cells)?,
        };
        Ok(u64::from(paid).saturating_mul(self.unit))
    }
}
