//! Where a log begins and ends, as clients are told: ListOffsets, OffsetForLeaderEpoch, and a
//! plan's replay window as the beginning of the log.

use std::time::Duration;

use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::offset_for_leader_epoch_request::{
    OffsetForLeaderPartition, OffsetForLeaderTopic,
};
use kafka_protocol::messages::{ListOffsetsRequest, OffsetForLeaderEpochRequest};
use tests::documents::Documents;
use tests::kafka::KafkaCluster;
use tests::kafka::wire::topic_name;
use tests::produce::read_all_as;
use tests::run;
use tests::scripted_broker::batch::Batch;

use crate::door::{Ask, Client, Door, now_ms};

/// A batch of one record of that time.
fn at(timestamp: i64) -> Batch {
    Batch { base_timestamp: timestamp, ..Batch::of(&[format!(r#"{{"at":{timestamp}}}"#)]) }
}

/// `(error, offset, timestamp)` for a time or a name of one.
pub async fn list(
    client: &mut Client,
    (topic, partition): (&str, i32),
    timestamp: i64,
    (version, isolation): (i16, i8),
) -> anyhow::Result<(i16, i64, i64)> {
    let part = ListOffsetsPartition::default()
        .with_partition_index(partition)
        .with_current_leader_epoch(-1)
        .with_timestamp(timestamp);
    let topic =
        ListOffsetsTopic::default().with_name(topic_name(topic)).with_partitions(vec![part]);
    let mut request =
        ListOffsetsRequest::default().with_replica_id((-1).into()).with_topics(vec![topic]);
    if version >= 2 {
        request.isolation_level = isolation;
    }
    let answer = client.call(&request, version).await?;
    let part = &answer.topics[0].partitions[0];
    Ok((part.error_code, part.offset, part.timestamp))
}

async fn door(topic: &str, plan: &str) -> anyhow::Result<(Door, tests::gateway::Secret)> {
    let kafka = KafkaCluster::shared().await?;
    let door = Door::open().await?;
    let documents = Documents::new()
        .cluster("real", &kafka.bootstrap())
        .endpoint("real", topic)
        .document("Plan", "plan", &format!("{{endpoint: {topic}, {plan}}}"))
        .subscriber("app", topic, "plan");
    let applied = door.gateway.apply(documents.yaml()).await?;
    Ok((door, applied.secret("app")?.clone()))
}

#[test]
fn offsets_are_the_clusters_own_in_every_version() {
    run(200, async {
        let kafka = KafkaCluster::shared().await?;
        let topic = "offsets-plain";
        kafka.create_topic(topic, 1).await?;
        let mut broker = Client::direct(&kafka.bootstrap()).await?;
        let times = [5_000, 6_000, 9_000, 7_000].map(|ms| now_ms() - 100_000 + ms);
        broker.produce(topic, 0, &times.map(at)).await?;
        let (door, secret) = door(topic, "policies: []").await?;
        let mut client = door.client(&secret).await?;
        for version in 1..=10 {
            let least = |timestamp| match timestamp {
                -5 => 9,
                -4 => 8,
                -3 => 7,
                _ => 1,
            };
            for timestamp in [-1, -2, -3, -4, -5, times[1], times[1] + 1, times[2] + 1] {
                if version < least(timestamp) {
                    continue;
                }
                let (place, terms) = ((topic, 0), (version, 0));
                let through = list(&mut client, place, timestamp, terms).await?;
                let direct = list(&mut broker, place, timestamp, terms).await?;
                assert_eq!(through, direct, "version {version}, {timestamp}");
            }
        }
        assert_eq!(list(&mut client, ("elsewhere", 0), -1, (7, 0)).await?.0, 29);
        assert_eq!(list(&mut client, (topic, 7), -1, (7, 0)).await?.0, 3);
        for version in 2..=4 {
            let part = OffsetForLeaderPartition::default()
                .with_partition(0)
                .with_current_leader_epoch(-1)
                .with_leader_epoch(0);
            let asked = OffsetForLeaderTopic::default()
                .with_topic(topic_name(topic))
                .with_partitions(vec![part]);
            let request = OffsetForLeaderEpochRequest::default().with_topics(vec![asked]);
            let through = client.call(&request, version).await?;
            let direct = broker.call(&request, version).await?;
            assert_eq!(through.topics, direct.topics, "version {version}");
            assert_eq!(through.topics[0].partitions[0].end_offset, 4);
        }
        Ok(())
    });
}

#[test]
fn a_replay_window_is_where_the_log_begins() {
    run(200, async {
        let kafka = KafkaCluster::shared().await?;
        let topic = "offsets-window";
        kafka.create_topic(topic, 1).await?;
        let mut broker = Client::direct(&kafka.bootstrap()).await?;
        let (old, new) = (now_ms() - 3 * 3_600_000, now_ms());
        let batches: Vec<Batch> =
            (0..20).map(|n| at(if n < 12 { old + n } else { new + n })).collect();
        broker.produce(topic, 0, &batches).await?;
        let (door, secret) = door(topic, "replayWindow: 1h").await?;
        let mut client = door.client(&secret).await?;
        let place = (topic, 0);
        assert_eq!(list(&mut client, place, -2, (7, 1)).await?.1, 12);
        assert_eq!(list(&mut client, place, -1, (7, 1)).await?.1, 20);
        assert_eq!(list(&mut client, place, old, (7, 1)).await?.1, 12, "nothing older is found");
        assert_eq!(list(&mut client, place, new + 15, (7, 1)).await?.1, 15);
        // Where the client is sent, it may read; before that it is out of range.
        let got = client.fetch_some(&Ask::new(topic, &[(0, 11)])).await?;
        assert_eq!(got.one().error_code, 1);
        let got = client.fetch_some(&Ask::new(topic, &[(0, 12)])).await?;
        assert_eq!((got.batches()[0].base, got.one().log_start_offset), (12, 12));
        // The other door begins at the same event.
        let stream = door.gateway.events(topic).bearer(&secret.secret).from("earliest");
        let first = stream.open().await?.records(1, Duration::from_secs(10)).await?;
        assert_eq!(first[0].position(), (0, 12));
        // An unmodified client that begins at the start settles there.
        let login = (secret.credential.as_str(), secret.secret.as_str());
        let read = read_all_as(&door.address, login, topic, 1)?;
        let offsets: Vec<i64> = read.iter().map(|record| record.offset).collect();
        assert_eq!(offsets, (12..20).collect::<Vec<i64>>());
        Ok(())
    });
}
