//! `kafka.sharing` and `kafka.broker.bytes`: 64 live consumers of one chain, each in a group of its
//! own, beside one: how often the gateway computes a redacted batch, by its own counter, and what
//! the broker counts as sent for the topic, by JMX. The same records each time.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::kafka::raw_client::{Ask, RawClient};
use crate::kafka::{Side, Stand, data, librdkafka};
use crate::process::cpu_seconds;
use crate::row::{Better, Row};

/// The benchmarks.
pub const IDS: [&str; 2] = ["kafka.sharing", "kafka.broker.bytes"];

const TOPIC: &str = "bench-sharing";
const CONSUMERS: usize = 64;
/// What is written while they wait at the end.
const RECORDS: usize = 20_000;
const RECORDS_QUICK: usize = 5_000;
const SHARING_GOAL: f64 = 1.2;
const BYTES_GOAL: f64 = 1.05;
/// How long a consumer may take to have everything.
const ARRIVE_WAIT: Duration = Duration::from_secs(60);
/// How long the consumers are given to be waiting.
const SETTLE: Duration = Duration::from_secs(2);

/// What one crowd cost.
struct Cost {
    images: f64,
    masked_cpu: f64,
    raw_cpu: f64,
    broker_bytes: f64,
}

/// Runs both crowds.
///
/// # Errors
/// When the gateway or the broker does not answer.
pub async fn run(quick: bool) -> Result<Vec<Row>> {
    let records = if quick { RECORDS_QUICK } else { RECORDS };
    let stand = Stand::start(&[(TOPIC, 1)], &[]).await?;
    let one = cost(&stand, 1, records).await?;
    let many = cost(&stand, CONSUMERS, records).await?;
    ensure!(one.images > 0.0 && one.broker_bytes > 0.0, "nothing was counted");
    let what = format!("redacted batches computed for {CONSUMERS} live consumers ÷ for one");
    let sharing = Row::new("kafka.sharing", what, "ratio", Better::Lower, SHARING_GOAL)
        .value(many.images / one.images)
        .detail("images_1", one.images)
        .detail("images_64", many.images)
        .detail("cpu_seconds_1.masked", one.masked_cpu)
        .detail("cpu_seconds_1.raw", one.raw_cpu)
        .detail("cpu_seconds_64.masked", many.masked_cpu)
        .detail("cpu_seconds_64.raw", many.raw_cpu);
    let what = format!("bytes out of the broker for {CONSUMERS} live consumers ÷ for one");
    let bytes = Row::new("kafka.broker.bytes", what, "ratio", Better::Lower, BYTES_GOAL)
        .value(many.broker_bytes / one.broker_bytes)
        .detail("bytes_1", one.broker_bytes)
        .detail("bytes_64", many.broker_bytes);
    Ok(vec![sharing, bytes])
}

async fn cost(stand: &Stand, consumers: usize, records: usize) -> Result<Cost> {
    let images = async || -> Result<f64> {
        Ok(stand.gateway.metrics().await?.sum("sluicegate_images_computed_total", &[]))
    };
    let before = (images().await?, stand.kafka.bytes_out_of_topic(TOPIC).await?);
    let masked_cpu = crowd(stand, Side::Masked, consumers, records)?;
    let after = (images().await?, stand.kafka.bytes_out_of_topic(TOPIC).await?);
    // Apart, so that the difference in CPU time is that of redaction.
    let raw_cpu = crowd(stand, Side::Gateway, consumers, records)?;
    Ok(Cost {
        images: after.0 - before.0,
        masked_cpu,
        raw_cpu,
        broker_bytes: (after.1 - before.1) as f64,
    })
}

/// The gateway's CPU seconds while so many consumers follow what is written.
fn crowd(stand: &Stand, side: Side, consumers: usize, records: usize) -> Result<f64> {
    let bootstrap = stand.kafka.bootstrap();
    let from = librdkafka::ends(&bootstrap, TOPIC, 1)?.first().copied().unwrap_or_default();
    let end = from + i64::try_from(records)?;
    let (address, topic) = (stand.bootstrap(side)?, side.topic(TOPIC));
    let follow = || -> Result<()> {
        let mut client = RawClient::connect(&address, Some(stand.credential()))?;
        let (mut offset, deadline) = (from, Instant::now() + ARRIVE_WAIT);
        while offset < end {
            ensure!(Instant::now() < deadline, "{} records are missing", end - offset);
            let bytes_max = 1024 * 1024;
            let ask = Ask { topic: &topic, partition: 0, offset, bytes_max, wait_ms: 500 };
            offset = client.fetch(&ask)?.next;
        }
        Ok(())
    };
    let pid = stand.gateway.pid()?;
    std::thread::scope(|scope| -> Result<f64> {
        let threads: Vec<_> = (0..consumers).map(|_| scope.spawn(follow)).collect();
        std::thread::sleep(SETTLE);
        let before = cpu_seconds(pid)?;
        data::fill(&bootstrap, (TOPIC, 1), "none", records)?;
        for thread in threads {
            match thread.join() {
                Ok(result) => result?,
                Err(_) => anyhow::bail!("a consumer ended badly"),
            }
        }
        Ok(cpu_seconds(pid)? - before)
    })
}
