//! Scenario C16 of the compatibility suite: two hundred Kafka readers start at the same moment from
//! offset 0. What they have in common is fetched for all of them: the broker sends a small multiple
//! of the log. What lies between the first and the last of them must fit into the gateway's memory,
//! as docs/operations.md says: beyond that, replays share only a part.

use std::time::{Duration, Instant};

use anyhow::Context;
use kafka_protocol::messages::FetchRequest;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use tests::documents::Documents;
use tests::gateway::{Gateway, Options, Secret};
use tests::kafka::KafkaCluster;
use tests::kafka::wire::{call_over, log_in, topic_name};
use tests::produce::{Codec, fill};
use tests::{load, ports, run, say};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// How many read.
const READERS: usize = 200;
/// Partitions of the topic.
const PARTITIONS: i32 = 4;
/// Bytes of the log, all partitions together.
const LOG: u64 = 48 * MIB;
/// Memory of the gateway's tails: little more than the log.
const MEMORY: u64 = 64 * MIB;
/// Bytes of a record.
const RECORD_BYTES: usize = 1_000;
/// What a reader asks for at once.
const FETCH_BYTES: i32 = 1 << 20;
/// The version of Fetch: names, no topic ids.
const FETCH_VERSION: i16 = 12;
/// What the broker may send ÷ what the log holds.
const TIMES_THE_LOG_MAX: u64 = 3;
/// Bytes of a MiB.
const MIB: u64 = 1024 * 1024;
/// The topic.
const TOPIC: &str = "c16-stormed";

#[test]
fn two_hundred_readers_cost_the_cluster_three_at_most() {
    run(400, storm());
}

async fn storm() -> anyhow::Result<()> {
    let kafka = KafkaCluster::single().await?;
    kafka.create_topic(TOPIC, PARTITIONS).await?;
    let value = |n| load::event(n, RECORD_BYTES);
    let topic = (TOPIC, PARTITIONS);
    let written = fill(&kafka.bootstrap(), Codec::None, topic, LOG, value)?;
    let (gateway, secret, door) = start(&kafka).await?;
    let before = kafka.bytes_out_of_topic(TOPIC).await?;
    let (start, cpu) = (Instant::now(), gateway.cpu_time()?);
    let mut readers = JoinSet::new();
    for _ in 0..READERS {
        readers.spawn(read(door.clone(), secret.clone(), written));
    }
    let mut bytes = 0;
    while let Some(reader) = readers.join_next().await {
        bytes += reader??;
    }
    let (took, cpu) = (start.elapsed(), gateway.cpu_time()? - cpu);
    let out = kafka.bytes_out_of_topic(TOPIC).await? - before;
    say(&format!(
        "{READERS} readers, {} MiB in {took:?}, {} MiB to them, \
         {} MiB out of the broker (× {:.2}), \
         {} MiB resident, {cpu:?} CPU",
        LOG / MIB,
        bytes / MIB,
        out / MIB,
        out as f64 / LOG as f64,
        gateway.resident_bytes()? / MIB,
    ));
    assert!(out >= LOG, "the broker's count is not what is read: {out}");
    assert!(out <= LOG * TIMES_THE_LOG_MAX, "{out} bytes for {LOG}");
    Ok(())
}

async fn start(kafka: &KafkaCluster) -> anyhow::Result<(Gateway, Secret, String)> {
    let door = format!("127.0.0.1:{}", ports::free()?);
    let toml = format!(
        "[kafka]\nlisten = \"{door}\"\ncluster = \"real\"\n[tail]\nmemory_bytes = {MEMORY}\n"
    );
    let options = Options { toml, level: "info".to_owned(), ..Options::default() };
    let gateway = Gateway::start_with(options).await?;
    let documents = Documents::new()
        .cluster("real", &kafka.bootstrap())
        .endpoint("real", TOPIC)
        .plan("all", TOPIC, &[])
        .subscriber("reader", TOPIC, "all");
    let applied = gateway.apply(documents.yaml()).await?;
    let secret = applied.secret("reader")?.clone();
    Ok((gateway, secret, door))
}

/// Reads all partitions from their start until `wanted` records came; answers their bytes.
async fn read(door: String, secret: Secret, wanted: u64) -> anyhow::Result<u64> {
    let mut socket = TcpStream::connect(&door).await?;
    let let_in = log_in(&mut socket, &secret.credential, &secret.secret).await?;
    anyhow::ensure!(let_in, "the login is refused");
    let mut positions = vec![0; usize::try_from(PARTITIONS)?];
    let (mut records, mut bytes) = (0, 0);
    while records < wanted {
        let answer = call_over(&mut socket, &ask(&positions), FETCH_VERSION).await?;
        for partition in answer.responses.iter().flat_map(|topic| &topic.partitions) {
            anyhow::ensure!(partition.error_code == 0, "error {}", partition.error_code);
            let at = positions.get_mut(usize::try_from(partition.partition_index)?);
            let at = at.context("a partition that nobody asked for")?;
            let batches = partition.records.clone().unwrap_or_default();
            bytes += batches.len() as u64;
            records += pass(at, &batches)?;
        }
    }
    anyhow::ensure!(records == wanted, "{records} records of {wanted}");
    Ok(bytes)
}

/// Moves a position over whole batches (KIP-98), which must follow on each other; answers how many
/// records they have.
fn pass(position: &mut i64, mut batches: &[u8]) -> anyhow::Result<u64> {
    fn number<const N: usize>(batch: &[u8], at: usize) -> anyhow::Result<[u8; N]> {
        Ok(batch.get(at..at + N).context("a short batch")?.try_into()?)
    }
    let mut records = 0;
    while !batches.is_empty() {
        let base = i64::from_be_bytes(number(batches, 0)?);
        let length = usize::try_from(u32::from_be_bytes(number(batches, 8)?))?;
        let last = base + i64::from(u32::from_be_bytes(number(batches, 23)?));
        anyhow::ensure!(base <= *position && *position <= last, "{base} after {position}");
        records += u64::try_from(last + 1 - *position)?;
        *position = last + 1;
        batches = batches.get(12 + length..).context("half a batch")?;
    }
    Ok(records)
}

fn ask(positions: &[i64]) -> FetchRequest {
    let partitions = (0..).zip(positions).map(|(partition, offset)| {
        FetchPartition::default()
            .with_partition(partition)
            .with_fetch_offset(*offset)
            .with_partition_max_bytes(FETCH_BYTES)
    });
    let topic =
        FetchTopic::default().with_topic(topic_name(TOPIC)).with_partitions(partitions.collect());
    FetchRequest::default()
        .with_max_wait_ms(i32::try_from(Duration::from_secs(1).as_millis()).unwrap_or(1_000))
        .with_min_bytes(1)
        .with_max_bytes(FETCH_BYTES)
        .with_topics(vec![topic])
}
