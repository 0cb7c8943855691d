//! What an answer holds and when it leaves: filtered stretches, large batches, waiting, errors,
//! revocation.

use std::time::Duration;

use kafka_protocol::messages::{FetchRequest, MetadataRequest};
use tests::documents::Documents;
use tests::gateway::Secret;
use tests::kafka::KafkaCluster;
use tests::run;
use tests::scripted_broker::batch::Batch;

use crate::door::{Ask, Client, Door};

/// Keeps what is marked.
const RULES: &str = r#"[{keepWhen: {path: "$.keep", equals: true}}]"#;

pub struct Stand {
    pub door: Door,
    pub broker: Client,
    pub secret: Secret,
}

/// A topic with one subscriber under a plan.
pub async fn stand(topic: &str, plan: &str) -> anyhow::Result<Stand> {
    let kafka = KafkaCluster::shared().await?;
    let door = Door::open().await?;
    // One that a test needs otherwise is there already.
    let _ = kafka.create_topic(topic, 2).await;
    let documents = Documents::new()
        .cluster("real", &kafka.bootstrap())
        .policy("view", RULES)
        .endpoint("real", topic)
        .document("Plan", "plan", &format!("{{endpoint: {topic}, {plan}}}"))
        .subscriber("app", topic, "plan");
    let applied = door.gateway.apply(documents.yaml()).await?;
    let secret = applied.secret("app")?.clone();
    Ok(Stand { door, broker: Client::direct(&kafka.bootstrap()).await?, secret })
}

/// Batches of ten records; `keep` says which are kept.
pub fn batches(count: i64, keep: impl Fn(i64) -> bool) -> Vec<Batch> {
    let value = |n: i64| format!(r#"{{"n":{n},"keep":{}}}"#, keep(n));
    let batch = |b: i64| Batch::of(&(b * 10..b * 10 + 10).map(value).collect::<Vec<_>>());
    (0..count).map(batch).collect()
}

#[test]
fn answers_hold_visible_records_or_nothing() {
    run(200, async {
        for (name, keep) in [
            ("half", (|n| n % 2 == 0) as fn(i64) -> bool),
            ("few", |n| n == 417),
            ("none", |_| false),
        ] {
            let topic = format!("fetch-filter-{name}");
            let Stand { door, mut broker, secret } = stand(&topic, "policies: [view]").await?;
            broker.produce(&topic, 0, &batches(100, keep)).await?;
            let mut client = door.client(&secret).await?;
            let (mut offset, mut records, mut silent) = (0, 0, 0);
            loop {
                let ask = Ask { partition_bytes_max: 2_000, ..Ask::new(&topic, &[(0, offset)]) };
                let got = client.fetch(&ask).await?;
                let batches = got.batches();
                if batches.is_empty() {
                    assert_eq!(got.one().high_watermark, 1_000);
                    assert!(got.took >= Duration::from_millis(440), "{:?}", got.took);
                    silent += 1;
                    if silent == 2 {
                        break;
                    }
                }
                assert!(batches.iter().all(|batch| batch.count > 0), "{name}: {batches:?}");
                records += batches.iter().map(|batch| batch.count).sum::<i32>();
                offset = batches.last().map_or(offset, |batch| batch.last + 1);
            }
            let kept = (0..1_000).filter(|n| keep(*n)).count();
            assert_eq!(usize::try_from(records)?, kept, "{name}");
            // What is visible again comes at once, wherever the client stands.
            let ask = Ask { wait_ms: 5_000, ..Ask::new(&topic, &[(0, offset)]) };
            client.send_fetch(&ask).await?;
            tokio::time::sleep(Duration::from_millis(300)).await;
            broker.produce(&topic, 0, &batches(1, |_| true)).await?;
            let told = client.receive::<FetchRequest>(12);
            let answer = tokio::time::timeout(Duration::from_secs(1), told).await??;
            let part = &answer.responses[0].partitions[0];
            let found = crate::door::batches(part.records.as_ref().unwrap());
            assert_eq!((found[0].base, found[0].count), (1_000, 10), "{name}");
        }
        Ok(())
    });
}

#[test]
fn clients_that_take_it_are_moved_past_what_they_do_not_see() {
    run(200, async {
        let topic = "fetch-placeholder";
        let Stand { door, mut broker, secret } = stand(topic, "policies: [view]").await?;
        broker.produce(topic, 0, &batches(50, |_| false)).await?;
        for (software, takes) in [
            ("apache-kafka-java", true),
            ("librdkafka", true),
            ("kafka-python", true),
            ("kgo", false),
            ("", false),
        ] {
            let mut client = door.client_of(software, &secret).await?;
            let first = client.fetch(&Ask::new(topic, &[(0, 0)])).await?;
            // History was being fetched while the first one waited, or it was not.
            let second = client.fetch(&Ask::new(topic, &[(0, 0)])).await?;
            let found = [first.batches(), second.batches()].concat();
            assert_eq!(found.len(), usize::from(takes), "{software}: at most one, {found:?}");
            if let Some(batch) = found.first() {
                assert_eq!((batch.base, batch.last, batch.count), (499, 499, 1));
                assert_eq!(batch.attributes, 0x20, "a control batch");
            }
            let end = client.fetch(&Ask::new(topic, &[(0, 500)])).await?;
            assert!(end.is_empty(), "{software}");
        }
        Ok(())
    });
}

#[test]
fn the_first_batch_comes_whole_and_others_only_if_they_fit() {
    run(200, async {
        let kafka = KafkaCluster::shared().await?;
        let large = [("max.message.bytes", "8000000")];
        kafka.create_topic_with("fetch-large", 2, &large).await?;
        let Stand { door, mut broker, secret } = stand("fetch-large", "policies: []").await?;
        let value = vec![b'x'; 3_000_000];
        broker.produce("fetch-large", 0, &[Batch::of(&[&value]), Batch::of(&["small"])]).await?;
        broker.produce("fetch-large", 1, &[Batch::of(&[&value]), Batch::of(&["small"])]).await?;
        let mut client = door.client(&secret).await?;
        let ask = Ask {
            bytes_max: 1_000_000,
            partition_bytes_max: 1_000_000,
            ..Ask::new("fetch-large", &[(0, 0), (1, 0)])
        };
        // Both are at hand: an answer does not wait for history that is still being fetched.
        for partition in 0..2 {
            client.fetch_some(&Ask::new("fetch-large", &[(partition, 0)])).await?;
        }
        // One large batch, of one partition after the other, so that none starves.
        let mut first = Vec::new();
        for _ in 0..4 {
            let got = client.fetch_some(&ask).await?;
            let sizes: Vec<_> =
                got.partitions().iter().map(|p| p.records.as_ref().unwrap().len()).collect();
            assert_eq!(sizes.iter().filter(|size| **size > 3_000_000).count(), 1, "{sizes:?}");
            assert_eq!(sizes.iter().filter(|size| **size == 0).count(), 1, "{sizes:?}");
            first.push(sizes[0] > 0);
        }
        assert!(first.contains(&true) && first.contains(&false), "{first:?}");
        // Within the limits, all there is.
        let all = Ask { partition_bytes_max: 8_000_000, ..Ask::new("fetch-large", &[(0, 0)]) };
        assert_eq!(client.fetch_some(&all).await?.batches().len(), 2);
        Ok(())
    });
}

#[test]
fn a_fetch_waits_as_long_as_it_may_and_no_longer() {
    run(200, async {
        let topic = "fetch-wait";
        let Stand { door, mut broker, secret } = stand(topic, "policies: []").await?;
        broker.produce(topic, 0, &batches(1, |_| true)).await?;
        let mut client = door.client(&secret).await?;
        client.fetch_some(&Ask::new(topic, &[(0, 0)])).await?;
        for wait_ms in [0, 100, 1_000] {
            let ask = Ask { wait_ms, ..Ask::new(topic, &[(0, 10), (1, 0)]) };
            let got = client.fetch(&ask).await?;
            let wait = Duration::from_millis(u64::try_from(wait_ms)?);
            assert!(got.is_empty() && got.took >= wait.mul_f32(0.88), "{:?}", got.took);
            assert!(got.took < wait + Duration::from_millis(20), "{:?}", got.took);
        }
        // Less than asked for is held back until the time is over.
        let ask = Ask { bytes_min: 100_000, ..Ask::new(topic, &[(0, 0)]) };
        let got = client.fetch(&ask).await?;
        assert!(got.took >= Duration::from_millis(440) && got.batches().len() == 1);
        // The next request ends the wait of the one before it, and answers stay in order.
        client.send_fetch(&Ask { wait_ms: 20_000, ..Ask::new(topic, &[(0, 10)]) }).await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
        client.send(&MetadataRequest::default().with_topics(None), 9).await?;
        let answered = async {
            let empty = client.receive::<FetchRequest>(12).await?;
            assert_eq!(empty.responses[0].partitions[0].error_code, 0);
            client.receive::<MetadataRequest>(9).await
        };
        let metadata = tokio::time::timeout(Duration::from_secs(1), answered).await??;
        assert_eq!(metadata.topics.len(), 1);
        // A session was never granted, so none is known.
        let request = FetchRequest::default().with_session_id(7).with_session_epoch(1);
        assert_eq!(client.call(&request, 12).await?.error_code, 70);
        Ok(())
    });
}

#[test]
fn errors_are_told_late_and_by_codes_that_clients_know() {
    run(200, async {
        let topic = "fetch-errors";
        let Stand { door, mut broker, secret } = stand(topic, "policies: []").await?;
        let kafka = KafkaCluster::shared().await?;
        kafka.create_topic("fetch-hidden", 1).await?;
        broker.produce(topic, 0, &batches(1, |_| true)).await?;
        let mut client = door.client(&secret).await?;
        client.fetch_some(&Ask::new(topic, &[(0, 0)])).await?;
        let other_id = Ask { version: 17, id: [5; 16], ..Ask::new(topic, &[(0, 0)]) };
        let replica = Ask { replica: 1, ..Ask::new(topic, &[(0, 0)]) };
        for (ask, code, what) in [
            (Ask::new("fetch-hidden", &[(0, 0)]), 29, "one that exists"),
            (Ask::new("fetch-missing", &[(0, 0)]), 29, "one that does not"),
            (other_id, 100, "no such id"),
            (replica, 29, "a replica"),
            (Ask::new(topic, &[(9, 0)]), 3, "no such partition"),
            (Ask::new(topic, &[(0, 11)]), 1, "beyond the end"),
            (Ask::new(topic, &[(0, -7)]), 1, "before everything"),
        ] {
            let got = client.fetch(&ask).await?;
            assert_eq!(got.one().error_code, code, "{what}");
            assert_eq!(got.one().records.as_deref(), Some(&[][..]), "{what}");
            assert!(got.took >= Duration::from_millis(440), "{what}: {:?}", got.took);
        }
        // Whatever else is there does not wait for an error.
        let got = client.fetch(&Ask::new(topic, &[(9, 0), (0, 0)])).await?;
        assert!(got.took < Duration::from_millis(200), "{:?}", got.took);
        let codes: Vec<_> = got.partitions().iter().map(|part| part.error_code).collect();
        assert_eq!(codes, [3, 0]);
        // Past the log's start: told by the cluster.
        broker.produce(topic, 1, &batches(5, |_| true)).await?;
        client.fetch_some(&Ask::new(topic, &[(1, 0)])).await?;
        kafka.delete_records(topic, 1, 30).await?;
        let door = Door::open().await?;
        let documents = Documents::new()
            .cluster("real", &kafka.bootstrap())
            .endpoint("real", topic)
            .plan("plan", topic, &[])
            .subscriber("app", topic, "plan");
        let applied = door.gateway.apply(documents.yaml()).await?;
        let mut fresh = door.client(applied.secret("app")?).await?;
        let got = fresh.fetch_some(&Ask::new(topic, &[(1, 5)])).await?;
        assert_eq!(got.one().error_code, 1);
        let got = fresh.fetch_some(&Ask::new(topic, &[(1, 30)])).await?;
        assert_eq!((got.batches()[0].base, got.one().log_start_offset), (30, 30));
        Ok(())
    });
}

#[test]
fn who_loses_a_right_is_told_while_waiting() {
    run(200, async {
        let topic = "fetch-revoked";
        let Stand { door, mut broker, secret } = stand(topic, "policies: []").await?;
        broker.produce(topic, 0, &batches(1, |_| true)).await?;
        let mut client = door.client(&secret).await?;
        let id = client.id(topic).await?;
        client.fetch_some(&Ask::new(topic, &[(0, 0)])).await?;
        let waiting = Ask { wait_ms: 30_000, ..Ask::new(topic, &[(0, 10)]) };
        client.send_fetch(&waiting).await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
        let told = async {
            door.gateway.suspend(&format!("app-{topic}")).await?;
            client.receive::<FetchRequest>(12).await
        };
        let answer = tokio::time::timeout(Duration::from_millis(1_000), told).await??;
        assert_eq!(answer.responses[0].partitions[0].error_code, 29);
        assert_eq!(client.fetch(&waiting).await?.one().error_code, 29);
        // By an id that it was shown: refused, not unknown, or the topic would be dropped.
        for (id, code) in [(id, 29), ([5; 16], 100)] {
            let by_id = Ask { version: 17, id, ..Ask::new(topic, &[(0, 0)]) };
            assert_eq!(client.fetch(&by_id).await?.one().error_code, code);
            let (told, took) = client.metadata_by_id(id).await?;
            assert_eq!(told.error_code, code);
            assert!(told.partitions.is_empty(), "{told:?}");
            // Errors alone are held: some clients ask again at once, for ever.
            assert!(took >= Duration::from_millis(440), "{took:?}");
        }
        // A credential that no longer works ends the connection.
        door.gateway.revoke(&secret.credential).await?;
        let closed = tokio::time::timeout(Duration::from_secs(1), client.fetch(&waiting)).await?;
        assert!(closed.is_err(), "the connection is closed");
        Ok(())
    });
}
