//! C2: each codec, each kind of acknowledgement, idempotent and transactional producers. What the
//! broker holds afterwards must be, batch for batch, the bytes that the client sent.

use std::time::{Duration, Instant};

use super::{Case, Stage};
use crate::clients::program::{Job, Outcome};
use crate::clients::record::{Seen, difference, produced};
use crate::clients::world::Topic;
use crate::clients::{Client, Side};
use crate::documents::Documents;
use crate::kafka::wire;
use crate::produce::{Codec, read_all};

/// Records of each case.
const RECORDS: i64 = 20;
/// How long records without acks may take to be in the log.
const UNACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(5);
/// Bytes of a value: enough to be worth compressing.
const SIZE: usize = 300;
/// A batch's header fields (KIP-98): where they stand.
const LENGTH_AT: usize = 8;
const MAGIC_AT: usize = 16;
const ATTRIBUTES_AT: usize = 21;
const PRODUCER_AT: usize = 43;
const HEADER_BYTES: usize = 61;
/// Bits of the attributes.
const TRANSACTIONAL: i16 = 16;
const CONTROL: i16 = 32;
/// The version of Fetch that is asked: names, no topic ids.
const FETCH_VERSION: i16 = 12;

/// One way to produce.
struct Way {
    name: &'static str,
    codec: Codec,
    acks: &'static str,
    idempotent: bool,
    /// `commit` or `abort`.
    transaction: Option<&'static str>,
}

const fn way(name: &'static str, codec: Codec, acks: &'static str, idempotent: bool) -> Way {
    Way { name, codec, acks, idempotent, transaction: None }
}

const WAYS: [Way; 8] = [
    way("plain acks=0", Codec::None, "0", false),
    way("plain acks=1", Codec::None, "1", false),
    way("gzip", Codec::Gzip, "all", false),
    way("snappy", Codec::Snappy, "all", false),
    way("lz4", Codec::Lz4, "all", false),
    way("zstd idempotent", Codec::Zstd, "all", true),
    Way { transaction: Some("commit"), ..way("committed", Codec::None, "all", true) },
    Way { transaction: Some("abort"), ..way("aborted", Codec::Gzip, "all", true) },
];

/// One topic for each client, side and way.
fn topic(client: Client, side: Side, way: &Way) -> Topic {
    let side = if side == Side::Direct { "direct" } else { "gateway" };
    let way = way.name.replace([' ', '='], "-");
    Topic::new(&format!("c2-{}-{side}-{way}", client.name()), 1)
}

pub(super) fn topics(clients: &[Client]) -> Vec<Topic> {
    let mut topics = Vec::new();
    for client in clients {
        for way in &WAYS {
            topics.extend([Side::Direct, Side::Gateway].map(|side| topic(*client, side, way)));
        }
    }
    topics
}

pub(super) fn documents(clients: &[Client], documents: Documents) -> Documents {
    topics(clients).iter().fold(documents, |documents, topic| topic.publish(documents, &[]))
}

pub(super) async fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for way in &WAYS {
        cases.push(one(stage, way).await?);
    }
    Ok(cases)
}

async fn one(stage: &Stage<'_>, way: &Way) -> anyhow::Result<Case> {
    let topic = topic(stage.client, stage.side, way);
    let mut job = Job::produce(topic.name(stage.side), usize::try_from(RECORDS)?)
        .with("codec", way.codec.name())
        .with("acks", way.acks)
        .with("size", SIZE)
        .with("idempotent", if way.idempotent { "yes" } else { "no" });
    if let Some(end) = way.transaction {
        job = job.with("transactional", &topic.real).with("end", end);
    }
    if let Some(tap) = stage.tap() {
        tap.forget();
    }
    let outcome = stage.job(&job).await?;
    let wrong = match outcome.unsupported {
        Some(_) => None,
        None => wrong(stage, way, &topic, &outcome).await?,
    };
    Ok(Case::plain(way.name, &outcome, wrong))
}

async fn wrong(
    stage: &Stage<'_>,
    way: &Way,
    topic: &Topic,
    outcome: &Outcome,
) -> anyhow::Result<Option<String>> {
    if outcome.sent.len() != usize::try_from(RECORDS)? {
        return Ok(Some(format!("{} acknowledged", outcome.sent.len())));
    }
    let bootstrap = stage.world.cluster.bootstrap();
    let wanted: Vec<Seen> = match way.transaction {
        Some("abort") => Vec::new(),
        _ => (0..RECORDS).map(|n| at(n, Seen::of(&produced(n, SIZE)))).collect(),
    };
    let start = Instant::now();
    loop {
        let log = read_all(&bootstrap, &topic.real, 1, "read_committed")?;
        let log: Vec<Seen> = log.iter().map(Seen::of).collect();
        // Without acks nobody knows when the broker has them.
        let late = way.acks == "0" && start.elapsed() < UNACKNOWLEDGED_WITHIN;
        match difference(&wanted, &log) {
            None => break,
            Some(_) if late => tokio::time::sleep(Duration::from_millis(100)).await,
            Some(other) => return Ok(Some(format!("the log has {other}"))),
        }
    }
    let bytes = fetch(&bootstrap, &topic.real).await?;
    for batch in batches(&bytes) {
        if let Some(other) = odd(way, batch) {
            return Ok(Some(other));
        }
        let control = attributes(batch) & CONTROL != 0;
        if stage.side == Side::Gateway && !control {
            // The broker sets base offset, length's place and leader epoch; the rest is the
            // client's.
            let sent = batch.get(MAGIC_AT..).unwrap_or_default();
            if !stage.world.front()?.tap.of(stage.client).produced(sent) {
                return Ok(Some("the log has other bytes than the client sent".to_owned()));
            }
        }
    }
    Ok(None)
}

/// Record n has offset n: the topic was empty.
fn at(n: i64, seen: Seen) -> Seen {
    Seen { offset: n, ..seen }
}

fn odd(way: &Way, batch: &[u8]) -> Option<String> {
    let attributes = attributes(batch);
    if attributes & CONTROL != 0 {
        return None;
    }
    if attributes & 7 != way.codec.number() {
        return Some(format!("codec {} instead of {}", attributes & 7, way.codec.name()));
    }
    if (attributes & TRANSACTIONAL != 0) != way.transaction.is_some() {
        return Some(format!("attributes {attributes:#x}"));
    }
    let producer = batch.get(PRODUCER_AT..PRODUCER_AT + 8).unwrap_or_default();
    let named = producer != [0xff; 8];
    (named != way.idempotent).then(|| format!("producer id present: {named}"))
}

fn attributes(batch: &[u8]) -> i16 {
    let bytes = batch.get(ATTRIBUTES_AT..ATTRIBUTES_AT + 2).unwrap_or_default();
    i16::from_be_bytes(bytes.try_into().unwrap_or_default())
}

/// Batches of a partition's log, one after the other.
fn batches(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut batches = Vec::new();
    while bytes.len() >= HEADER_BYTES {
        let length = bytes.get(LENGTH_AT..LENGTH_AT + 4).unwrap_or_default();
        let length = u32::from_be_bytes(length.try_into().unwrap_or_default());
        let end = LENGTH_AT + 4 + usize::try_from(length).unwrap_or(usize::MAX / 2);
        let Some(batch) = bytes.get(..end) else { break };
        batches.push(batch);
        bytes = bytes.get(end..).unwrap_or_default();
    }
    batches
}

/// The log of partition 0 as the broker gives it.
async fn fetch(bootstrap: &str, topic: &str) -> anyhow::Result<Vec<u8>> {
    use kafka_protocol::messages::FetchRequest;
    use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
    let partition =
        FetchPartition::default().with_fetch_offset(0).with_partition_max_bytes(8 << 20);
    let topic =
        FetchTopic::default().with_topic(wire::topic_name(topic)).with_partitions(vec![partition]);
    let request = FetchRequest::default()
        .with_max_wait_ms(100)
        .with_min_bytes(1)
        .with_max_bytes(8 << 20)
        .with_topics(vec![topic]);
    let answer = wire::call(bootstrap, &request, FETCH_VERSION).await?;
    let partitions = answer.responses.into_iter().flat_map(|topic| topic.partitions);
    let records = partitions.filter_map(|partition| partition.records);
    Ok(records.flat_map(|bytes| bytes.to_vec()).collect())
}
