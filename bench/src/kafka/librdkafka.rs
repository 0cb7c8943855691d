//! Consumers on librdkafka (crate `rdkafka`), in this process: every record is taken out of its
//! batch and handed over, one by one.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

use super::stand::{Side, Stand};

/// How long nothing may come.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// How long a consumer is given to connect.
const SETTLE: Duration = Duration::from_secs(2);
/// How long watermarks may take.
const ASK_WAIT: Duration = Duration::from_secs(10);

/// What one consumer saw.
#[derive(Clone, Copy, Debug)]
pub struct Consumed {
    /// When the first record came.
    pub first: Instant,
    /// When the last one came.
    pub last: Instant,
    /// Bytes of values.
    pub bytes: u64,
}

/// A consumer that is assigned every partition of a topic.
pub struct Reader {
    consumer: BaseConsumer,
}

impl Reader {
    /// A consumer in a group of its own; `from`: an offset for each partition.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(stand: &Stand, side: Side, topic: &str, from: &[i64]) -> Result<Self> {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", stand.bootstrap(side)?)
            .set("group.id", format!("bench-{}", super::rounds::unique()))
            .set("enable.auto.commit", "false")
            .set("check.crcs", "true")
            .set("log_level", "3");
        for (name, value) in stand.login(side) {
            config.set(name, value);
        }
        let consumer: BaseConsumer = config.create()?;
        let mut list = TopicPartitionList::new();
        for (partition, offset) in (0..).zip(from) {
            list.add_partition_offset(&side.topic(topic), partition, Offset::Offset(*offset))?;
        }
        consumer.assign(&list)?;
        Ok(Self { consumer })
    }

    /// Lets it connect and ask for the first time.
    ///
    /// # Errors
    /// When something comes or fails.
    pub fn settle(&self) -> Result<()> {
        match self.consumer.poll(SETTLE) {
            None => Ok(()),
            Some(Ok(record)) => bail!("offset {} came early", record.offset()),
            Some(Err(error)) => Err(error.into()),
        }
    }

    /// Takes that many records, and checks that each partition's offsets follow one another.
    ///
    /// # Errors
    /// When they do not come, or not in order.
    pub fn take(&self, count: usize, from: &[i64]) -> Result<Consumed> {
        let mut next = from.to_vec();
        let (mut bytes, mut first, mut taken) = (0, None, 0);
        let mut heard = Instant::now();
        while taken < count {
            let Some(record) = self.consumer.poll(Duration::from_millis(100)) else {
                ensure!(heard.elapsed() < SILENCE_MAX, "{taken} of {count} records came");
                continue;
            };
            let record = record?;
            // The clock is asked once in a while: it would be seen in the figure.
            if taken % 1_000 == 0 {
                heard = Instant::now();
                first.get_or_insert(heard);
            }
            let place = usize::try_from(record.partition())?;
            if let Some(next) = next.get_mut(place) {
                ensure!(record.offset() == *next, "offset {} for {next}", record.offset());
                *next += 1;
            }
            bytes += record.payload_len() as u64;
            taken += 1;
        }
        let last = Instant::now();
        Ok(Consumed { first: first.unwrap_or(last), last, bytes })
    }
}

/// The end of each partition's log.
///
/// # Errors
/// When the broker does not say.
pub fn ends(bootstrap: &str, topic: &str, partitions: i32) -> Result<Vec<i64>> {
    let consumer: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", bootstrap).create()?;
    let end = |partition| Ok(consumer.fetch_watermarks(topic, partition, ASK_WAIT)?.1);
    (0..partitions).map(end).collect()
}
