//! A week of use, as if the demo had run before: what the portal's pages show has a past.

use std::ops::Range;
use std::path::Path;

use catalog::activity::{Counted, PastUse, take_over};
use rand::prelude::{RngExt, SeedableRng, StdRng};
use time::OffsetDateTime;

const DAYS: i64 = 7;
const MINUTES_OF_DAY: i64 = 24 * 60;
/// One row for so many minutes.
const EVERY_MINUTES: i64 = 5;

/// Records of which one could not be redacted safely, where a policy redacts.
const RECORDS_PER_WITHHELD: f64 = 6_000.0;
/// From here on readers sometimes run into their plan's limits: they come back with much to read.
const BUSY: f64 = 0.75;
/// How often they do then.
const THROTTLED: f64 = 0.2;
/// For how long, in milliseconds of five minutes.
const THROTTLED_MILLIS: Range<u64> = 400..24_000;

/// What a plan does to its records.
#[derive(Clone, Copy)]
struct Plan {
    /// All of them are redacted, nearly.
    redacts: bool,
    /// The part of them that it filters out.
    filters: f64,
    /// It has limits.
    limits: bool,
}

const ORDERS: Plan = Plan { redacts: true, filters: 0.0, limits: true };
const PAYMENTS: Plan = Plan { redacts: true, filters: 0.06, limits: true };
const SENSORS: Plan = Plan { redacts: false, filters: 0.0, limits: false };

/// Who used what: subscription, credential, door, events a minute at noon, bytes of an event.
const USES: [(&str, &str, &str, f64, u64, Plan); 6] = [
    ("storefront-analytics-orders", "storefront-analytics-1", "kafka", 96.0, 540, ORDERS),
    ("storefront-analytics-sensors", "storefront-analytics-1", "sse", 60.0, 170, SENSORS),
    ("support-desk-orders", "support-desk-1", "sse", 41.0, 610, ORDERS),
    ("support-desk-orders", "support-desk-1", "websocket", 12.0, 610, ORDERS),
    ("support-desk-payments", "support-desk-1", "kafka", 38.0, 330, PAYMENTS),
    ("support-desk-orders-legacy", "support-desk-1", "kafka", 9.0, 600, ORDERS),
];

/// Writes the week before now into the activity's file.
pub(super) async fn write(activity: &Path) -> anyhow::Result<()> {
    let mut random = StdRng::seed_from_u64(7);
    let now = OffsetDateTime::now_utc().unix_timestamp() / 60;
    let begin = now - DAYS * MINUTES_OF_DAY;
    let mut uses = Vec::new();
    for minute in (begin..now).step_by(usize::try_from(EVERY_MINUTES)?) {
        let busy = busy(minute);
        for (subscription, credential, door, at_noon, bytes, plan) in USES {
            let noise = random.random_range(0.8..1.2);
            let events = (at_noon * busy * noise * EVERY_MINUTES as f64).round();
            let counted = counted(&mut random, (events, bytes), plan, busy);
            uses.push(PastUse { minute, subscription, credential, door, counted });
        }
    }
    Ok(take_over(activity, &uses).await?)
}

/// What was counted of so many events of so many bytes each.
fn counted(random: &mut StdRng, (events, bytes): (f64, u64), plan: Plan, busy: f64) -> Counted {
    let withheld = plan.redacts && random.random_bool((events / RECORDS_PER_WITHHELD).min(1.0));
    let filtered = events * plan.filters * random.random_range(0.7..1.3);
    let throttled = plan.limits && busy > BUSY && random.random_bool(THROTTLED);
    let events = events as u64;
    Counted {
        events,
        bytes: events * bytes,
        withheld: u64::from(withheld),
        filtered: filtered.round() as u64,
        redacted: if plan.redacts { events } else { 0 },
        throttled_millis: if throttled { random.random_range(THROTTLED_MILLIS) } else { 0 },
    }
}

/// How busy a minute is: people shop by day, most in the evening, and less at weekends.
fn busy(minute: i64) -> f64 {
    let hour = (minute % MINUTES_OF_DAY) as f64 / 60.0;
    let day = 0.55 - 0.45 * ((hour - 4.0) / 24.0 * std::f64::consts::TAU).cos();
    // 1970-01-01 was a Thursday.
    let weekday = (minute / MINUTES_OF_DAY + 3) % 7;
    if weekday >= 5 { day * 0.6 } else { day }
}

#[cfg(test)]
mod tests {
    use catalog::activity::Activity;

    use super::*;

    #[tokio::test]
    async fn the_past_says_what_the_plans_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        write(&path).await.unwrap();
        let (activity, _sink) = Activity::open(&path, "one").await.unwrap();
        let sum = async |subscription: &str| {
            let of = [subscription.to_owned()];
            let steps = activity.summed(&of, 0, MINUTES_OF_DAY).await.unwrap();
            steps.iter().fold(Counted::default(), |mut sum, step| {
                sum.add(&step.counted);
                sum
            })
        };
        let orders = sum("storefront-analytics-orders").await;
        assert!((1..orders.events / 1_000).contains(&orders.withheld), "{orders:?}");
        assert_eq!((orders.redacted, orders.filtered), (orders.events, 0));
        // Minutes of a week, not hours of each day.
        let throttled = 60_000..12 * 3_600_000;
        assert!(throttled.contains(&orders.throttled_millis), "{orders:?}");
        let payments = sum("support-desk-payments").await;
        assert!((1..payments.events / 10).contains(&payments.filtered), "{payments:?}");
        let Counted { events, bytes, .. } = sum("storefront-analytics-sensors").await;
        let nothing_else = Counted { events, bytes, ..Counted::default() };
        assert_eq!(sum("storefront-analytics-sensors").await, nothing_else);
    }
}
