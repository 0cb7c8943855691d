//! A plan's limits on the Kafka door: rates over all connections and doors, connections at once.

use std::time::{Duration, Instant};

use tests::documents::Documents;
use tests::gateway::Secret;
use tests::kafka::KafkaCluster;
use tests::scripted_broker::batch::Batch;
use tests::{eventually, run};

use crate::door::{Ask, Client, Door};

/// A topic of 2,000 batches of one record of 1,000 bytes and one subscriber under these limits.
async fn stand(topic: &str, limits: &str) -> anyhow::Result<(Door, Secret)> {
    let kafka = KafkaCluster::shared().await?;
    let door = Door::open().await?;
    kafka.create_topic(topic, 1).await?;
    let documents = Documents::new()
        .cluster("real", &kafka.bootstrap())
        .endpoint("real", topic)
        .document("Plan", "plan", &format!("{{endpoint: {topic}, limits: {limits}}}"))
        .subscriber("app", topic, "plan");
    let applied = door.gateway.apply(documents.yaml()).await?;
    let mut broker = Client::direct(&kafka.bootstrap()).await?;
    let batch = Batch::of(&[vec![b'{'; 1_000]]);
    broker.produce(topic, 0, &vec![batch; 500]).await?;
    Ok((door, applied.secret("app")?.clone()))
}

/// What a client that does not mind being asked to wait gets.
struct Taken {
    events: usize,
    bytes: usize,
    requests: usize,
    /// Requests answered with a time to wait.
    throttled: usize,
}

async fn take(client: &mut Client, topic: &str, time: Duration) -> anyhow::Result<Taken> {
    let began = Instant::now();
    let mut taken = Taken { events: 0, bytes: 0, requests: 0, throttled: 0 };
    let mut offset = 0;
    while began.elapsed() < time {
        let got = client.fetch(&Ask::new(topic, &[(0, offset)])).await?;
        assert_eq!(got.one().error_code, 0, "at {offset}, {} requests", taken.requests);
        let batches = got.batches();
        let wait = got.answer.throttle_time_ms;
        assert!((0..=1_000).contains(&wait), "asked to wait {wait} ms");
        assert!(wait == 0 || batches.is_empty(), "records beside a time to wait");
        taken.requests += 1;
        taken.throttled += usize::from(wait > 0);
        taken.events += batches.len();
        taken.bytes += batches.iter().map(|batch| batch.size).sum::<usize>();
        offset = batches.last().map_or(offset, |batch| batch.last + 1);
    }
    Ok(taken)
}

#[test]
fn events_per_second_hold_over_connections_and_doors() {
    run(200, async {
        let topic = "limit-events";
        let (door, secret) = stand(topic, "{eventsPerSecond: 20}").await?;
        let (mut one, mut two) = (door.client(&secret).await?, door.client(&secret).await?);
        let request = door.gateway.events(topic).bearer(&secret.secret).from("earliest");
        let mut stream = request.open().await?;
        let time = Duration::from_secs(10);
        let over_sse = async {
            let mut count = 0;
            let end = Instant::now() + time;
            while let Some(left) = end.checked_duration_since(Instant::now()) {
                let one = tokio::time::timeout(left, stream.records(1, time)).await;
                count += usize::from(one.is_ok_and(|one| one.is_ok()));
            }
            anyhow::Ok(count)
        };
        let (one, two, sse) =
            tokio::try_join!(take(&mut one, topic, time), take(&mut two, topic, time), over_sse)?;
        let all = one.events + two.events + sse;
        assert!((180..=245).contains(&all), "{} + {} + {sse}", one.events, two.events);
        for (name, got) in [("one", one.events), ("two", two.events), ("sse", sse)] {
            assert!(got >= 30, "{name} starves: {got} of {all}");
        }
        assert!(one.throttled >= 1, "it is told at least once");
        // Who does not mind being asked to wait does not ask in a tight loop.
        assert!(one.requests <= 100, "{} requests", one.requests);
        Ok(())
    });
}

#[test]
fn bytes_per_second_hold_and_a_larger_batch_is_owed() {
    run(200, async {
        let topic = "limit-bytes";
        let (door, secret) = stand(topic, "{bytesPerSecond: 20000}").await?;
        let mut client = door.client(&secret).await?;
        let taken = take(&mut client, topic, Duration::from_secs(10)).await?;
        assert!((170_000..=245_000).contains(&taken.bytes), "{}", taken.bytes);
        // Five seconds' worth at once, then five seconds of nothing.
        let mut broker = Client::direct(&KafkaCluster::shared().await?.bootstrap()).await?;
        broker.produce(topic, 0, &[Batch::of(&[vec![b'x'; 100_000]])]).await?;
        broker.produce(topic, 0, &[Batch::of(&["next"])]).await?;
        let got = client.fetch_some(&Ask::new(topic, &[(0, 500)])).await?;
        assert!(got.batches()[0].size > 100_000);
        let began = Instant::now();
        client.fetch_some(&Ask::new(topic, &[(0, 501)])).await?;
        let waited = began.elapsed().as_secs_f32();
        assert!((3.5..=6.5).contains(&waited), "waited {waited} s");
        Ok(())
    });
}

#[test]
fn connections_of_a_plan_are_counted_over_doors() {
    run(200, async {
        let topic = "limit-connections";
        let (door, secret) = stand(topic, "{connections: 1}").await?;
        let mut first = door.client(&secret).await?;
        first.fetch_some(&Ask::new(topic, &[(0, 0)])).await?;
        // A second one gets nothing, and is told to wait.
        let mut second = door.client(&secret).await?;
        let began = Instant::now();
        let got = second.fetch(&Ask::new(topic, &[(0, 0)])).await?;
        let (took, told) = (began.elapsed(), got.answer.throttle_time_ms);
        assert!(got.is_empty() && told > 0);
        // That counts as a wait, before it is over.
        let waited = eventually(Duration::from_secs(10), "a wait is counted", || async {
            let metrics = door.gateway.metrics().await.ok()?;
            let waited = metrics.sum("sluicegate_subscriber_throttled_milliseconds_total", &[]);
            (waited > 0.0).then_some(waited)
        })
        .await?;
        let told = f64::from(told);
        let most = told + 2.0 + took.as_secs_f64() * 1_000.0;
        assert!((told - 1.0..=most).contains(&waited), "told {told} ms, counted {waited}");
        // Nor may a stream be opened beside it.
        let refused = door.gateway.events(topic).bearer(&secret.secret).from("earliest");
        assert!(refused.open().await.is_err());
        // When the first has gone, the second may read.
        drop(first);
        assert!(!second.fetch_some(&Ask::new(topic, &[(0, 0)])).await?.batches().is_empty());
        Ok(())
    });
}

#[test]
fn who_writes_takes_one_of_the_plans_connections_too() {
    run(200, async {
        let topic = "limit-writers";
        let kafka = KafkaCluster::shared().await?;
        let door = Door::open().await?;
        kafka.create_topic(topic, 1).await?;
        let endpoint = format!("{{cluster: real, topic: {topic}, direction: both}}");
        let plan = format!("{{endpoint: {topic}, limits: {{connections: 1}}}}");
        let documents = Documents::new()
            .cluster("real", &kafka.bootstrap())
            .document("Endpoint", topic, &endpoint)
            .document("Plan", "plan", &plan)
            .subscriber("app", topic, "plan");
        let applied = door.gateway.apply(documents.yaml()).await?;
        let secret = applied.secret("app")?.clone();
        let one = [Batch::of(&["{}"])];
        let mut first = door.client(&secret).await?;
        first.produce(topic, 0, &one).await?;
        // The same connection reads on the same place.
        assert_eq!(first.fetch_some(&Ask::new(topic, &[(0, 0)])).await?.batches().len(), 1);
        // Another may neither read nor write: it waits, and nothing of it is written.
        let mut second = door.client(&secret).await?;
        let got = second.fetch(&Ask::new(topic, &[(0, 0)])).await?;
        assert!(got.is_empty() && got.answer.throttle_time_ms > 0);
        let refused = second.produce(topic, 0, &one).await;
        assert_eq!(refused.map_err(|error| error.to_string()), Err("produce: 7".to_owned()));
        first.produce(topic, 0, &one).await?;
        drop(first);
        second.produce(topic, 0, &one).await?;
        let read = second.fetch_some(&Ask::new(topic, &[(0, 2)])).await?;
        assert_eq!(read.batches().last().map(|batch| batch.last), Some(2));
        let fourth = second.fetch(&Ask::new(topic, &[(0, 3)])).await?;
        assert!(fourth.is_empty(), "what was refused is not there");
        Ok(())
    });
}
