//! Records into a real cluster, through librdkafka: every codec, headers that repeat or are null,
//! tombstones, timestamps of one's choice, transactions that commit, abort or stay open. And back
//! out again, as an ordinary consumer reads them: what tests compare the product with.

use std::time::{Duration, Instant};

use anyhow::Context;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};
use rdkafka::{Offset, TopicPartitionList};

/// How long librdkafka may take to hand everything over.
const FLUSH_LIMIT: Duration = Duration::from_secs(60);
/// How long one transactional call may take.
const TRANSACTION_LIMIT: Duration = Duration::from_secs(30);
/// How long a full queue is waited for.
const QUEUE_WAIT: Duration = Duration::from_millis(5);

/// A compression codec of Kafka.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// Uncompressed.
    None,
    /// gzip.
    Gzip,
    /// Snappy; librdkafka writes it raw, Java in xerial frames.
    Snappy,
    /// LZ4 frames.
    Lz4,
    /// Zstandard.
    Zstd,
}

impl Codec {
    /// All of them.
    pub const ALL: [Codec; 5] = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];

    /// The name in clients' configuration.
    pub fn name(self) -> &'static str {
        match self {
            Codec::None => "none",
            Codec::Gzip => "gzip",
            Codec::Snappy => "snappy",
            Codec::Lz4 => "lz4",
            Codec::Zstd => "zstd",
        }
    }

    /// The number in a batch's attributes.
    pub fn number(self) -> i16 {
        match self {
            Codec::None => 0,
            Codec::Gzip => 1,
            Codec::Snappy => 2,
            Codec::Lz4 => 3,
            Codec::Zstd => 4,
        }
    }
}

/// One record, to write or as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The partition.
    pub partition: i32,
    /// The offset, of a record that was read.
    pub offset: i64,
    /// Milliseconds since 1970; 0 when writing: now.
    pub timestamp: i64,
    /// The key.
    pub key: Option<Vec<u8>>,
    /// The value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Headers in order; names may repeat, values may be null.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

impl Record {
    /// A record of partition 0 with a value.
    pub fn value(value: impl Into<Vec<u8>>) -> Record {
        Record { value: Some(value.into()), ..Record::default() }
    }

    /// A tombstone of partition 0.
    pub fn tombstone(key: impl Into<Vec<u8>>) -> Record {
        Record { key: Some(key.into()), ..Record::default() }
    }

    /// With a key.
    pub fn key(mut self, key: impl Into<Vec<u8>>) -> Record {
        self.key = Some(key.into());
        self
    }

    /// In another partition.
    pub fn partition(mut self, partition: i32) -> Record {
        self.partition = partition;
        self
    }

    /// With a timestamp in milliseconds.
    pub fn timestamp(mut self, milliseconds: i64) -> Record {
        self.timestamp = milliseconds;
        self
    }

    /// With one more header.
    pub fn header(mut self, name: &str, value: Option<&[u8]>) -> Record {
        self.headers.push((name.to_owned(), value.map(<[u8]>::to_vec)));
        self
    }
}

/// A producer of one codec.
pub struct Producer {
    inner: ThreadedProducer<DefaultProducerContext>,
}

impl Producer {
    /// An idempotent producer.
    pub fn new(bootstrap: &str, codec: Codec) -> anyhow::Result<Producer> {
        let inner = config(bootstrap, codec).set("enable.idempotence", "true").create()?;
        Ok(Producer { inner })
    }

    /// An idempotent producer that does not wait for more to make a batch of: for delays.
    pub fn prompt(bootstrap: &str, codec: Codec) -> anyhow::Result<Producer> {
        let inner = config(bootstrap, codec)
            .set("enable.idempotence", "true")
            .set("linger.ms", "0")
            .create()?;
        Ok(Producer { inner })
    }

    /// A transactional producer; its transactions time out after `timeout`.
    pub fn transactional(
        bootstrap: &str,
        codec: Codec,
        id: &str,
        timeout: Duration,
    ) -> anyhow::Result<Producer> {
        let inner: ThreadedProducer<_> = config(bootstrap, codec)
            .set("transactional.id", id)
            .set("transaction.timeout.ms", timeout.as_millis().to_string())
            .create()?;
        blocking(|| inner.init_transactions(TRANSACTION_LIMIT))?;
        Ok(Producer { inner })
    }

    /// Writes the records and waits until the cluster has them. Whatever librdkafka gathered until
    /// then is one batch: a call is a batch unless it is large.
    pub fn send(&self, topic: &str, records: &[Record]) -> anyhow::Result<()> {
        for record in records {
            self.queue(topic, record)?;
        }
        self.flush()
    }

    /// Queues one record without waiting for the cluster.
    pub fn queue(&self, topic: &str, record: &Record) -> anyhow::Result<()> {
        let mut message: BaseRecord<'_, [u8], [u8]> =
            BaseRecord::to(topic).partition(record.partition);
        if record.timestamp != 0 {
            message = message.timestamp(record.timestamp);
        }
        if let Some(key) = &record.key {
            message = message.key(key);
        }
        if let Some(value) = &record.value {
            message = message.payload(value);
        }
        if !record.headers.is_empty() {
            message = message.headers(owned(&record.headers));
        }
        let start = Instant::now();
        loop {
            message = match self.inner.send(message) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), message)) => {
                    anyhow::ensure!(start.elapsed() < FLUSH_LIMIT, "librdkafka's queue stays full");
                    self.inner.poll(QUEUE_WAIT);
                    message
                }
                Err((error, _)) => return Err(error).with_context(|| format!("send to {topic}")),
            };
        }
    }

    /// Waits until the cluster has everything.
    pub fn flush(&self) -> anyhow::Result<()> {
        blocking(|| self.inner.flush(FLUSH_LIMIT)).context("flush")
    }

    /// Opens a transaction.
    pub fn begin(&self) -> anyhow::Result<()> {
        Ok(self.inner.begin_transaction()?)
    }

    /// Commits the open transaction.
    pub fn commit(&self) -> anyhow::Result<()> {
        Ok(blocking(|| self.inner.commit_transaction(TRANSACTION_LIMIT))?)
    }

    /// Aborts the open transaction; what was flushed stays in the log as aborted.
    pub fn abort(&self) -> anyhow::Result<()> {
        Ok(blocking(|| self.inner.abort_transaction(TRANSACTION_LIMIT))?)
    }
}

/// Fills a topic quickly: about `bytes` of records made by `value(n)`, spread over `partitions`.
/// Answers how many records were written.
pub fn fill(
    bootstrap: &str,
    codec: Codec,
    (topic, partitions): (&str, i32),
    bytes: u64,
    mut value: impl FnMut(u64) -> Vec<u8>,
) -> anyhow::Result<u64> {
    let producer = Producer::new(bootstrap, codec)?;
    let (mut written, mut count) = (0_u64, 0_u64);
    while written < bytes {
        let value = value(count);
        written += value.len() as u64;
        let partition = i32::try_from(count % u64::try_from(partitions)?)?;
        producer.queue(topic, &Record::value(value).partition(partition))?;
        count += 1;
    }
    producer.flush()?;
    Ok(count)
}

/// Reads partitions 0.. of a topic from the start to their ends with an ordinary librdkafka
/// consumer (`read_committed` or `read_uncommitted`), in offset order per partition.
pub fn read_all(
    bootstrap: &str,
    topic: &str,
    partitions: i32,
    isolation: &str,
) -> anyhow::Result<Vec<Record>> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap).set("isolation.level", isolation);
    blocking(|| read_to_the_end(&mut config, topic, partitions))
}

/// As [`read_all`] with `read_committed`, logged in with SASL PLAIN.
pub fn read_all_as(
    bootstrap: &str,
    (user, password): (&str, &str),
    topic: &str,
    partitions: i32,
) -> anyhow::Result<Vec<Record>> {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", bootstrap)
        .set("isolation.level", "read_committed")
        .set("security.protocol", "sasl_plaintext")
        .set("sasl.mechanism", "PLAIN")
        .set("sasl.username", user)
        .set("sasl.password", password);
    blocking(|| read_to_the_end(&mut config, topic, partitions))
}

fn read_to_the_end(
    config: &mut ClientConfig,
    topic: &str,
    partitions: i32,
) -> anyhow::Result<Vec<Record>> {
    let consumer: BaseConsumer = config
        .set("group.id", "harness-reader")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .set("check.crcs", "true")
        .set("log_level", "2")
        .create()?;
    let mut list = TopicPartitionList::new();
    for partition in 0..partitions {
        list.add_partition_offset(topic, partition, Offset::Beginning)?;
    }
    consumer.assign(&list)?;
    let (start, mut ended, mut records) = (Instant::now(), 0, Vec::new());
    while ended < partitions {
        anyhow::ensure!(start.elapsed() < FLUSH_LIMIT, "{topic} cannot be read to its end");
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(message)) => records.push(copied(&message)),
            Some(Err(KafkaError::PartitionEOF(_))) => ended += 1,
            Some(Err(KafkaError::MessageConsumption(RDKafkaErrorCode::BrokerTransportFailure)))
            | None => {}
            Some(Err(error)) => return Err(error).with_context(|| format!("read {topic}")),
        }
    }
    records.sort_by_key(|record: &Record| (record.partition, record.offset));
    Ok(records)
}

/// A record as it was read.
pub fn copied(message: &BorrowedMessage<'_>) -> Record {
    let headers = message.headers().map(|headers| {
        let one =
            |header: Header<'_, &[u8]>| (header.key.to_owned(), header.value.map(<[u8]>::to_vec));
        headers.iter().map(one).collect()
    });
    Record {
        partition: message.partition(),
        offset: message.offset(),
        timestamp: message.timestamp().to_millis().unwrap_or(-1),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers: headers.unwrap_or_default(),
    }
}

fn config(bootstrap: &str, codec: Codec) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", bootstrap)
        .set("compression.type", codec.name())
        .set("linger.ms", "20")
        .set("batch.num.messages", "10000")
        .set("queue.buffering.max.kbytes", "65536")
        .set("log_level", "2");
    config
}

fn owned(headers: &[(String, Option<Vec<u8>>)]) -> OwnedHeaders {
    headers.iter().fold(OwnedHeaders::new(), |all, (key, value)| {
        all.insert(Header { key, value: value.as_deref() })
    })
}

/// librdkafka's waits block the thread; on a multi-threaded runtime the others go on.
fn blocking<T>(wait: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(wait),
        _ => wait(),
    }
}
