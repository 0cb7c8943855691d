//! Hears of changes that other replicas make, and notices when the database is away.

use std::time::Duration;

use sqlx::{PgPool, postgres::PgListener};
use time::OffsetDateTime;
use tokio::sync::watch;

/// Where changes are told.
pub(super) const CHANNEL: &str = "sluicegate_catalog";
/// Where records of the audit are told that come without a change.
pub(super) const AUDIT: &str = "sluicegate_audit";
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
    /// Changes whenever the audit may have got more records.
    pub(super) audited: watch::Receiver<u64>,
    /// Since when the database is away.
    pub(super) lost: watch::Receiver<Option<OffsetDateTime>>,
}

/// Whom to tell.
struct Telling {
    heard: watch::Sender<u64>,
    audited: watch::Sender<u64>,
    lost: watch::Sender<Option<OffsetDateTime>>,
}

impl Telling {
    /// A change of the catalog comes with records of the audit.
    fn changed(&self, version: u64) {
        self.heard.send_replace(version);
        self.audited();
    }

    fn audited(&self) {
        self.audited.send_modify(|times| *times = times.wrapping_add(1));
    }
}

/// Listens for as long as somebody holds a receiver of changes.
pub(super) fn start(pool: PgPool) -> Heard {
    let (heard, changes) = watch::channel(0);
    let (audited, told) = watch::channel(0);
    let (away, lost) = watch::channel(None);
    let telling = Telling { heard, audited, lost: away };
    tokio::spawn(async move {
        let mut pause = RETRY.0;
        while !telling.heard.is_closed() {
            if let Err(error) = listen(&pool, &telling, &mut pause).await {
                tracing::warn!(%error, "changes of the catalog are not heard for now");
                telling.lost.send_if_modified(|lost| {
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
    Heard { changes, audited: told, lost }
}

async fn listen(pool: &PgPool, telling: &Telling, pause: &mut Duration) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen_all([CHANNEL, AUDIT]).await?;
    *pause = RETRY.0;
    telling.lost.send_if_modified(|lost| lost.take().is_some());
    telling.changed(0);
    loop {
        tokio::select! {
            told = listener.try_recv() => match told? {
                Some(told) if told.channel() == AUDIT => telling.audited(),
                Some(told) => telling.changed(told.payload().parse().unwrap_or(0)),
                // The connection broke: the next one begins anew.
                None => return Err(sqlx::Error::WorkerCrashed),
            },
            () = tokio::time::sleep(HEARTBEAT) => {
                let asked = tokio::time::timeout(HEARTBEAT, sqlx::query("SELECT 1").execute(pool));
                asked.await.map_err(|_| sqlx::Error::PoolTimedOut)??;
            }
            () = telling.heard.closed() => return Ok(()),
        }
    }
}
