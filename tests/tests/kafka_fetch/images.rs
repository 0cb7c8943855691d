//! The same images on both doors, and the broker's own bytes where the chain is empty.

use std::time::Duration;

use tests::documents::Documents;
use tests::kafka::KafkaCluster;
use tests::produce::{Codec, Producer, Record, read_all_as};
use tests::run;

use crate::door::{Ask, Client, Door, now_ms};

/// What subscribers may see: every second region, without addresses.
const RULES: &str = r#"[
  {keepWhen: {path: "$.region", equals: "EU"}},
  {mask: {path: "$.email", keepFirst: 1, keepLast: 4}},
  {remove: {path: "$.ssn"}}]"#;

fn record(number: i32) -> Record {
    let region = if number % 2 == 0 { "EU" } else { "US" };
    let email = format!("user{number}@example.org");
    let value =
        format!(r#"{{"n":{number},"region":"{region}","email":"{email}","ssn":"123-{number}"}}"#);
    let record = Record::value(value).key(format!("key-{number}")).partition(number % 3 / 2);
    let record = record.timestamp(now_ms() + i64::from(number));
    record.header("trace", Some(b"one")).header("trace", None)
}

#[test]
fn kafka_and_sse_show_the_same_images() {
    run(300, async {
        let kafka = KafkaCluster::shared().await?;
        let door = Door::open().await?;
        let documents = Documents::new().cluster("real", &kafka.bootstrap());
        door.gateway.apply(documents.policy("view", RULES).yaml()).await?;
        for codec in [Codec::None, Codec::Lz4, Codec::Zstd, Codec::Gzip, Codec::Snappy] {
            let topic = format!("fetch-images-{}", codec.name());
            kafka.create_topic(&topic, 2).await?;
            let producer = Producer::new(&kafka.bootstrap(), codec)?;
            for part in 0..10 {
                let records: Vec<Record> = (part * 40..part * 40 + 40).map(record).collect();
                producer.send(&topic, &records)?;
            }
            let (plan, application) = (format!("{topic}-plan"), format!("{topic}-app"));
            let documents = Documents::new()
                .endpoint("real", &topic)
                .plan(&plan, &topic, &["view"])
                .subscriber(&application, &topic, &plan);
            let applied = door.gateway.apply(documents.yaml()).await?;
            let secret = applied.secret(&application)?;
            let login = (secret.credential.as_str(), secret.secret.as_str());
            let over_kafka = read_all_as(&door.address, login, &topic, 2)?;
            let request = door.gateway.events(&topic).bearer(&secret.secret).from("earliest");
            let mut stream = request.open().await?;
            let over_sse = stream.records(200, Duration::from_secs(20)).await?;
            let over_sse = over_sse.iter().map(tests::sse::Record::to_kafka);
            let mut over_sse = over_sse.collect::<anyhow::Result<Vec<_>>>()?;
            over_sse.sort_by_key(|record| (record.partition, record.offset));
            assert_eq!(over_kafka.len(), 200, "{codec:?}");
            assert_eq!(over_kafka, over_sse, "{codec:?}");
            let text = String::from_utf8(over_kafka[7].value.clone().unwrap())?;
            assert!(!text.contains("ssn") && !text.contains("user"), "{text}");
        }
        let metrics = door.gateway.metrics().await?;
        let shared = metrics.sum("sluicegate_images_shared_total", &[]);
        assert!(shared > 0.0, "one door computes, the other finds: {shared}");
        Ok(())
    });
}

#[test]
fn an_empty_chain_passes_the_brokers_own_bytes() {
    run(300, async {
        let kafka = KafkaCluster::shared().await?;
        let door = Door::open().await?;
        let mut documents = Documents::new().cluster("real", &kafka.bootstrap());
        for codec in Codec::ALL {
            let topic = format!("fetch-raw-{}", codec.name());
            kafka.create_topic(&topic, 1).await?;
            let producer = Producer::new(&kafka.bootstrap(), codec)?;
            for part in 0..5 {
                let records: Vec<Record> =
                    (part * 50..part * 50 + 50).map(|n| record(n).partition(0)).collect();
                producer.send(&topic, &records)?;
            }
            let plan = format!("{topic}-plan");
            documents = documents.endpoint("real", &topic).plan(&plan, &topic, &[]).subscriber(
                &format!("{topic}-app"),
                &topic,
                &plan,
            );
        }
        let applied = door.gateway.apply(documents.yaml()).await?;
        let mut broker = Client::direct(&kafka.bootstrap()).await?;
        for codec in Codec::ALL {
            let topic = format!("fetch-raw-{}", codec.name());
            let mut client = door.client(applied.secret(&format!("{topic}-app"))?).await?;
            let ask = Ask::new(&topic, &[(0, 0)]);
            let (through, direct) = (client.drain(&ask).await?, broker.drain(&ask).await?);
            assert!(through == direct && direct.len() > 1_000, "{codec:?}");
        }
        // Every version, by name and then by id, says the same.
        let topic = "fetch-raw-lz4";
        let mut client = door.client(applied.secret("fetch-raw-lz4-app")?).await?;
        let id = client.id(topic).await?;
        let expected = broker.fetch_some(&Ask::new(topic, &[(0, 0)])).await?.bytes();
        for version in 4..=17 {
            let ask = Ask { version, id, ..Ask::new(topic, &[(0, 0)]) };
            let got = client.fetch_some(&ask).await?;
            assert_eq!(got.bytes(), expected, "version {version}");
            let (answer, part) = (&got.answer, got.one());
            assert_eq!((answer.session_id, answer.throttle_time_ms), (0, 0));
            assert_eq!((part.high_watermark, part.last_stable_offset), (250, 250));
            assert_eq!(part.log_start_offset, if version >= 5 { 0 } else { -1 });
            assert_eq!(part.aborted_transactions.as_deref(), Some(&[][..]));
            match version >= 13 {
                true => assert_eq!(answer.responses[0].topic_id.as_bytes(), &id),
                false => assert_eq!(answer.responses[0].topic.as_str(), topic),
            }
        }
        Ok(())
    });
}
