//! `broker.bytes`: what the broker counts as sent to consumers of the topic with 1,000 subscribers
//! ÷ with one, for the same published events. The count is Kafka's own, over JMX.

use anyhow::{Result, ensure};

use super::image_sharing::{publish, wait_for};
use crate::load::Load;
use crate::row::{Better, Row};
use crate::stand::Stand;

/// The benchmark.
pub const IDS: [&str; 1] = ["broker.bytes"];

const SUBSCRIBERS: usize = 1_000;
const EVENTS: usize = 1_000;
const EVENTS_QUICK: usize = 100;
const GOAL: f64 = 1.02;

/// Counts both.
///
/// # Errors
/// When the gateway or the broker does not answer.
pub async fn run(quick: bool) -> Result<Vec<Row>> {
    let events = if quick { EVENTS_QUICK } else { EVENTS };
    let stand = Stand::start("broker-bytes").await?;
    let one = bytes_out(&stand, 1, events).await?;
    let many = bytes_out(&stand, SUBSCRIBERS, events).await?;
    ensure!(one > 0, "the broker counted nothing");
    let what = format!("bytes out of the broker with {SUBSCRIBERS} subscribers ÷ with one");
    Ok(vec![
        Row::new("broker.bytes", what, "ratio", Better::Lower, GOAL)
            .value(many as f64 / one as f64)
            .detail("bytes_1", one as f64)
            .detail("bytes_1000", many as f64)
            .detail("events", events as f64),
    ])
}

async fn bytes_out(stand: &Stand, subscribers: usize, events: usize) -> Result<u64> {
    let load = Load::open(stand.address()?, &stand.request(), subscribers)?;
    let before = stand.kafka.bytes_out_of_topic(&stand.topic).await?;
    publish(&stand.kafka.bootstrap(), &stand.topic, events)?;
    wait_for(&load, (subscribers * events) as u64)?;
    let after = stand.kafka.bytes_out_of_topic(&stand.topic).await?;
    load.close()?;
    Ok(after - before)
}
