//! Logs that change behind the gateway: cut by an unclean election, deleted and created anew, begun
//! later by retention. Once it is known, nothing of what is void comes out of any memory.

use std::time::{Duration, Instant};

use anyhow::Context;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use tests::documents::Documents;
use tests::gateway::Secret;
use tests::kafka::KafkaCluster;
use tests::run;
use tests::scripted_broker::{Batch, ScriptedBroker};

use crate::door::{Ask, Client, Door, now_ms};

/// How long what is done to a log may take to be known.
const KNOWN_WITHIN: Duration = Duration::from_secs(20);
const OUT_OF_RANGE: i16 = 1;
const UNKNOWN_PARTITION: i16 = 3;
const UNKNOWN_ID: i16 = 100;

/// `old-0007` in a batch of its own.
fn batches(what: &str, numbers: std::ops::Range<usize>) -> Vec<Batch> {
    let batch = |n| Batch { base_timestamp: now_ms(), ..Batch::of(&[format!("{what}-{n:04}")]) };
    numbers.map(batch).collect()
}

/// The values of batches as they came.
fn values(bytes: &[u8]) -> Vec<String> {
    let starts = bytes.windows(4).enumerate();
    let starts = starts.filter(|(_, text)| *text == b"old-" || *text == b"new-");
    starts.map(|(at, _)| String::from_utf8_lossy(&bytes[at..at + 8]).into_owned()).collect()
}

fn expected(parts: &[(&str, std::ops::Range<usize>)]) -> Vec<String> {
    let part = |(what, numbers): &(&str, std::ops::Range<usize>)| {
        numbers.clone().map(|n| format!("{what}-{n:04}")).collect::<Vec<_>>()
    };
    parts.iter().flat_map(part).collect()
}

async fn stand(bootstrap: &str, topic: &str) -> anyhow::Result<(Door, Secret)> {
    let door = Door::open().await?;
    let documents = Documents::new()
        .cluster("real", bootstrap)
        .endpoint("real", topic)
        .plan("plan", topic, &[])
        .subscriber("app", topic, "plan");
    let applied = door.gateway.apply(documents.yaml()).await?;
    let secret = applied.secret("app")?.clone();
    Ok((door, secret))
}

/// librdkafka, assigned from the beginning, going back there when it is lost.
struct Librdkafka(BaseConsumer);

impl Librdkafka {
    fn start(door: &Door, secret: &Secret, topic: &str) -> anyhow::Result<Librdkafka> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", &door.address)
            .set("security.protocol", "sasl_plaintext")
            .set("sasl.mechanism", "PLAIN")
            .set("sasl.username", &secret.credential)
            .set("sasl.password", &secret.secret)
            .set("group.id", "changes")
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            .set("topic.metadata.refresh.interval.ms", "1000")
            .set("log_level", "2")
            .create()?;
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, 0, Offset::Beginning)?;
        consumer.assign(&list)?;
        Ok(Librdkafka(consumer))
    }

    /// What comes until `last` does.
    fn until(&self, last: &str) -> anyhow::Result<Vec<String>> {
        tokio::task::block_in_place(|| {
            let (began, mut seen) = (Instant::now(), Vec::new());
            while seen.last().is_none_or(|value| value != last) {
                anyhow::ensure!(began.elapsed() < KNOWN_WITHIN, "no {last} after {seen:?}");
                if let Some(message) = self.0.poll(Duration::from_millis(100)) {
                    let value = message?.payload().context("no value")?.to_vec();
                    seen.push(String::from_utf8(value)?);
                }
            }
            Ok(seen)
        })
    }
}

/// Asks until this error comes.
async fn is_told(client: &mut Client, ask: &Ask, code: i16) -> anyhow::Result<()> {
    let began = Instant::now();
    while began.elapsed() < KNOWN_WITHIN {
        if client.fetch(ask).await?.one().error_code == code {
            return Ok(());
        }
    }
    anyhow::bail!("error {code} does not come for {:?}", ask.offsets)
}

#[test]
fn nothing_of_what_was_cut_is_served_once_the_cut_is_known() {
    run(120, async {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("t", 1);
        let write = |what: &str, numbers| {
            for batch in batches(what, numbers) {
                broker.append("t", 0, &batch);
            }
        };
        write("old", 0..20);
        let (door, secret) = stand(&broker.address(), "t").await?;
        let mut client = door.client(&secret).await?;
        let ask = |offset| Ask { wait_ms: 100, ..Ask::new("t", &[(0, offset)]) };
        // From history, and then live.
        let seen = values(&client.drain(&ask(0)).await?);
        assert_eq!(seen, expected(&[("old", 0..20)]));
        write("old", 20..30);
        let librdkafka = Librdkafka::start(&door, &secret, "t")?;
        assert_eq!(librdkafka.until("old-0029")?, expected(&[("old", 0..30)]));
        // The offsets that are lost are taken by others at once.
        broker.edit("t", 0, |partition| partition.truncate(10, 1));
        write("new", 10..25);
        is_told(&mut client, &ask(30), OUT_OF_RANGE).await?;
        let mut fresh = door.client(&secret).await?;
        for offset in [0, 5, 10, 15, 20] {
            for client in [&mut client, &mut fresh] {
                let seen = values(&client.drain(&ask(offset)).await?);
                let from = usize::try_from(offset)?;
                let wanted = expected(&[("old", from..10), ("new", from.max(10)..25)]);
                assert_eq!(seen, wanted, "from {offset}");
            }
        }
        let again = librdkafka.until("new-0024")?;
        let void = |value: &&String| value.as_str() >= "old-0010";
        assert!(again.iter().find(void).is_none(), "{again:?}");
        assert!(again.ends_with(&expected(&[("new", 10..25)])), "{again:?}");
        Ok(())
    });
}

#[test]
fn what_was_read_from_history_alone_is_void_after_a_cut_as_well() {
    run(120, async {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("t", 1);
        for batch in batches("old", 0..20) {
            broker.append("t", 0, &batch);
        }
        let (door, secret) = stand(&broker.address(), "t").await?;
        let mut client = door.client(&secret).await?;
        let ask = |offset| Ask { wait_ms: 100, ..Ask::new("t", &[(0, offset)]) };
        client.drain(&ask(0)).await?;
        // Nothing was fetched live: the new log is longer, and only epochs tell.
        broker.edit("t", 0, |partition| {
            partition.truncate(10, 1);
            for n in 10..40 {
                let batch = &batches("new", n..n + 1)[0];
                batch.append_to(partition);
            }
        });
        is_told(&mut client, &ask(20), OUT_OF_RANGE).await?;
        let mut fresh = door.client(&secret).await?;
        let seen = values(&fresh.drain(&ask(0)).await?);
        assert_eq!(seen, expected(&[("old", 0..10), ("new", 10..40)]));
        Ok(())
    });
}

#[test]
fn a_topic_that_is_created_anew_is_another() {
    run(200, async {
        let topic = "fetch-recreated";
        let kafka = KafkaCluster::shared().await?;
        let mut broker = Client::direct(&kafka.bootstrap()).await?;
        kafka.create_topic(topic, 1).await?;
        broker.produce(topic, 0, &batches("old", 0..20)).await?;
        let (door, secret) = stand(&kafka.bootstrap(), topic).await?;
        let mut by_name = door.client(&secret).await?;
        let mut by_id = door.client(&secret).await?;
        let id = by_id.id(topic).await?;
        let named = |offset| Ask::new(topic, &[(0, offset)]);
        let with_id = |id, offset| Ask { version: 17, id, ..named(offset) };
        let old = expected(&[("old", 0..20)]);
        assert_eq!(values(&by_name.drain(&named(0)).await?), old);
        assert_eq!(values(&by_id.drain(&with_id(id, 0)).await?), old);
        assert_eq!(Librdkafka::start(&door, &secret, topic)?.until("old-0019")?, old);
        kafka.delete_topic(topic).await?;
        is_told(&mut by_name, &named(20), UNKNOWN_PARTITION).await?;
        is_told(&mut by_id, &with_id(id, 20), UNKNOWN_ID).await?;
        kafka.create_topic(topic, 1).await?;
        broker.produce(topic, 0, &batches("new", 0..30)).await?;
        let got = loop {
            let got = by_name.fetch(&named(0)).await?;
            if got.one().error_code == 0 && !got.is_empty() {
                break got;
            }
            assert!([0, UNKNOWN_PARTITION].contains(&got.one().error_code));
        };
        assert!(values(&got.bytes()).iter().all(|value| value.starts_with("new")));
        let new = expected(&[("new", 0..30)]);
        for mut client in [by_name, door.client(&secret).await?] {
            assert_eq!(values(&client.drain(&named(0)).await?), new);
            is_told(&mut client, &named(31), OUT_OF_RANGE).await?;
        }
        // Its id is another, and the old one stays unknown.
        let now = by_id.id(topic).await?;
        assert_ne!(now, id);
        assert_eq!(by_id.fetch(&with_id(id, 0)).await?.one().error_code, UNKNOWN_ID);
        assert_eq!(values(&by_id.drain(&with_id(now, 0)).await?), new);
        assert_eq!(Librdkafka::start(&door, &secret, topic)?.until("new-0029")?, new);
        Ok(())
    });
}

#[test]
fn what_retention_took_is_not_served_from_memory() {
    run(200, async {
        let topic = "fetch-retention";
        let kafka = KafkaCluster::shared().await?;
        let mut broker = Client::direct(&kafka.bootstrap()).await?;
        kafka.create_topic(topic, 1).await?;
        broker.produce(topic, 0, &batches("old", 0..20)).await?;
        let (door, secret) = stand(&kafka.bootstrap(), topic).await?;
        let mut client = door.client(&secret).await?;
        let ask = |offset| Ask::new(topic, &[(0, offset)]);
        // Both from history and live.
        client.drain(&ask(0)).await?;
        broker.produce(topic, 0, &batches("old", 20..40)).await?;
        let librdkafka = Librdkafka::start(&door, &secret, topic)?;
        assert_eq!(librdkafka.until("old-0039")?.len(), 40);
        kafka.delete_records(topic, 0, 30).await?;
        is_told(&mut client, &ask(25), OUT_OF_RANGE).await?;
        let mut fresh = door.client(&secret).await?;
        for offset in [0, 10, 29] {
            for client in [&mut client, &mut fresh] {
                let got = client.fetch(&ask(offset)).await?;
                assert_eq!(got.one().error_code, OUT_OF_RANGE, "{offset}");
            }
        }
        let got = fresh.fetch_some(&ask(30)).await?;
        assert_eq!(got.one().log_start_offset, 30);
        assert_eq!(values(&fresh.drain(&ask(30)).await?), expected(&[("old", 30..40)]));
        // Clients go on: where they were, or where the log begins now.
        broker.produce(topic, 0, &batches("new", 0..1)).await?;
        assert_eq!(librdkafka.until("new-0000")?, ["new-0000"]);
        let late = Librdkafka::start(&door, &secret, topic)?.until("new-0000")?;
        assert_eq!(late, expected(&[("old", 30..40), ("new", 0..1)]));
        let request = door.gateway.events(topic).bearer(&secret.secret).from("earliest");
        let first = request.open().await?.records(1, KNOWN_WITHIN).await?;
        assert_eq!(first.first().map(|record| record.offset), Some(30));
        Ok(())
    });
}
