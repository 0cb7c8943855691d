//! Hears of changes that other replicas make.

use std::time::Duration;

use sqlx::{PgPool, postgres::PgListener};
use tokio::sync::watch;

/// Where changes are told.
pub(super) const CHANNEL: &str = "sluicegate_catalog";
/// How long to wait before listening is tried again: doubled each time, up to the second.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Listens for as long as somebody holds the receiver. The number is the latest version that was
/// heard of; after every (new) connection it is told again as 0, because something may have been
/// missed.
pub(super) fn start(pool: PgPool) -> watch::Receiver<u64> {
    let (heard, changes) = watch::channel(0);
    tokio::spawn(async move {
        let mut pause = RETRY.0;
        while !heard.is_closed() {
            if let Err(error) = listen(&pool, &heard, &mut pause).await {
                tracing::warn!(%error, "changes of the catalog are not heard for now");
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(RETRY.1);
        }
    });
    changes
}

async fn listen(
    pool: &PgPool,
    heard: &watch::Sender<u64>,
    pause: &mut Duration,
) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    *pause = RETRY.0;
    heard.send_replace(0);
    loop {
        tokio::select! {
            told = listener.try_recv() => match told? {
                Some(told) => drop(heard.send_replace(told.payload().parse().unwrap_or(0))),
                // The connection broke: the next one begins anew.
                None => return Ok(()),
            },
            () = heard.closed() => return Ok(()),
        }
    }
}
