//! Ends subscriptions at the moment that they end.

use std::time::Duration;

use catalog::Catalog;
use time::OffsetDateTime;

/// The longest sleep: a clock that jumps, or a computer that slept, is noticed after it.
const SLEEP_MAX: Duration = Duration::from_secs(60);
/// The shortest: the catalog counts in whole seconds, and a moment may lie between two.
const SLEEP_MIN: Duration = Duration::from_millis(20);
/// How long to wait after a failure of the store. Meanwhile doors refuse by the time itself.
const RETRY: Duration = Duration::from_secs(5);

/// Runs for ever: sleeps until the next subscription ends, or until the catalog changes.
pub async fn run(catalog: Catalog) {
    let mut snapshots = catalog.subscribe();
    loop {
        let sleep = match catalog.expire_due().await {
            Ok(next) => next.map_or(SLEEP_MAX, until),
            Err(error) => {
                tracing::warn!(%error, "subscriptions whose time is over are not ended yet");
                RETRY
            }
        };
        tokio::select! {
            () = tokio::time::sleep(sleep.clamp(SLEEP_MIN, SLEEP_MAX)) => {}
            changed = snapshots.changed() => {
                if changed.is_err() {
                    return;
                }
            }
        }
    }
}

fn until(moment: OffsetDateTime) -> Duration {
    Duration::try_from(moment - OffsetDateTime::now_utc()).unwrap_or(Duration::ZERO)
}
