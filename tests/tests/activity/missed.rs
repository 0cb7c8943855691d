//! What subscribers did not get, or not as it was, is counted exactly through every kind of door:
//! records withheld, filtered and redacted, and the time that limits made readers wait.

use std::time::{Duration, Instant};

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use tests::documents::Documents;
use tests::gateway::{Gateway, Options, Secret};
use tests::scripted_broker::{Batch, ScriptedBroker};
use tests::{eventually, ports, run};

use super::LIMIT;

/// Masks, filters, and withholds what is no JSON.
const RULES: &str = r#"[{mask: {path: "$.email"}}, {keepWhen: {path: "$.region", equals: "EU"}}]"#;

const MASKED: &str = r#"{"region":"EU","email":"a@example.org"}"#;
const PLAIN: &str = r#"{"region":"EU"}"#;
const ELSEWHERE: &str = r#"{"region":"US","email":"b@example.org"}"#;
const NO_JSON: &str = "email: c@example.org";

/// The batches of the topic: one of everything, one of which nothing is seen, and a last one.
const BATCHES: [&[&str]; 3] = [
    &[MASKED, ELSEWHERE, NO_JSON, PLAIN, MASKED, ELSEWHERE],
    &[ELSEWHERE, ELSEWHERE, NO_JSON, ELSEWHERE],
    &[NO_JSON, ELSEWHERE, MASKED],
];
/// The offsets of what is seen.
const SEEN: [i64; 4] = [0, 3, 4, 12];
/// Events, withheld, filtered, redacted of all of it.
const ALL: [u64; 4] = [4, 3, 6, 3];
/// Events a second of the plan with a limit, and how many there are: a second's are there at once.
const RATE: usize = 5;
const MANY: usize = 15;

struct Scene {
    gateway: Gateway,
    kafka: String,
    secrets: Vec<Secret>,
    _broker: ScriptedBroker,
}

/// Subscribers of two topics: `orders` under the rules, and `many` under the limit.
const SUBSCRIBERS: [(&str, &str, &str); 5] = [
    ("sse", "orders", "seen"),
    ("kafka", "orders", "seen"),
    ("later", "orders", "seen"),
    ("slow", "many", "limited"),
    ("slow-kafka", "many", "limited"),
];

impl Scene {
    async fn start() -> anyhow::Result<Scene> {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("orders", 1);
        broker.create_topic("many", 1);
        for batch in BATCHES {
            broker.append("orders", 0, &Batch::of(batch));
        }
        for _ in 0..MANY / RATE {
            broker.append("many", 0, &Batch::of(&[PLAIN; RATE]));
        }
        let kafka = format!("127.0.0.1:{}", ports::free()?);
        let toml =
            format!("[kafka]\nlisten = \"{kafka}\"\nadvertise = \"{kafka}\"\ncluster = \"main\"\n");
        let gateway = Gateway::start_with(Options { toml, ..Options::default() }).await?;
        let limited = format!("{{endpoint: many, limits: {{eventsPerSecond: {RATE}}}}}");
        let mut documents = Documents::new()
            .cluster("main", &broker.address())
            .endpoint("main", "orders")
            .endpoint("main", "many")
            .policy("rules", RULES)
            .plan("seen", "orders", &["rules"])
            .document("Plan", "limited", &limited);
        for (name, endpoint, plan) in SUBSCRIBERS {
            documents = documents.subscriber(name, endpoint, plan);
        }
        let applied = gateway.apply(documents.yaml()).await?;
        gateway.ready(LIMIT).await?;
        let secrets = SUBSCRIBERS.iter().map(|(name, ..)| applied.secret(name).cloned());
        let secrets = secrets.collect::<anyhow::Result<_>>()?;
        Ok(Scene { gateway, kafka, secrets, _broker: broker })
    }

    fn secret(&self, name: &str) -> anyhow::Result<&Secret> {
        let place = SUBSCRIBERS.iter().position(|(known, ..)| *known == name);
        place.and_then(|place| self.secrets.get(place)).context("no such subscriber")
    }

    /// The offsets that a Kafka consumer sees from this one on, and how long that took.
    fn consume(
        &self,
        (name, topic): (&str, &str),
        from: i64,
        count: usize,
    ) -> anyhow::Result<(Vec<i64>, Duration)> {
        let secret = self.secret(name)?;
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", &self.kafka)
            .set("security.protocol", "sasl_plaintext")
            .set("sasl.mechanism", "PLAIN")
            .set("sasl.username", &secret.credential)
            .set("sasl.password", &secret.secret)
            .set("group.id", "none")
            .set("enable.auto.commit", "false")
            .set("log_level", "2")
            .create()?;
        let mut assigned = TopicPartitionList::new();
        assigned.add_partition_offset(topic, 0, Offset::Offset(from))?;
        tokio::task::block_in_place(|| {
            consumer.assign(&assigned)?;
            let (began, mut offsets) = (Instant::now(), Vec::new());
            while offsets.len() < count {
                anyhow::ensure!(began.elapsed() < 2 * LIMIT, "{offsets:?}");
                if let Some(message) = consumer.poll(Duration::from_millis(50)) {
                    offsets.push(message?.offset());
                }
            }
            Ok((offsets, began.elapsed()))
        })
    }

    /// What REST tells of a subscription or an endpoint: events, withheld, filtered, redacted, and
    /// milliseconds throttled; by one door.
    async fn usage(&self, of: &str, door: &str) -> anyhow::Result<[u64; 5]> {
        let told =
            self.gateway.rest("GET", &format!("{of}/usage?hours=1"), "", b"").await?.json()?;
        let points = told["points"].as_array().context("no points")?;
        let of_door = points.iter().filter(|point| point["door"] == door);
        let mut sums = [0; 5];
        for point in of_door {
            let names = ["events", "withheld", "filtered", "redacted", "throttledMillis"];
            for (sum, name) in sums.iter_mut().zip(names) {
                *sum += point[name].as_u64().with_context(|| format!("no {name}: {point}"))?;
            }
        }
        Ok(sums)
    }

    /// Waits until this is told of a subscription.
    async fn becomes(&self, of: &str, door: &str, expected: [u64; 4]) -> anyhow::Result<()> {
        let what = format!("{of}: {expected:?}");
        let told = eventually(LIMIT, &what, || async {
            let [events, withheld, filtered, redacted, _] = self.usage(of, door).await.ok()?;
            ([events, withheld, filtered, redacted] == expected).then_some(())
        });
        match told.await {
            Ok(()) => Ok(()),
            Err(error) => anyhow::bail!("{error}; it is {:?}", self.usage(of, door).await?),
        }
    }

    /// The same of a subscription's metrics.
    async fn metrics(&self, subscription: &str) -> anyhow::Result<[u64; 5]> {
        let metrics = self.gateway.metrics().await?;
        let names = [
            "sluicegate_events_sent_total",
            "sluicegate_subscriber_withheld_total",
            "sluicegate_subscriber_filtered_total",
            "sluicegate_subscriber_redacted_total",
            "sluicegate_subscriber_throttled_milliseconds_total",
        ];
        for name in names {
            anyhow::ensure!(metrics.has(name, &[("subscription", subscription)]), "no {name}");
        }
        Ok(names.map(|name| metrics.sum(name, &[("subscription", subscription)]) as u64))
    }
}

/// A cursor of the same endpoint that stands at this offset of its only partition.
fn moved(cursor: &str, offset: u8) -> anyhow::Result<String> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor)?;
    // Version and identity stay; one partition, its offset, and no bits for differences.
    let mut moved = bytes.get(..5).context("a cursor is longer")?.to_vec();
    moved.extend_from_slice(&[1, offset, 0]);
    let sum = crc32c::crc32c(&moved).to_be_bytes();
    moved.extend_from_slice(&sum);
    Ok(URL_SAFE_NO_PAD.encode(moved))
}

#[test]
fn what_is_withheld_filtered_and_redacted_is_counted_for_each_reader() {
    run(90, async {
        let scene = Scene::start().await?;
        let [events, withheld, filtered, redacted] = ALL;
        // Two streams of one subscription share the images; each passes them by itself.
        let open = scene.gateway.events("orders").bearer(&scene.secret("sse")?.secret);
        for times in 1..=2 {
            let mut stream = open.clone().from("earliest").open().await?;
            let records = stream.records(SEEN.len(), LIMIT).await?;
            assert_eq!(records.iter().map(|record| record.position().1).collect::<Vec<_>>(), SEEN);
            scene.becomes("subscriptions/sse-orders", "sse", ALL.map(|n| n * times)).await?;
        }
        let doubled = ALL.map(|n| n * 2);
        let [a, b, c, d] = doubled;
        assert_eq!(scene.metrics("sse-orders").await?, [a, b, c, d, 0]);
        // Kafka clients get whole batches, and no sign of the one in between.
        let (offsets, _) = scene.consume(("kafka", "orders"), 0, SEEN.len())?;
        assert_eq!(offsets, SEEN);
        scene.becomes("subscriptions/kafka-orders", "kafka", ALL).await?;
        let metrics = [events, withheld, filtered, redacted, 0];
        assert_eq!(scene.metrics("kafka-orders").await?, metrics);
        // The owner of the endpoint sees all of it.
        scene.becomes("endpoints/orders", "sse", doubled).await?;
        scene.becomes("endpoints/orders", "kafka", ALL).await?;
        // Who begins in the middle of an image passes the rest of it.
        let open = scene.gateway.events("orders").bearer(&scene.secret("later")?.secret);
        let mut latest = open.clone().open().await?;
        let cursor = moved(&latest.next_id(LIMIT).await?, 4)?;
        let mut stream = open.clone().last_event_id(&cursor).open().await?;
        stream.records(2, LIMIT).await?;
        let rest = [2, withheld - 1, filtered - 1, redacted - 1];
        scene.becomes("subscriptions/later-orders", "sse", rest).await?;
        // A Kafka client gets its batch whole: all that it holds counts, what was before does not.
        let (offsets, _) = scene.consume(("later", "orders"), 4, 2)?;
        assert_eq!(offsets, [4, 12]);
        let whole = [events, withheld - 1, filtered - 1, redacted];
        scene.becomes("subscriptions/later-orders", "kafka", whole).await
    });
}

#[test]
fn the_time_that_limits_take_is_counted_once() {
    run(90, async {
        let scene = Scene::start().await?;
        let began = Instant::now();
        let open = scene.gateway.events("many").bearer(&scene.secret("slow")?.secret);
        let mut stream = open.from("earliest").open().await?;
        stream.records(MANY, LIMIT).await?;
        let on_sse = began.elapsed();
        let (offsets, on_kafka) = scene.consume(("slow-kafka", "many"), 0, MANY)?;
        assert_eq!(offsets.len(), MANY);
        let many = [MANY as u64, 0, 0, 0];
        // Ten events come a fifth of a second after each other.
        scene.becomes("subscriptions/slow-many", "sse", many).await?;
        // The second batch waits for one event's room and owes the rest, for which the third waits.
        scene.becomes("subscriptions/slow-kafka-many", "kafka", many).await?;
        let ways =
            [("slow-many", "sse", on_sse, 1_400), ("slow-kafka-many", "kafka", on_kafka, 700)];
        for (subscription, door, took, least) in ways {
            let told = scene.usage(&format!("subscriptions/{subscription}"), door).await?;
            let millis = told[4];
            assert!(millis >= least, "{subscription}: {millis} of {took:?}");
            assert!(u128::from(millis) <= took.as_millis(), "{subscription}: {millis} of {took:?}");
            assert_eq!(scene.metrics(subscription).await?, told);
        }
        // Without limits nobody waits.
        let open = scene.gateway.events("orders").bearer(&scene.secret("sse")?.secret);
        open.from("earliest").open().await?.records(SEEN.len(), LIMIT).await?;
        scene.becomes("subscriptions/sse-orders", "sse", ALL).await?;
        assert_eq!(scene.usage("subscriptions/sse-orders", "sse").await?[4], 0);
        Ok(())
    });
}
