//! Writes the demo's events: some history first, then a few a second until it is dropped.

use std::time::Duration;

use anyhow::Context;
use futures_util::future::try_join_all;
use rdkafka::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use time::OffsetDateTime;

use super::data::{Event, World};

/// Events of each topic that are there from the start.
const BACKLOG: u32 = 200;
/// The history's pace: 200 events are some three hours.
const BACKLOG_STEP: Duration = Duration::from_secs(53);
/// How often something happens: four events each time.
const PERIOD: Duration = Duration::from_millis(900);
/// How long an event may wait for the broker, and the bound of what can wait.
const PRODUCE_TIMEOUT: Duration = Duration::from_secs(10);

/// The world and the way its events leave.
pub(super) struct Feed {
    producer: FutureProducer,
    world: World,
}

impl Feed {
    /// Writes the history and returns when the broker has it.
    pub(super) async fn start(bootstrap: &str) -> anyhow::Result<Self> {
        let producer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap)
            .set("message.timeout.ms", PRODUCE_TIMEOUT.as_millis().to_string())
            .set("linger.ms", "5")
            .create()
            .context("cannot make a producer")?;
        let mut feed = Self { producer, world: World::new() };
        let now = OffsetDateTime::now_utc();
        let history: Vec<Event> = (1..=BACKLOG)
            .rev()
            .flat_map(|step| feed.world.moment(now - BACKLOG_STEP * step))
            .collect();
        try_join_all(history.iter().map(|event| feed.write(event)))
            .await
            .with_context(|| format!("cannot write events to {bootstrap}"))?;
        Ok(feed)
    }

    /// Goes on until it is dropped.
    pub(super) async fn run(mut self) {
        let mut clock = tokio::time::interval(PERIOD);
        clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            clock.tick().await;
            let events = self.world.moment(OffsetDateTime::now_utc());
            let written = try_join_all(events.iter().map(|event| self.write(event))).await;
            match &written {
                Err(error) if !failing => tracing::warn!("no new events for now: {error:#}"),
                Ok(_) if failing => tracing::info!("new events flow again"),
                _ => {}
            }
            failing = written.is_err();
        }
    }

    async fn write(&self, event: &Event) -> anyhow::Result<()> {
        let value = event.value.to_string();
        let millis = event.at.unix_timestamp_nanos() / 1_000_000;
        let record = FutureRecord::to(event.topic)
            .key(&event.key)
            .payload(&value)
            .timestamp(i64::try_from(millis)?);
        let sent = self.producer.send(record, PRODUCE_TIMEOUT).await;
        sent.map(|_| ()).map_err(|(error, _)| error.into())
    }
}
