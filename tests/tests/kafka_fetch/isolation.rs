//! Who sees what of transactions: both isolation levels, from history and live, with and without a
//! policy, whether the gateway was there when a transaction began or joined in its middle.

use std::time::Duration;

use tests::documents::Documents;
use tests::kafka::KafkaCluster;
use tests::produce::{Codec, Producer, Record};
use tests::run;

use crate::door::{Ask, Client, Door, batches};
use crate::offsets::list;

/// The transactions of a test outlive it.
const OPEN_FOR: Duration = Duration::from_secs(300);
/// READ_UNCOMMITTED and READ_COMMITTED.
const UNCOMMITTED: i8 = 0;
const COMMITTED: i8 = 1;
/// ListOffsets' name for a log's end.
const LATEST: i64 = -1;

/// A batch of five.
fn five(what: &str) -> Vec<Record> {
    (0..5).map(|n| Record::value(format!(r#"{{"{what}":{n},"secret":"x"}}"#))).collect()
}

/// A reader of one kind that goes on where it was.
struct Tailing {
    client: Client,
    ask: Ask,
}

impl Tailing {
    async fn new(stand: &Stand, endpoint: &str, from: i64, isolation: i8) -> anyhow::Result<Self> {
        let client = stand.door.client(stand.applied.secret(&format!("{endpoint}-app"))?).await?;
        let ask = Ask { isolation, ..Ask::new(endpoint, &[(0, from)]) };
        Ok(Self { client, ask })
    }

    /// The first offsets of the batches that come until nothing more does. Nobody gets control
    /// batches, nor a list of what was aborted.
    async fn sees(&mut self) -> anyhow::Result<Vec<i64>> {
        let bytes = self.client.drain(&self.ask).await?;
        let seen = batches(&bytes);
        assert!(seen.iter().all(|batch| batch.attributes & 0x20 == 0 && batch.count > 0));
        if let Some(last) = seen.last() {
            self.ask.offsets[0].1 = last.last + 1;
        }
        let got = self.client.fetch(&self.ask).await?;
        let aborted = got.one().aborted_transactions.as_deref();
        assert!(aborted.is_none_or(<[_]>::is_empty), "{aborted:?}");
        Ok(seen.iter().map(|batch| batch.base).collect())
    }
}

struct Stand {
    door: Door,
    applied: tests::gateway::Applied,
}

/// A gateway before `topic`, as it is and under another address with a policy.
async fn stand(topic: &str) -> anyhow::Result<Stand> {
    let kafka = KafkaCluster::shared().await?;
    let door = Door::open().await?;
    let masked = format!("{topic}-masked");
    let spec =
        format!("{{cluster: real, topic: {topic}, address: {masked}, lifecycle: published}}");
    let documents = Documents::new()
        .cluster("real", &kafka.bootstrap())
        .policy("view", r#"[{mask: {path: "$.secret"}}]"#)
        .endpoint("real", topic)
        .document("Endpoint", &masked, &spec)
        .plan("raw", topic, &[])
        .plan("masked", &masked, &["view"])
        .subscriber(&format!("{topic}-app"), topic, "raw")
        .subscriber(&format!("{masked}-app"), &masked, "masked");
    let applied = door.gateway.apply(documents.yaml()).await?;
    Ok(Stand { door, applied })
}

/// Both kinds of readers of both endpoints.
struct Four([Tailing; 4]);

impl Four {
    async fn new(stand: &Stand, topic: &str) -> anyhow::Result<Four> {
        let masked = format!("{topic}-masked");
        Ok(Four([
            Tailing::new(stand, topic, 0, COMMITTED).await?,
            Tailing::new(stand, &masked, 0, COMMITTED).await?,
            Tailing::new(stand, topic, 0, UNCOMMITTED).await?,
            Tailing::new(stand, &masked, 0, UNCOMMITTED).await?,
        ]))
    }

    /// What comes now is this for committed readers, and that for uncommitted ones.
    async fn see(&mut self, committed: &[i64], uncommitted: &[i64]) -> anyhow::Result<()> {
        let [a, b, c, d] = &mut self.0;
        let seen = tokio::try_join!(a.sees(), b.sees(), c.sees(), d.sees())?;
        assert_eq!((&*seen.0, &*seen.1), (committed, committed), "committed");
        assert_eq!((&*seen.2, &*seen.3), (uncommitted, uncommitted), "uncommitted");
        Ok(())
    }
}

#[test]
fn each_kind_of_reader_gets_its_exact_set() {
    run(300, async {
        let topic = "fetch-isolation";
        let kafka = KafkaCluster::shared().await?;
        let bootstrap = kafka.bootstrap();
        kafka.create_topic(topic, 1).await?;
        let producer = |id: &str| {
            let id = format!("{topic}-{id}");
            Producer::transactional(&bootstrap, Codec::Lz4, &id, OPEN_FOR)
        };
        let (one, two) = (producer("one")?, producer("two")?);
        let plain = Producer::new(&bootstrap, Codec::None)?;
        // Before anybody reads: committed 0, aborted 6, committed 12, open 18, and 23 of none.
        for commit in [true, false, true] {
            one.begin()?;
            one.send(topic, &five("closed"))?;
            if commit { one.commit()? } else { one.abort()? }
        }
        two.begin()?;
        two.send(topic, &five("open"))?;
        plain.send(topic, &five("plain"))?;
        let stand = stand(topic).await?;
        let mut four = Four::new(&stand, topic).await?;
        four.see(&[0, 12], &[0, 6, 12, 18, 23]).await?;
        // The gateway joined in its middle; it goes on at 28, and others write at 33.
        two.send(topic, &five("more"))?;
        plain.send(topic, &five("plain"))?;
        four.see(&[], &[28, 33]).await?;
        let part = four.0[0].client.fetch(&four.0[0].ask).await?.one().clone();
        assert_eq!((part.last_stable_offset, part.high_watermark), (18, 38));
        for (isolation, end) in [(UNCOMMITTED, 38), (COMMITTED, 18)] {
            let client = &mut four.0[0].client;
            let latest = list(client, (topic, 0), LATEST, (7, isolation)).await?;
            assert_eq!((latest.0, latest.1), (0, end), "isolation {isolation}");
        }
        two.commit()?;
        four.see(&[18, 23, 28, 33], &[]).await?;
        // One that begins and ends while everybody reads: aborted 39, and 45 of none.
        one.begin()?;
        one.send(topic, &five("lost"))?;
        four.see(&[], &[39]).await?;
        let late = self::stand(topic).await?;
        one.abort()?;
        // The coordinator answers before it has written its marker.
        for _ in 0..100 {
            let client = &mut four.0[0].client;
            if list(client, (topic, 0), LATEST, (7, UNCOMMITTED)).await?.1 == 45 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        plain.send(topic, &five("plain"))?;
        four.see(&[45], &[45]).await?;
        // Who comes later sees the same, from this gateway and from one that came in between.
        let committed = [0, 12, 18, 23, 28, 33, 45];
        let uncommitted = [0, 6, 12, 18, 23, 28, 33, 39, 45];
        for stand in [&stand, &late] {
            Four::new(stand, topic).await?.see(&committed, &uncommitted).await?;
        }
        // The other doors show what is committed.
        let secret = &stand.applied.secret(&format!("{topic}-app"))?.secret;
        let request = stand.door.gateway.events(topic).bearer(secret).from("earliest");
        let mut stream = request.open().await?;
        let seen = stream.records(35, Duration::from_secs(20)).await?;
        let seen: Vec<i64> = seen.iter().map(|record| record.offset).step_by(5).collect();
        assert_eq!(seen, committed);
        stream.silent(Duration::from_millis(500)).await
    });
}

#[test]
fn between_what_is_stable_and_what_is_there_nobody_is_lost() {
    run(200, async {
        let topic = "fetch-between";
        let kafka = KafkaCluster::shared().await?;
        kafka.create_topic(topic, 1).await?;
        let bootstrap = kafka.bootstrap();
        let open = Producer::transactional(&bootstrap, Codec::None, topic, OPEN_FOR)?;
        open.begin()?;
        open.send(topic, &five("open"))?;
        let stand = stand(topic).await?;
        let mut committed = Tailing::new(&stand, topic, 3, COMMITTED).await?;
        assert_eq!(committed.sees().await?, [0; 0]);
        // A client that changes its mind on one connection gets what it asks for.
        committed.ask.isolation = UNCOMMITTED;
        assert_eq!(committed.sees().await?, [0]);
        committed.ask = Ask::new(topic, &[(0, 0)]);
        assert_eq!(committed.sees().await?, [0; 0]);
        open.commit()?;
        assert_eq!(committed.sees().await?, [0]);
        Ok(())
    });
}

#[test]
fn both_kinds_of_readers_share_one_stream_of_fetches() {
    run(200, async {
        let topic = "fetch-isolation-shared";
        let kafka = KafkaCluster::shared().await?;
        kafka.create_topic(topic, 1).await?;
        let stand = stand(topic).await?;
        let mut four = Four::new(&stand, topic).await?;
        four.see(&[], &[]).await?;
        let before = kafka.bytes_out_of_topic(topic).await?;
        let producer = Producer::transactional(&kafka.bootstrap(), Codec::None, topic, OPEN_FOR)?;
        let mut written = 0;
        for n in 0..10 {
            let record = Record::value(format!(r#"{{"n":{n},"pad":"{}"}}"#, "x".repeat(2_000)));
            producer.begin()?;
            producer.send(topic, &[record])?;
            if n % 2 == 0 {
                producer.commit()?
            } else {
                producer.abort()?
            }
            written += 2_000;
        }
        let all: Vec<i64> = (0..10).map(|n| n * 2).collect();
        let kept: Vec<i64> = (0..10).step_by(2).map(|n| n * 2).collect();
        four.see(&kept, &all).await?;
        let sent = kafka.bytes_out_of_topic(topic).await? - before;
        assert!((written..written * 2).contains(&sent), "{sent} bytes for {written}");
        let metrics = stand.door.gateway.metrics().await?;
        let cold = metrics.sum("sluicegate_upstream_bytes_total", &[("path", "cold")]);
        assert!(cold == 0.0, "{cold}");
        Ok(())
    });
}
