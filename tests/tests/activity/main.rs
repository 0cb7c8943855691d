//! What happened is kept beside the catalog, in words that the owner of a credential understands,
//! and survives the process.

mod missed;

use std::time::{Duration, Instant};

use catalog::activity::Activity;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use tests::documents::Documents;
use tests::gateway::{Gateway, Options};
use tests::kafka::KafkaCluster;
use tests::produce::{Codec, Producer, Record};
use tests::scripted_broker::{Batch, ScriptedBroker};
use tests::{eventually, ports, run};

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(15);
/// Events of the topic.
const EVENTS: u64 = 50;

#[test]
fn usage_and_refusals_are_kept() {
    run(60, async {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("orders", 1);
        broker.create_topic("payments", 1);
        let values: Vec<String> = (0..EVENTS).map(|n| format!("{{\"n\":{n}}}")).collect();
        broker.append("orders", 0, &Batch::of(&values));
        let gateway = Gateway::start().await?;
        let documents = Documents::new()
            .cluster("main", &broker.address())
            .endpoint("main", "orders")
            .endpoint("main", "payments")
            .plan("open", "orders", &[])
            .subscriber("reader", "orders", "open");
        let applied = gateway.apply(documents.yaml()).await?;
        gateway.ready(LIMIT).await?;
        let (secret, credential) = {
            let issued = applied.secret("reader")?;
            (issued.secret.clone(), issued.credential.clone())
        };
        let mut stream = gateway.events("orders").bearer(&secret).from("earliest").open().await?;
        stream.records(usize::try_from(EVENTS)?, LIMIT).await?;
        for address in ["payments", "nothing"].repeat(3) {
            let refused = gateway.events(address).bearer(&secret).refused().await?;
            assert_eq!(refused.status(), 404, "{}", refused.text());
        }
        let (activity, _sink) =
            Activity::open(&gateway.folder().join("state.activity.db"), "test").await?;
        let counted = eventually(LIMIT, "usage is written", || async {
            let rows = activity.usage("reader-orders", 0).await.ok()?;
            let events: u64 = rows.iter().map(|row| row.counted.events).sum();
            (events == EVENTS).then_some(rows)
        });
        let rows = counted.await?;
        assert!(rows.iter().all(|row| row.door == "sse" && row.credential == credential));
        assert!(rows.iter().map(|row| row.counted.bytes).sum::<u64>() > 0);
        let refusals = activity.refusals(&credential).await?;
        let [one, other] = refusals.as_slice() else { anyhow::bail!("{refusals:?}") };
        let mut asked = [(&*one.address, one.times), (&*other.address, other.times)];
        asked.sort_unstable();
        assert_eq!(asked, [("nothing", 3), ("payments", 3)]);
        // Nothing tells what is there from what is not.
        assert_eq!((&one.words, &one.code), (&other.words, &other.code));
        assert!(one.words.ends_with('.'), "{}", one.words);
        assert!(activity.last_use(&credential).await?.is_some());
        assert!(!activity.replicas().await?.is_empty());
        Ok(())
    });
}

/// Attempts with one credential that are looked at before one has to wait, as documented.
const ATTEMPTS: usize = 30;

#[test]
fn who_guesses_is_not_looked_at_and_the_owner_is_told() {
    run(60, async {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("orders", 1);
        let gateway = Gateway::start().await?;
        let documents = Documents::new()
            .cluster("main", &broker.address())
            .endpoint("main", "orders")
            .plan("open", "orders", &[])
            .subscriber("reader", "orders", "open")
            .subscriber("other", "orders", "open");
        let applied = gateway.apply(documents.yaml()).await?;
        gateway.ready(LIMIT).await?;
        let other = &applied.secret("other")?.secret;
        let open = gateway.events("orders").bearer(&applied.secret("reader")?.secret);
        let stream = open.header("User-Agent", "shop/1.2").open().await?;
        let guess =
            gateway.events("orders").bearer("slg_reader-1_00000000000000000000000000000000");
        let began = Instant::now();
        let mut waits = 0;
        // A slow machine forgives some of them meanwhile.
        for tried in 0..ATTEMPTS * 4 {
            let refused = guess.refused().await?;
            match refused.status() {
                401 => {}
                429 => {
                    assert!(tried >= ATTEMPTS, "after {tried} attempts");
                    assert_eq!(refused.json()?["code"], "too_many_attempts");
                    assert!(refused.text().contains("Retry-After"));
                    waits += 1;
                }
                status => anyhow::bail!("{status}: {}", refused.text()),
            }
        }
        let forgiven = usize::try_from(began.elapsed().as_secs())?;
        assert!(waits >= ATTEMPTS * 3 - 1 - forgiven, "{waits} of them had to wait");
        // Others are looked at, also from the same place.
        gateway.events("orders").bearer(other).open().await?;
        let told = eventually(LIMIT, "the owner is told", || async {
            let path = "applications/reader/connections";
            let told = gateway.rest("GET", path, "", b"").await.ok()?;
            let text = told.text();
            (text.contains("credential_refused") && text.contains("shop/1.2")).then_some(text)
        })
        .await?;
        assert!(!told.contains("0000000000000000"), "{told}");
        drop(stream);
        eventually(LIMIT, "the stream is over", || async {
            let path = "applications/reader/connections";
            let told = gateway.rest("GET", path, "", b"").await.ok()?.text();
            (!told.contains("shop/1.2")).then_some(())
        })
        .await
    });
}

/// Polls until so many records came, and commits them.
fn read_and_commit(consumer: &BaseConsumer, count: usize) -> anyhow::Result<()> {
    tokio::task::block_in_place(|| {
        let (began, mut came) = (Instant::now(), 0);
        while came < count {
            anyhow::ensure!(began.elapsed() < 2 * LIMIT, "{came} records of {count}");
            if let Some(message) = consumer.poll(Duration::from_millis(100)) {
                message?;
                came += 1;
            }
        }
        Ok(consumer.commit_consumer_state(CommitMode::Sync)?)
    })
}

#[test]
fn how_far_groups_have_come_is_kept() {
    run(150, async {
        let kafka = KafkaCluster::shared().await?;
        kafka.create_topic("lagging", 2).await?;
        let producer = Producer::new(&kafka.bootstrap(), Codec::None)?;
        let send = |partition: i32, count: usize| {
            let record = Record::value("{}").partition(partition);
            producer.send("lagging", &vec![record; count])
        };
        send(0, 10)?;
        send(1, 5)?;
        let address = format!("127.0.0.1:{}", ports::free()?);
        let toml = format!(
            "[kafka]\nlisten = \"{address}\"\nadvertise = \"{address}\"\ncluster = \"main\"\n"
        );
        let gateway = Gateway::start_with(Options { toml, ..Options::default() }).await?;
        let documents = Documents::new()
            .cluster("main", &kafka.bootstrap())
            .endpoint("main", "lagging")
            .plan("open", "lagging", &[])
            .subscriber("reader", "lagging", "open");
        let applied = gateway.apply(documents.yaml()).await?;
        let secret = applied.secret("reader")?;
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", &address)
            .set("security.protocol", "sasl_plaintext")
            .set("sasl.mechanism", "PLAIN")
            .set("sasl.username", &secret.credential)
            .set("sasl.password", &secret.secret)
            .set("group.id", "readers")
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            .set("log_level", "2")
            .create()?;
        consumer.subscribe(&["lagging"])?;
        read_and_commit(&consumer, 15)?;
        let file = gateway.folder().join("state.activity.db");
        let (activity, _sink) = Activity::open(&file, "test").await?;
        let becomes = async |wanted: [(i32, i64, i64); 2]| {
            eventually(2 * LIMIT, &format!("the lag is {wanted:?}"), || async {
                let rows = activity.lag("reader-lagging").await.ok()?;
                let own = rows.iter().all(|lag| &*lag.consumer == "readers");
                let lag = rows.iter().map(|lag| (lag.partition, lag.committed, lag.log_end));
                (own && lag.eq(wanted)).then_some(())
            })
            .await
        };
        becomes([(0, 10, 10), (1, 5, 5)]).await?;
        // It grows while nobody commits, and goes when somebody does.
        send(0, 7)?;
        becomes([(0, 10, 17), (1, 5, 5)]).await?;
        read_and_commit(&consumer, 7)?;
        becomes([(0, 17, 17), (1, 5, 5)]).await
    });
}
