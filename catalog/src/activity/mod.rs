//! What happened: usage per minute, refusals with their reason in words, last use, connections, lag
//! and the health of replicas. The gateway reports it through an [`ActivitySink`], the portal asks
//! [`Activity`]; neither imports the other.
//!
//! It lies in a file of its own and decides nothing: it never bumps the snapshot, and nobody who
//! serves data waits for it. What could not be kept is counted and said.

mod batch;
mod counted;
mod report;
mod sink;
mod trail;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior};

pub(crate) use batch::Batch;
pub use counted::Counted;
pub use report::{Access, Lag, Refusal, Report, Session, Usage};
pub use sink::ActivitySink;
pub use trail::Trail;

use crate::store::StoreError;
use crate::store::activity::ActivityStore;
pub use crate::store::activity::{RefusalRow, ReplicaRow, SessionRow, UsageRow, UsageSum};
use sink::Inbox;

/// How often reports are written.
const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// How often what is too old is deleted.
const PURGE_EVERY: Duration = Duration::from_secs(60 * 60);
/// How long activity is kept.
pub const KEPT: Duration = Duration::from_secs(35 * 24 * 60 * 60);
/// Reports that are taken in one flush: with more, the next flush is a second later.
const FLUSH_REPORTS_MAX: usize = 65_536;
/// How long an orderly end waits for what was reported to be written.
const FINISH_TIMEOUT: Duration = Duration::from_secs(5);

/// Answers what happened.
#[derive(Clone, Debug)]
pub struct Activity {
    store: ActivityStore,
    finish: mpsc::Sender<oneshot::Sender<()>>,
}

impl Activity {
    /// Opens the file, makes it if there is none, and keeps writing what is reported until every
    /// sink is dropped. `replica` names this process among others.
    ///
    /// # Errors
    /// When the file cannot be opened, made or migrated.
    pub async fn open(path: &Path, replica: &str) -> Result<(Self, ActivitySink), StoreError> {
        Self::open_audited(path, replica, None).await
    }

    /// The same, and `trail` takes into the audit what belongs there.
    ///
    /// # Errors
    /// When the file cannot be opened, made or migrated.
    pub async fn open_audited(
        path: &Path,
        replica: &str,
        trail: Option<Arc<Trail>>,
    ) -> Result<(Self, ActivitySink), StoreError> {
        let store = ActivityStore::open(path).await?;
        // Connections of an earlier process of this name ended with it.
        store.forget_sessions(replica).await?;
        let (sink, inbox) = ActivitySink::new();
        let (finish, asked) = mpsc::channel(1);
        let keeper = Keeper { store: store.clone(), inbox, trail, replica: replica.to_owned() };
        tokio::spawn(keeper.keep(asked));
        Ok((Self { store, finish }, sink))
    }

    /// Writes what was reported so far, and what the audit is to be told: for an orderly end.
    pub async fn finish(&self) {
        let (done, finished) = oneshot::channel();
        let finishing = async {
            if self.finish.send(done).await.is_ok() {
                // Nobody keeps any more: nothing is left to be written.
                let _ = finished.await;
            }
        };
        if tokio::time::timeout(FINISH_TIMEOUT, finishing).await.is_err() {
            tracing::warn!("the last activity was not written in time");
        }
    }

    /// What a subscription used, minute by minute, `since` seconds since the epoch.
    ///
    /// # Errors
    /// The database's.
    pub async fn usage(&self, subscription: &str, since: i64) -> Result<Vec<UsageRow>, StoreError> {
        self.store.usage(subscription, since).await
    }

    /// What subscriptions used together, `since` seconds since the epoch, in steps of so many
    /// minutes.
    ///
    /// # Errors
    /// The database's.
    pub async fn summed(
        &self,
        subscriptions: &[String],
        since: i64,
        step_minutes: i64,
    ) -> Result<Vec<UsageSum>, StoreError> {
        self.store.summed(subscriptions, since, step_minutes).await
    }

    /// Why a credential was refused, the latest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn refusals(&self, credential: &str) -> Result<Vec<RefusalRow>, StoreError> {
        self.store.refusals(credential).await
    }

    /// When a credential was last used, in seconds since the epoch.
    ///
    /// # Errors
    /// The database's.
    pub async fn last_use(&self, credential: &str) -> Result<Option<i64>, StoreError> {
        self.store.last_use(credential).await
    }

    /// The open connections of a credential.
    ///
    /// # Errors
    /// The database's.
    pub async fn sessions(&self, credential: &str) -> Result<Vec<SessionRow>, StoreError> {
        self.store.sessions(credential).await
    }

    /// How far each group of a subscription has come.
    ///
    /// # Errors
    /// The database's.
    pub async fn lag(&self, subscription: &str) -> Result<Vec<Lag>, StoreError> {
        self.store.lag(subscription).await
    }

    /// What each replica said of itself last.
    ///
    /// # Errors
    /// The database's.
    pub async fn replicas(&self) -> Result<Vec<ReplicaRow>, StoreError> {
        self.store.replicas().await
    }
}

/// What was used in the past, as it is taken over.
#[derive(Clone, Copy, Debug)]
pub struct PastUse<'a> {
    /// Minutes since the epoch.
    pub minute: i64,
    /// The subscription's name.
    pub subscription: &'a str,
    /// The credential's id.
    pub credential: &'a str,
    /// The door.
    pub door: &'a str,
    /// How much.
    pub counted: Counted,
}

/// Takes over what was used elsewhere, before the file is opened to be written; what the file has
/// of the same minutes stays.
///
/// # Errors
/// When the file cannot be opened, made, migrated or written.
pub async fn take_over(path: &Path, uses: &[PastUse<'_>]) -> Result<(), StoreError> {
    ActivityStore::open(path).await?.take_over(uses).await
}

fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// Writes what comes in.
struct Keeper {
    store: ActivityStore,
    inbox: Inbox,
    trail: Option<Arc<Trail>>,
    replica: String,
}

impl Keeper {
    /// Writes once a second, and when asked to, until nobody reports any more.
    async fn keep(mut self, mut asked: mpsc::Receiver<oneshot::Sender<()>>) {
        let mut ticks = tokio::time::interval(FLUSH_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut purge_at = Instant::now();
        let mut told = 0;
        loop {
            let finished = tokio::select! {
                _ = ticks.tick() => None,
                Some(finished) = asked.recv() => Some(finished),
            };
            let ended = self.flush(&mut told).await;
            if let Some(finished) = finished {
                if let Some(trail) = &self.trail {
                    trail.finish().await;
                }
                // Whoever asked may have stopped waiting.
                let _ = finished.send(());
            }
            if Instant::now() >= purge_at {
                purge_at = Instant::now() + PURGE_EVERY;
                let kept = i64::try_from(KEPT.as_secs()).unwrap_or(i64::MAX);
                if let Err(error) = self.store.purge(now().saturating_sub(kept)).await {
                    tracing::warn!(%error, "old activity was not deleted");
                }
            }
            if ended {
                return;
            }
        }
    }

    /// Writes what has come; whether nobody reports any more.
    async fn flush(&mut self, told: &mut u64) -> bool {
        let (batch, ended) = self.take();
        let left_out = batch.left_out;
        if let Err(error) = self.store.write(&self.replica, &batch, now()).await {
            tracing::warn!(%error, "activity was not written; it is lost");
        }
        let dropped = self.inbox.dropped.load(Ordering::Relaxed);
        if dropped > *told || left_out > 0 {
            let dropped_now = dropped - *told;
            tracing::warn!(dropped = dropped_now, left_out, "more activity than can be kept");
            *told = dropped;
        }
        ended
    }

    /// What has come since the last time; whether nobody reports any more.
    fn take(&mut self) -> (Batch, bool) {
        let mut batch = Batch::default();
        for _ in 0..FLUSH_REPORTS_MAX {
            match self.inbox.reports.try_recv() {
                Ok(report) => {
                    if let Some(trail) = &self.trail {
                        trail.add(&report);
                    }
                    batch.add(report);
                }
                Err(mpsc::error::TryRecvError::Empty) => return (batch, false),
                Err(mpsc::error::TryRecvError::Disconnected) => return (batch, true),
            }
        }
        (batch, false)
    }
}

#[cfg(test)]
mod tests;
