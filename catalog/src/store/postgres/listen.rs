//! Hears of changes that other replicas make, and notices when the database is away.

use std::time::Duration;

use sqlx::{PgPool, postgres::PgListener};
use time::OffsetDateTime;
use tokio::sync::watch;

/// Where changes are told.
pub(super) const CHANNEL: &str = "sluicegate_catalog";
/// How long to wait before listening is tried again: doubled each time, up to the second.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// How often a silent database is asked whether it is there: a broken network tells nobody.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// What is heard.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    /// The latest version that was heard of; after every (new) connection it is told again as 0,
    /// because something may have been missed.
    pub(super) changes: watch::Receiver<u64>,
    /// Since when the database is away.
    pub(super) lost: watch::Receiver<Option<OffsetDateTime>>,
}

/// Listens for as long as somebody holds a receiver of changes.
pub(super) fn start(pool: PgPool) -> Heard {
    let (heard, changes) = watch::channel(0);
    let (told, lost) = watch::channel(None);
    tokio::spawn(async move {
        let mut pause = RETRY.0;
        while !heard.is_closed() {
            if let Err(error) = listen(&pool, (&heard, &told), &mut pause).await {
                tracing::warn!(%error, "changes of the catalog are not heard for now");
                told.send_if_modified(|lost| {
                    lost.is_none() && {
                        *lost = Some(OffsetDateTime::now_utc());
                        true
                    }
                });
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(RETRY.1);
        }
    });
    Heard { changes, lost }
}

async fn listen(
    pool: &PgPool,
    (heard, told): (&watch::Sender<u64>, &watch::Sender<Option<OffsetDateTime>>),
    pause: &mut Duration,
) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    *pause = RETRY.0;
    told.send_if_modified(|lost| lost.take().is_some());
    heard.send_replace(0);
    loop {
        tokio::select! {
            told = listener.try_recv() => match told? {
                Some(told) => drop(heard.send_replace(told.payload().parse().unwrap_or(0))),
                // The connection broke: the next one begins anew.
                None => return Err(sqlx::Error::WorkerCrashed),
            },
            () = tokio::time::sleep(HEARTBEAT) => {
                let asked = tokio::time::timeout(HEARTBEAT, sqlx::query("SELECT 1").execute(pool));
                asked.await.map_err(|_| sqlx::Error::PoolTimedOut)??;
            }
            () = heard.closed() => return Ok(()),
        }
    }
}
