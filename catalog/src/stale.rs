//! A replica that loses its database goes on with what it knew last, says so, and stops when that
//! is too old: what was revoked meanwhile it cannot know.

use std::{sync::Weak, time::Duration};

use time::OffsetDateTime;
use tokio::sync::watch;

use crate::{Catalog, catalog::Inner};

/// How long to wait before a database that came back is read again.
const RETRY: Duration = Duration::from_secs(1);

/// Since when the database is away; `None`: it is there.
pub(crate) type Lost = watch::Receiver<Option<OffsetDateTime>>;

/// How old what is served may be, and how old it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Staleness {
    /// Since when the database is away.
    pub since: OffsetDateTime,
    /// Until when what was known then is served.
    pub until: OffsetDateTime,
}

impl Staleness {
    /// Whether nothing is served any more.
    pub fn is_over(&self, now: OffsetDateTime) -> bool {
        now >= self.until
    }
}

impl Catalog {
    /// Goes on without the database for at most this long; then everything is refused until it is
    /// back. Does nothing where the store cannot be away. Must be called inside a runtime.
    pub fn serve_stale(&self, at_most: Duration) {
        let Some(lost) = self.store().lost() else { return };
        tokio::spawn(watch(self.weak(), lost, at_most));
    }

    /// Whether what is served may be out of date; `at_most` as it was given to
    /// [`Self::serve_stale`].
    pub fn staleness(&self, at_most: Duration) -> Option<Staleness> {
        let since = (*self.store().lost()?.borrow())?;
        Some(Staleness { since, until: since + at_most })
    }
}

/// Waits for the database to go, and to come back; until the catalog is gone.
async fn watch(catalog: Weak<Inner>, mut lost: Lost, at_most: Duration) {
    while let Some(since) = next_loss(&mut lost).await {
        let left = since + at_most - OffsetDateTime::now_utc();
        let left = Duration::try_from(left).unwrap_or(Duration::ZERO);
        let seconds = left.as_secs();
        tracing::error!(
            seconds,
            "the catalog's database is away: what was known is served so long"
        );
        if tokio::time::timeout(left, lost.wait_for(Option::is_none)).await.is_ok() {
            tracing::info!("the catalog's database is back");
            continue;
        }
        let Some(inner) = catalog.upgrade() else { return };
        tracing::error!("what is known of the catalog is too old: everything is refused");
        inner.forget(&format!("the catalog's database is away since {since}"));
        drop(inner);
        if lost.wait_for(Option::is_none).await.is_err() {
            return;
        }
        tracing::info!("the catalog's database is back");
        restore(&catalog).await;
    }
}

/// Since when the database is away, as soon as it is; `None`: nobody will tell any more.
async fn next_loss(lost: &mut Lost) -> Option<OffsetDateTime> {
    *lost.wait_for(Option::is_some).await.ok()?
}

/// Serves again what the database holds.
async fn restore(catalog: &Weak<Inner>) {
    while let Some(inner) = catalog.upgrade() {
        match inner.read_anew().await {
            Ok(()) => return,
            Err(error) => tracing::warn!(%error, "the catalog cannot be read again yet"),
        }
        drop(inner);
        tokio::time::sleep(RETRY).await;
    }
}
