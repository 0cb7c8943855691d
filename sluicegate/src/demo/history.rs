//! A week of use, as if the demo had run before: what the portal's pages show has a past.

use std::path::Path;

use catalog::activity::{PastUse, take_over};
use rand::prelude::{RngExt, SeedableRng, StdRng};
use time::OffsetDateTime;

const DAYS: i64 = 7;
const MINUTES_OF_DAY: i64 = 24 * 60;
/// One row for so many minutes.
const EVERY_MINUTES: i64 = 5;

/// Who used what: subscription, credential, door, events a minute at noon, bytes of an event.
const USES: [(&str, &str, &str, f64, i64); 6] = [
    ("storefront-analytics-orders", "storefront-analytics-1", "kafka", 96.0, 540),
    ("storefront-analytics-sensors", "storefront-analytics-1", "sse", 60.0, 170),
    ("support-desk-orders", "support-desk-1", "sse", 41.0, 610),
    ("support-desk-orders", "support-desk-1", "websocket", 12.0, 610),
    ("support-desk-payments", "support-desk-1", "kafka", 38.0, 330),
    ("support-desk-orders-legacy", "support-desk-1", "kafka", 9.0, 600),
];

/// Writes the week before now into the activity's file.
pub(super) async fn write(activity: &Path) -> anyhow::Result<()> {
    let mut random = StdRng::seed_from_u64(7);
    let now = OffsetDateTime::now_utc().unix_timestamp() / 60;
    let begin = now - DAYS * MINUTES_OF_DAY;
    let mut uses = Vec::new();
    for minute in (begin..now).step_by(usize::try_from(EVERY_MINUTES)?) {
        let busy = busy(minute);
        for (subscription, credential, door, at_noon, bytes) in USES {
            let noise = random.random_range(0.8..1.2);
            let events = at_noon * busy * noise * EVERY_MINUTES as f64;
            let events = events.round() as i64;
            let bytes = events * bytes;
            uses.push(PastUse { minute, subscription, credential, door, events, bytes });
        }
    }
    Ok(take_over(activity, &uses).await?)
}

/// How busy a minute is: people shop by day, most in the evening, and less at weekends.
fn busy(minute: i64) -> f64 {
    let hour = (minute % MINUTES_OF_DAY) as f64 / 60.0;
    let day = 0.55 - 0.45 * ((hour - 4.0) / 24.0 * std::f64::consts::TAU).cos();
    // 1970-01-01 was a Thursday.
    let weekday = (minute / MINUTES_OF_DAY + 3) % 7;
    if weekday >= 5 { day * 0.6 } else { day }
}
