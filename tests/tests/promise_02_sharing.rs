//! Promise 2: a thousand subscribers of one endpoint cost the cluster what one costs, and each
//! (batch, chain) is computed once. The broker's own count of bytes out is what is compared.

use std::time::Duration;

use tests::crowd::Crowd;
use tests::documents::Documents;
use tests::gateway::{Gateway, Options};
use tests::kafka::KafkaCluster;
use tests::load::event;
use tests::produce::{Codec, Producer, Record};
use tests::run;
use tests::say;

/// Subscribers at once.
const SUBSCRIBERS: usize = 1_000;
/// Applications that they belong to.
const APPLICATIONS: usize = 50;
/// Batches that are produced.
const BATCHES: u64 = 40;
/// Events of each.
const EVENTS_PER_BATCH: u64 = 25;
/// Bytes of an event.
const EVENT_BYTES: usize = 400;
/// Between two batches.
const PAUSE: Duration = Duration::from_millis(20);
/// How long they may take to have everything.
const READ_LIMIT: Duration = Duration::from_secs(120);

#[test]
fn a_thousand_subscribers_cost_the_cluster_what_one_costs() {
    run(300, async {
        let kafka = KafkaCluster::shared().await?;
        let gateway = Gateway::start_with(quiet()).await?;
        let one = round(kafka, &gateway, ("sharing-one", 1, 1)).await?;
        let many = round(kafka, &gateway, ("sharing-many", SUBSCRIBERS, 1)).await?;
        let two = round(kafka, &gateway, ("sharing-two", SUBSCRIBERS, 2)).await?;
        say(&format!("one: {one:?}; 1,000: {many:?}; 1,000 of two plans: {two:?}"));
        assert!(one.bytes_out >= one.produced, "{one:?}");
        for (round, plans) in [(&one, 1), (&many, 1), (&two, 2)] {
            assert!(round.bytes_out * 100 <= one.bytes_out * 105, "{round:?} against {one:?}");
            assert_eq!(round.computed, round.batches * plans, "{round:?}");
        }
        Ok(())
    });
}

/// What one production cost.
#[derive(Debug)]
struct Round {
    /// Bytes of values.
    produced: u64,
    /// Bytes that the broker sent of the topic.
    bytes_out: u64,
    /// Batches in the log.
    batches: u64,
    /// Images that the gateway computed.
    computed: u64,
}

async fn round(
    kafka: &KafkaCluster,
    gateway: &Gateway,
    (topic, subscribers, plans): (&str, usize, usize),
) -> anyhow::Result<Round> {
    kafka.create_topic(topic, 1).await?;
    let secrets = subscribe(kafka, gateway, topic, plans).await?;
    let request = |number: usize| {
        let secret = secrets.get(number % secrets.len()).map_or("", String::as_str);
        gateway.events(topic).bearer(secret).from("latest").bytes()
    };
    let crowd = Crowd::open(&gateway.address(), subscribers, request, None).await?;
    let before = gateway.metrics().await?;
    let produced = produce(&kafka.bootstrap(), topic).await?;
    crowd.each_saw(BATCHES * EVENTS_PER_BATCH, READ_LIMIT).await?;
    assert_eq!(crowd.open_count(), subscribers);
    assert_eq!(crowd.events(), BATCHES * EVENTS_PER_BATCH * subscribers as u64);
    let (name, after) = ("sluicegate_images_computed_total", gateway.metrics().await?);
    let computed = after.sum(name, &[]) - before.sum(name, &[]);
    drop(crowd);
    // Before our own look at the log, which the broker counts too.
    let bytes_out = kafka.bytes_out_of_topic(topic).await?;
    let batches = kafka.batches(topic, 0).await?;
    anyhow::ensure!(batches >= BATCHES, "only {batches} batches were produced");
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let computed = computed as u64;
    Ok(Round { produced, bytes_out, batches, computed })
}

/// An endpoint with as many plans, and applications that take turns in them; answers secrets.
async fn subscribe(
    kafka: &KafkaCluster,
    gateway: &Gateway,
    topic: &str,
    plans: usize,
) -> anyhow::Result<Vec<String>> {
    let mut documents =
        Documents::new().cluster("real", &kafka.bootstrap()).endpoint("real", topic);
    for plan in 0..plans {
        // Another number of characters is another chain.
        let rules = format!("[{{mask: {{path: \"$.email\", keepFirst: {}}}}}]", plan + 1);
        let (policy, plan) = (format!("{topic}-mask-{plan}"), format!("{topic}-{plan}"));
        documents = documents.policy(&policy, &rules).plan(&plan, topic, &[&policy]);
    }
    for number in 0..APPLICATIONS {
        let plan = format!("{topic}-{}", number % plans);
        documents = documents.subscriber(&format!("{topic}-app-{number}"), topic, &plan);
    }
    let applied = gateway.apply(documents.yaml()).await?;
    anyhow::ensure!(applied.secrets.len() == APPLICATIONS, "not all have secrets");
    let secrets = applied.secrets.into_iter();
    Ok(secrets.map(|secret| secret.secret).collect())
}

/// Produces batch by batch, with a short pause: as they would come in life. Answers the bytes.
async fn produce(bootstrap: &str, topic: &str) -> anyhow::Result<u64> {
    let (producer, mut bytes) = (Producer::new(bootstrap, Codec::None)?, 0);
    for batch in 0..BATCHES {
        let events = batch * EVENTS_PER_BATCH..(batch + 1) * EVENTS_PER_BATCH;
        let records: Vec<Record> = events.map(|n| Record::value(event(n, EVENT_BYTES))).collect();
        let sizes = records.iter().flat_map(|record| &record.value);
        bytes += sizes.map(|value| value.len() as u64).sum::<u64>();
        producer.send(topic, &records)?;
        tokio::time::sleep(PAUSE).await;
    }
    Ok(bytes)
}

/// The log of a thousand streams is not what is measured here.
fn quiet() -> Options {
    Options { level: "info".to_owned(), ..Options::default() }
}
