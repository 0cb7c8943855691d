//! The harness's own tests: what everything else stands on is real and behaves as it is described.

use std::time::Duration;

use kafka_protocol::messages::ApiKey;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};
use tests::kafka::KafkaCluster;
use tests::produce::{Codec, Producer, Record, fill, read_all};
use tests::run;
use tests::scripted_broker::{Act, Batch, ScriptedBroker, code};

/// How long librdkafka may take to see one message.
const READ_LIMIT: Duration = Duration::from_secs(20);

#[test]
fn every_codec_comes_back_as_it_was_written() {
    run(180, async {
        let kafka = KafkaCluster::shared().await?;
        for codec in Codec::ALL {
            let topic = format!("codec-{}", codec.name());
            kafka.create_topic(&topic, 2).await?;
            let mut written = Vec::new();
            for n in 0..50_u8 {
                let value = format!("{{\"n\":{n},\"text\":\"{}\"}}", "abc".repeat(50));
                let record = Record::value(value)
                    .key(format!("key-{n}"))
                    .partition(i32::from(n % 2))
                    .timestamp(1_700_000_000_000 + i64::from(n))
                    .header("h", Some(b"one"))
                    .header("h", None)
                    .header("h", Some(b"\xff"));
                written.push(record);
            }
            written.push(Record::tombstone("key-0").timestamp(1_700_000_000_100));
            Producer::new(&kafka.bootstrap(), codec)?.send(&topic, &written)?;
            written.sort_by_key(|record| record.partition);
            let mut read = read_all(&kafka.bootstrap(), &topic, 2, "read_committed")?;
            let offsets: Vec<i64> = read.iter().map(|record| record.offset).collect();
            assert_eq!(offsets, (0..26).chain(0..25).collect::<Vec<i64>>(), "{codec:?}");
            read.iter_mut().for_each(|record| record.offset = 0);
            assert_eq!(read, written, "{codec:?}");
        }
        Ok(())
    });
}

#[test]
fn transactions_commit_abort_and_stay_open() {
    run(180, async {
        let kafka = KafkaCluster::shared().await?;
        kafka.create_topic("transactions", 1).await?;
        let bootstrap = kafka.bootstrap();
        let producer =
            |id: &str| Producer::transactional(&bootstrap, Codec::Lz4, id, Duration::from_secs(60));
        let (committed, aborted, open) = (producer("c")?, producer("a")?, producer("o")?);
        for (transaction, values) in [(&committed, ["c1", "c2"]), (&aborted, ["a1", "a2"])] {
            transaction.begin()?;
            for value in values {
                transaction.send("transactions", &[Record::value(value)])?;
            }
        }
        committed.commit()?;
        aborted.abort()?;
        open.begin()?;
        open.send("transactions", &[Record::value("o1")])?;
        let values = |isolation: &str| -> anyhow::Result<Vec<String>> {
            let records = read_all(&bootstrap, "transactions", 1, isolation)?;
            let values = records.into_iter().filter_map(|record| record.value);
            Ok(values.map(|value| String::from_utf8_lossy(&value).into_owned()).collect())
        };
        assert_eq!(values("read_committed")?, ["c1", "c2"]);
        assert_eq!(values("read_uncommitted")?, ["c1", "c2", "a1", "a2", "o1"]);
        open.commit()?;
        assert_eq!(values("read_committed")?, ["c1", "c2", "o1"]);
        Ok(())
    });
}

#[test]
fn the_broker_counts_bytes_out() {
    run(180, async {
        let kafka = KafkaCluster::shared().await?;
        kafka.create_topic("counted", 1).await?;
        let bootstrap = kafka.bootstrap();
        let value = |n: u64| format!("{n:01000}").into_bytes();
        let count = fill(&bootstrap, Codec::None, ("counted", 1), 2_000_000, value)?;
        assert_eq!(count, 2000);
        let before = kafka.bytes_out_of_topic("counted").await?;
        let all_before = kafka.bytes_out().await?;
        assert_eq!(read_all(&bootstrap, "counted", 1, "read_committed")?.len(), 2000);
        let out = kafka.bytes_out_of_topic("counted").await? - before;
        assert!((2_000_000..2_400_000).contains(&out), "{out}");
        assert!(kafka.bytes_out().await? - all_before >= out);
        Ok(())
    });
}

#[test]
fn topics_are_configured_deleted_and_cut() {
    run(180, async {
        let kafka = KafkaCluster::shared().await?;
        let bootstrap = kafka.bootstrap();
        kafka.create_topic_with("small", 1, &[("max.message.bytes", "2000")]).await?;
        let producer = Producer::new(&bootstrap, Codec::None)?;
        producer.send("small", &[Record::value("first"), Record::value("second")])?;
        kafka.delete_records("small", 0, 1).await?;
        let left = read_all(&bootstrap, "small", 1, "read_committed")?;
        assert_eq!(left.iter().map(|record| record.offset).collect::<Vec<_>>(), [1]);
        kafka.set_config("small", "cleanup.policy", "compact").await?;
        kafka.grow_topic("small", 3).await?;
        assert_eq!(kafka.leaders("small").await?.get(&1), Some(&3));
        let id = kafka.topic_id("small").await?;
        kafka.delete_topic("small").await?;
        kafka.create_topic("small", 1).await?;
        assert_ne!(kafka.topic_id("small").await?, id);
        assert!(read_all(&bootstrap, "small", 1, "read_committed")?.is_empty());
        Ok(())
    });
}

#[test]
fn a_restart_keeps_data_and_port() {
    run(240, async {
        let kafka = KafkaCluster::single().await?;
        kafka.create_topic("kept", 1).await?;
        let bootstrap = kafka.bootstrap();
        let send = |value: &'static str| -> anyhow::Result<()> {
            Producer::new(&bootstrap, Codec::Zstd)?.send("kept", &[Record::value(value)])
        };
        send("before")?;
        kafka.stop(1).await?;
        assert!(tokio::net::TcpStream::connect(&bootstrap).await.is_err());
        kafka.start(1).await?;
        send("between")?;
        kafka.kill(1)?;
        kafka.start(1).await?;
        send("after")?;
        let values = read_all(&bootstrap, "kept", 1, "read_committed")?;
        assert_eq!(values.len(), 3);
        assert_eq!(kafka.bootstrap(), bootstrap);
        Ok(())
    });
}

#[test]
fn librdkafka_reads_the_scripted_broker() {
    run(60, async {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("t", 1);
        for codec in Codec::ALL {
            broker.append("t", 0, &Batch::of(&["x".repeat(100), "y".repeat(100)]).codec(codec));
        }
        let xerial = Batch { xerial: true, codec: Codec::Snappy, ..Batch::of(&["xerial"]) };
        broker.append("t", 0, &xerial);
        let consumer = scripted_consumer(&broker)?;
        let consumer = std::sync::Arc::new(consumer);
        let seen = read_some(&consumer, 11).await?;
        let offsets: Vec<i64> = seen.iter().map(|(offset, _)| *offset).collect();
        assert_eq!(offsets, (0..11).collect::<Vec<i64>>());
        assert_eq!(seen.last().map(|(_, value)| value.len()), Some(6));
        // What is appended later comes by a waiting fetch.
        broker.append("t", 0, &Batch::of(&["later"]));
        assert_eq!(read_some(&consumer, 1).await?, [(11, b"later".to_vec())]);
        assert!(broker.count(ApiKey::Fetch) >= 2);
        assert!(broker.bytes_out() > 500);
        Ok(())
    });
}

#[test]
fn the_script_is_followed() {
    run(60, async {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("t", 1);
        broker.append("t", 0, &Batch::of(&["a"]));
        broker.script(ApiKey::Fetch, Some(1), Act::Close);
        broker.script(ApiKey::Fetch, Some(1), Act::Error(code::NOT_LEADER_OR_FOLLOWER));
        let consumer = std::sync::Arc::new(scripted_consumer(&broker)?);
        assert_eq!(read_some(&consumer, 1).await?, [(0, b"a".to_vec())]);
        assert!(broker.count(ApiKey::Fetch) >= 3);
        // An open transaction is not shown to those who read committed records only.
        broker.append("t", 0, &Batch::of(&["open"]).transactional(7));
        broker.edit("t", 0, |partition| partition.open.insert(7, 1));
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(read_some_within(&consumer, 1, Duration::from_millis(500)).await.is_err());
        broker.append("t", 0, &Batch::marker(7, true));
        broker.edit("t", 0, |partition| partition.open.clear());
        assert_eq!(read_some(&consumer, 1).await?, [(1, b"open".to_vec())]);
        Ok(())
    });
}

fn scripted_consumer(broker: &ScriptedBroker) -> anyhow::Result<BaseConsumer> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", broker.address())
        .set("group.id", "g")
        .set("enable.auto.commit", "false")
        .set("isolation.level", "read_committed")
        .set("check.crcs", "true")
        .set("reconnect.backoff.max.ms", "200")
        .set("log_level", "2")
        .create()?;
    let mut list = TopicPartitionList::new();
    list.add_partition_offset("t", 0, Offset::Beginning)?;
    consumer.assign(&list)?;
    Ok(consumer)
}

type Seen = Vec<(i64, Vec<u8>)>;

async fn read_some(consumer: &std::sync::Arc<BaseConsumer>, count: usize) -> anyhow::Result<Seen> {
    read_some_within(consumer, count, READ_LIMIT).await
}

async fn read_some_within(
    consumer: &std::sync::Arc<BaseConsumer>,
    count: usize,
    limit: Duration,
) -> anyhow::Result<Seen> {
    let consumer = std::sync::Arc::clone(consumer);
    tokio::task::spawn_blocking(move || {
        let (start, mut seen) = (std::time::Instant::now(), Vec::new());
        while seen.len() < count {
            anyhow::ensure!(start.elapsed() < limit, "{} of {count}: {seen:?}", seen.len());
            if let Some(Ok(message)) = consumer.poll(Duration::from_millis(50)) {
                seen.push((message.offset(), message.payload().unwrap_or_default().to_vec()));
            }
        }
        Ok(seen)
    })
    .await?
}
