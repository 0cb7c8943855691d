//! Promise 6: leader moves, a broker restart, a recreated and a truncated topic. No client-visible
//! error except where offsets are truly gone, and then a clear one.

use std::time::Duration;

use tests::documents::Documents;
use tests::gateway::{Applied, Gateway, Options};
use tests::kafka::KafkaCluster;
use tests::produce::{Codec, Producer, Record};
use tests::run;
use tests::scripted_broker::{Batch, ScriptedBroker};
use tests::sse::{Event, Outcome, Stream};

/// How long events may take over a fault.
const EVENT_LIMIT: Duration = Duration::from_secs(60);
/// How long a stream may take to end when its events are gone.
const END_LIMIT: Duration = Duration::from_secs(30);

#[test]
fn a_broker_restart_is_not_seen() {
    run(240, async {
        let kafka = KafkaCluster::single().await?;
        kafka.create_topic("orders", 1).await?;
        let gateway = Gateway::launch(Options::default()).await?;
        let applied = gateway.apply(documents(&kafka.bootstrap()).yaml()).await?;
        gateway.ready(EVENT_LIMIT).await?;
        let mut stream = open(&gateway, &applied, None).await?;
        for round in 0..3_i64 {
            Producer::new(&kafka.bootstrap(), Codec::Lz4)?.send("orders", &numbered(10))?;
            assert_eq!(offsets(&mut stream, 10).await?, next(round * 10, 10));
            match round {
                0 => kafka.stop(1).await?,
                _ => kafka.kill(1)?,
            }
            kafka.start(1).await?;
        }
        Ok(())
    });
}

#[test]
fn leader_moves_are_not_seen() {
    run(400, async {
        let kafka = KafkaCluster::three().await?;
        kafka.create_topic("orders", 1).await?;
        let gateway = Gateway::launch(Options::default()).await?;
        let applied = gateway.apply(documents(&kafka.bootstrap()).yaml()).await?;
        gateway.ready(EVENT_LIMIT).await?;
        let mut stream = open(&gateway, &applied, None).await?;
        let producer = Producer::new(&kafka.bootstrap(), Codec::Zstd)?;
        let mut at = 0;
        for node in [1, 2, 3, 1, 2] {
            kafka.move_leader("orders", 0, node).await?;
            producer.send("orders", &numbered(10))?;
            assert_eq!(offsets(&mut stream, 10).await?, next(at, 10));
            at += 10;
        }
        let leader = kafka.leader("orders", 0).await?.node;
        kafka.kill(leader)?;
        producer.send("orders", &numbered(10))?;
        assert_eq!(offsets(&mut stream, 10).await?, next(at, 10));
        kafka.start(leader).await?;
        Ok(())
    });
}

#[test]
fn a_recreated_topic_ends_the_stream_with_a_reason() {
    run(180, async {
        let kafka = KafkaCluster::shared().await?;
        kafka.create_topic("orders", 1).await?;
        let producer = Producer::new(&kafka.bootstrap(), Codec::None)?;
        producer.send("orders", &numbered(10))?;
        let gateway = Gateway::launch(Options::default()).await?;
        let applied = gateway.apply(documents(&kafka.bootstrap()).yaml()).await?;
        gateway.ready(EVENT_LIMIT).await?;
        let mut stream = open(&gateway, &applied, None).await?;
        assert_eq!(offsets(&mut stream, 10).await?, next(0, 10));
        stream.next_id(EVENT_LIMIT).await?;
        let id = stream.last_event_id().to_owned();
        kafka.delete_topic("orders").await?;
        kafka.create_topic("orders", 1).await?;
        // Another topic of that name: nothing of it may be taken for a continuation.
        Producer::new(&kafka.bootstrap(), Codec::None)?.send("orders", &numbered(20))?;
        assert_ended(&mut stream).await?;
        gone(&gateway, &applied, &id).await?;
        let mut fresh = open(&gateway, &applied, None).await?;
        assert_eq!(offsets(&mut fresh, 20).await?, next(0, 20));
        Ok(())
    });
}

#[test]
fn a_truncated_topic_ends_the_stream_with_a_reason() {
    run(120, async {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("orders", 1);
        for n in 0..6 {
            broker.append("orders", 0, &Batch::of(&[format!("{{\"n\":{n}}}")]));
        }
        let gateway = Gateway::launch(Options::default()).await?;
        let applied = gateway.apply(documents(&broker.address()).yaml()).await?;
        gateway.ready(EVENT_LIMIT).await?;
        let mut stream = open(&gateway, &applied, None).await?;
        assert_eq!(offsets(&mut stream, 6).await?, next(0, 6));
        stream.next_id(EVENT_LIMIT).await?;
        let id = stream.last_event_id().to_owned();
        // An unclean election: 3, 4 and 5 are lost.
        broker.edit("orders", 0, |partition| partition.truncate(3, 1));
        assert_ended(&mut stream).await?;
        gone(&gateway, &applied, &id).await?;
        // Others take their offsets.
        for _ in 0..5 {
            broker.append("orders", 0, &Batch::of(&[r#"{"new":true}"#]));
        }
        // From the start everybody gets what the log holds now, and nothing that was lost.
        let mut fresh = open(&gateway, &applied, None).await?;
        let records = fresh.records(8, EVENT_LIMIT).await?;
        let values: Vec<&str> = records.iter().filter_map(|record| record.value_text()).collect();
        let new = r#"{"new":true}"#;
        assert_eq!(values, [r#"{"n":0}"#, r#"{"n":1}"#, r#"{"n":2}"#, new, new, new, new, new]);
        Ok(())
    });
}

#[test]
fn deleted_records_are_gone_with_a_reason() {
    run(180, async {
        let kafka = KafkaCluster::shared().await?;
        kafka.create_topic("cut", 1).await?;
        let producer = Producer::new(&kafka.bootstrap(), Codec::None)?;
        producer.send("cut", &numbered(5))?;
        let documents = documents(&kafka.bootstrap()).yaml().replace("orders", "cut");
        let gateway = Gateway::launch(Options::default()).await?;
        let applied = gateway.apply(&documents).await?;
        gateway.ready(EVENT_LIMIT).await?;
        let secret = &applied.secret("reader")?.secret;
        let mut stream = gateway.events("cut").bearer(secret).from("earliest").open().await?;
        assert_eq!(offsets(&mut stream, 5).await?, next(0, 5));
        stream.next_id(EVENT_LIMIT).await?;
        let id = stream.last_event_id().to_owned();
        drop(stream);
        producer.send("cut", &numbered(10))?;
        kafka.delete_records("cut", 0, 12).await?;
        // The gateway learns the new start of the log by itself (from a tail that stands, perhaps
        // only at its next look): a fresh process has nothing to remember.
        gateway.restart().await?;
        gateway.ready(EVENT_LIMIT).await?;
        let refusal = gateway.events("cut").bearer(secret).last_event_id(&id).refused().await?;
        assert_eq!(refusal.status(), 410, "{}", refusal.text());
        assert!(refusal.problem()?["detail"].is_string());
        let mut fresh = gateway.events("cut").bearer(secret).from("earliest").open().await?;
        assert_eq!(offsets(&mut fresh, 3).await?, next(12, 3));
        Ok(())
    });
}

fn documents(bootstrap: &str) -> Documents {
    Documents::new()
        .cluster("main", bootstrap)
        .endpoint("main", "orders")
        .plan("all", "orders", &[])
        .subscriber("reader", "orders", "all")
}

fn numbered(count: u32) -> Vec<Record> {
    (0..count).map(|n| Record::value(format!("{{\"n\":{n}}}"))).collect()
}

fn next(from: i64, count: i64) -> Vec<i64> {
    (from..from + count).collect()
}

async fn offsets(stream: &mut Stream, count: usize) -> anyhow::Result<Vec<i64>> {
    let records = stream.records(count, EVENT_LIMIT).await?;
    Ok(records.iter().map(|record| record.offset).collect())
}

async fn open(
    gateway: &Gateway,
    applied: &Applied,
    last_event_id: Option<&str>,
) -> anyhow::Result<Stream> {
    let secret = &applied.secret("reader")?.secret;
    let mut request = gateway.events("orders").bearer(secret).from("earliest");
    if let Some(id) = last_event_id {
        request = request.last_event_id(id);
    }
    request.open().await
}

/// The stream ends without another record; it may say why.
async fn assert_ended(stream: &mut Stream) -> anyhow::Result<()> {
    let last_words = stream.until_closed(END_LIMIT).await?;
    assert!(!last_words.iter().any(Event::is_record), "{last_words:?}");
    Ok(())
}

/// Resuming is refused with 410 and a reason; a refusal for the moment is tried again.
async fn gone(gateway: &Gateway, applied: &Applied, id: &str) -> anyhow::Result<()> {
    let secret = &applied.secret("reader")?.secret;
    let request = gateway.events("orders").bearer(secret).last_event_id(id);
    let refusal = tests::eventually(END_LIMIT, "resuming is refused with 410", || async {
        match request.attempt().await.ok()? {
            Outcome::Refused(answer) if answer.status() == 410 => Some(answer),
            _ => None,
        }
    });
    let refusal = refusal.await?;
    let problem = refusal.problem()?;
    anyhow::ensure!(problem["detail"].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
    Ok(())
}
