//! `fanout.saturated`: 5,000 subscribers of an endpoint that gets more events than the machine can
//! deliver to all of them: deliveries a second, by gathering what waits into one write. Each
//! subscriber checks that it misses nothing, and the gateway's memory is looked at.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::load::Load;
use crate::process::{cpu_seconds, pss_bytes};
use crate::publish::{Publisher, Sink};
use crate::row::{Better, Row};
use crate::stand::Stand;

/// The benchmark.
pub const IDS: [&str; 1] = ["fanout.saturated"];

const SUBSCRIBERS: usize = 5_000;
/// Two million deliveries a second would be due.
const EVENTS_PER_SECOND: u32 = 400;
const EVENT_BYTES: usize = 256;
const GOAL: f64 = 500_000.0;
/// Until everybody is behind.
const WARM_UP: Duration = Duration::from_secs(5);
const WINDOW: Duration = Duration::from_secs(15);
const WINDOW_QUICK: Duration = Duration::from_secs(5);

/// Lets events come, and counts.
///
/// # Errors
/// When a subscriber is refused, lost, or misses an event.
pub async fn run(quick: bool) -> Result<Vec<Row>> {
    let stand = Stand::start("saturated").await?;
    let pid = stand.pid()?;
    let load = Load::open(stand.address()?, &stand.request(), SUBSCRIBERS)?;
    let sink = Sink::kafka(&stand.kafka.bootstrap(), &stand.topic, None)?;
    let publisher = Publisher::start(sink, EVENTS_PER_SECOND, EVENT_BYTES);
    std::thread::sleep(WARM_UP);
    let window = if quick { WINDOW_QUICK } else { WINDOW };
    let (start, counts, cpu) = (Instant::now(), load.counts(), cpu_seconds(pid)?);
    let before = pss_bytes(pid)?;
    std::thread::sleep(window);
    let counts = load.counts() - counts;
    let (cpu, took) = (cpu_seconds(pid)? - cpu, start.elapsed().as_secs_f64());
    let after = pss_bytes(pid)?;
    publisher.stop()?;
    let total = load.counts();
    ensure!(total.missing + total.repeated == 0, "events missing or repeated: {total:?}");
    ensure!(load.lost() == 0, "{} subscribers were ended", load.lost());
    drop(load);
    let events = counts.events as f64;
    let due = took * f64::from(EVENTS_PER_SECOND) * SUBSCRIBERS as f64;
    let what = format!(
        "deliveries a second to {SUBSCRIBERS} event streams of an endpoint that gets \
         {EVENTS_PER_SECOND} events of {EVENT_BYTES} B a second; the subscribers and Kafka share \
         the machine's cores"
    );
    let row = Row::new(IDS[0], what, "/s", Better::Higher, GOAL)
        .value(events / took)
        .detail("share_of_due", events / due)
        .detail("events_per_read", events / counts.reads.max(1) as f64)
        .detail("per_cpu_second", events / cpu)
        .detail("gateway_cores", cpu / took)
        .detail("memory_mib", after as f64 / 1_048_576.0)
        .detail("memory_growth_mib", (after as f64 - before as f64) / 1_048_576.0);
    Ok(vec![row])
}
