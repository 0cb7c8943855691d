//! A hundred thousand events of three codecs, read over both doors while they are written: the same
//! images, in the same order.

use std::time::{Duration, Instant};

use anyhow::Context;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use tests::documents::Documents;
use tests::gateway::Secret;
use tests::kafka::KafkaCluster;
use tests::produce::{Codec, Producer, Record, copied};
use tests::run;
use tests::say;

use crate::door::{Door, now_ms};

const TOPIC: &str = "fetch-agreement";
const PARTITIONS: i32 = 4;
const EVENTS: i32 = 100_000;
/// Codecs of the producers, which take turns after so many events.
const CODECS: [Codec; 3] = [Codec::Gzip, Codec::Lz4, Codec::Zstd];
const TURN: i32 = 500;
/// One event of so many is hidden.
const HIDDEN_EACH: i32 = 4;
/// How long everything may take: slow machines run other tests beside this one.
const LIMIT: Duration = Duration::from_secs(150);

/// Filters, and changes values, keys' neighbours and headers.
const RULES: &str = r#"[
  {keepWhen: {path: "$.region", equals: "EU"}},
  {mask: {path: "$.email", keepFirst: 1, keepLast: 4}},
  {remove: {path: "$.card.number"}},
  {replace: {path: "$.card.holder", value: "hidden"}},
  {truncate: {path: "$.note", length: 6}},
  {remove: {header: "secret"}}]"#;

fn event(number: i32, began: i64) -> Record {
    let region = if number % HIDDEN_EACH == 0 { "US" } else { "EU" };
    let card = format!(r#"{{"number":"4111-{number}","holder":"canary {number}","year":2031}}"#);
    let person = format!(r#""email":"user{number}@example.org","card":{card}"#);
    let note = format!(r#""note":"for your eyes {number}""#);
    let value = format!(r#"{{"n":{number},"region":"{region}",{person},{note}}}"#);
    let record = Record::value(value).key(format!("key-{}", number % 977));
    let record = record.partition(number / HIDDEN_EACH % PARTITIONS);
    let record = record.timestamp(began + i64::from(number));
    record.header("secret", Some(b"canary")).header("trace", Some(number.to_string().as_bytes()))
}

fn produce(bootstrap: &str) -> anyhow::Result<()> {
    let producers = CODECS.map(|codec| Producer::new(bootstrap, codec));
    let began = now_ms();
    for number in 0..EVENTS {
        let turn = usize::try_from(number / TURN)? % CODECS.len();
        let producer = producers[turn].as_ref().map_err(|error| anyhow::anyhow!("{error:#}"))?;
        producer.queue(TOPIC, &event(number, began))?;
    }
    producers.into_iter().try_for_each(|producer| producer?.flush())
}

/// Reads `count` records as an ordinary consumer does, in the order in which they come.
fn consume(address: &str, secret: &Secret, count: usize) -> anyhow::Result<Vec<Record>> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", address)
        .set("security.protocol", "sasl_plaintext")
        .set("sasl.mechanism", "PLAIN")
        .set("sasl.username", &secret.credential)
        .set("sasl.password", &secret.secret)
        .set("group.id", "agreement")
        .set("enable.auto.commit", "false")
        .set("check.crcs", "true")
        .set("log_level", "2")
        .create()?;
    let mut list = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        list.add_partition_offset(TOPIC, partition, Offset::Beginning)?;
    }
    consumer.assign(&list)?;
    let (began, mut records) = (Instant::now(), Vec::with_capacity(count));
    while records.len() < count {
        anyhow::ensure!(began.elapsed() < LIMIT, "{} records over Kafka", records.len());
        if let Some(message) = consumer.poll(Duration::from_millis(100)) {
            records.push(copied(&message?));
        }
    }
    anyhow::ensure!(consumer.poll(Duration::from_secs(1)).is_none(), "more over Kafka");
    Ok(records)
}

/// By partition, each as it came.
fn by_partition(records: Vec<Record>) -> Vec<Vec<Record>> {
    let mut partitions = vec![Vec::new(); usize::try_from(PARTITIONS).unwrap_or_default()];
    for record in records {
        partitions[usize::try_from(record.partition).unwrap_or_default()].push(record);
    }
    partitions
}

#[test]
fn both_doors_show_a_hundred_thousand_events_alike() {
    run(200, async {
        let kafka = KafkaCluster::shared().await?;
        kafka.create_topic(TOPIC, PARTITIONS).await?;
        let door = Door::open().await?;
        let documents = Documents::new()
            .cluster("real", &kafka.bootstrap())
            .policy("view", RULES)
            .endpoint("real", TOPIC)
            .plan("plan", TOPIC, &["view"])
            .subscriber("app", TOPIC, "plan");
        let applied = door.gateway.apply(documents.yaml()).await?;
        let secret = applied.secret("app")?.clone();
        let request = door.gateway.events(TOPIC).bearer(&secret.secret).from("earliest");
        let mut stream = request.open().await?;
        let began = Instant::now();
        let count = usize::try_from(EVENTS - EVENTS / HIDDEN_EACH)?;
        let (address, bootstrap) = (door.address.clone(), kafka.bootstrap());
        let over_kafka = tokio::task::spawn_blocking(move || consume(&address, &secret, count));
        let over_sse = tokio::spawn(async move {
            let records = stream.records(count, LIMIT).await?;
            stream.silent(Duration::from_secs(1)).await?;
            records.iter().map(tests::sse::Record::to_kafka).collect::<anyhow::Result<Vec<_>>>()
        });
        tokio::task::spawn_blocking(move || produce(&bootstrap)).await??;
        let produced = began.elapsed();
        let over_kafka = by_partition(over_kafka.await??);
        let over_sse = by_partition(over_sse.await??);
        say(&format!("{EVENTS} events: written in {produced:?}, read in {:?}", began.elapsed()));
        for (kafka, sse) in over_kafka.iter().zip(&over_sse) {
            assert_eq!(kafka.len(), sse.len());
            let different = kafka.iter().zip(sse).find(|(kafka, sse)| kafka != sse);
            assert!(different.is_none(), "{different:?}");
            assert!(kafka.is_sorted_by(|a, b| a.offset < b.offset), "in order, none twice");
            for record in kafka {
                let value = String::from_utf8(record.value.clone().context("a value")?)?;
                let (n, _) = value.split_once(',').context("not as it was written")?;
                let shown = format!(r#"{n},"region":"EU","email":"u"#);
                assert!(value.starts_with(&shown), "{value}");
                let secrets = ["canary", "number", "example", "eyes"];
                assert!(!secrets.iter().any(|secret| value.contains(secret)), "{value}");
                assert_eq!(record.headers.len(), 1, "{record:?}");
            }
        }
        Ok(())
    });
}
