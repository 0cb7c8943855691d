//! The broker of the demo and of the tests, held against Apache Kafka: the same questions to both,
//! in the same order, and the answers side by side.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use kafka_protocol::messages::delete_records_request::{
    DeleteRecordsPartition, DeleteRecordsTopic,
};
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::fetch_response::PartitionData;
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::offset_delete_request::{
    OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
};
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestTopic;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::{
    BrokerId, CreateTopicsRequest, DeleteGroupsRequest, DeleteRecordsRequest,
    DescribeConfigsRequest, DescribeGroupsRequest, FetchRequest, GroupId, ListGroupsRequest,
    ListOffsetsRequest, OffsetDeleteRequest, OffsetFetchRequest, ProduceRequest,
};
use kafka_protocol::protocol::StrBytes;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use tests::kafka::{KafkaCluster, metadata, wire};
use tests::produce::{Codec, Producer, Record, read_all};
use tests::scripted_broker::Batch;
use tests::{eventually, run};

const TOPIC: &str = "compared";
const GROUP: &str = "compared-group";
/// Longer than a rebalance of the real broker takes.
const LIMIT: Duration = Duration::from_secs(60);
/// A moment from which the times of records are counted: an hour ago, within every retention.
fn base_time() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(now.unwrap_or_default().as_millis()).unwrap_or(0) - 3_600_000
}

/// What was asked, and what came of it.
type Told = Vec<(String, String)>;

/// A broker under comparison.
struct Asked<'a> {
    address: &'a str,
    base: i64,
    told: Told,
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

impl Asked<'_> {
    fn note(&mut self, what: impl Into<String>, answer: impl std::fmt::Debug) {
        self.told.push((what.into(), format!("{answer:?}")));
    }

    async fn topics(&mut self) -> anyhow::Result<()> {
        let config = |name: &str, value: &str| {
            CreatableTopicConfig::default().with_name(text(name)).with_value(Some(text(value)))
        };
        let topic = |name: &str, partitions, replicas| {
            CreatableTopic::default()
                .with_name(wire::topic_name(name))
                .with_num_partitions(partitions)
                .with_replication_factor(replicas)
        };
        let own = vec![config("retention.ms", "86400000"), config("max.message.bytes", "5000")];
        for (what, topic) in [
            ("create", topic(TOPIC, 2, 1).with_configs(own)),
            ("create again", topic(TOPIC, 2, 1)),
            ("a wrong name", topic("a/b", 1, 1)),
            ("no partitions", topic("none", 0, 1)),
            ("too many replicas", topic("many", 1, 3)),
            ("an unknown entry", topic("unknown", 1, 1).with_configs(vec![config("nope", "1")])),
            ("a wrong value", {
                topic("wrong", 1, 1).with_configs(vec![config("retention.ms", "soon")])
            }),
        ] {
            let request = CreateTopicsRequest::default().with_topics(vec![topic]);
            let request = request.with_timeout_ms(20_000);
            let answer = wire::call(self.address, &request, 7).await?;
            let one = &answer.topics[0];
            self.note(what, (one.error_code, one.num_partitions, one.replication_factor));
        }
        let address = self.address;
        let led = || async move {
            let seen = metadata(address, &[TOPIC]).await.ok()?;
            let there = seen.topics.first().filter(|topic| topic.error_code == 0)?;
            let led = there.partitions.len() == 2
                && there.partitions.iter().all(|partition| partition.error_code == 0);
            led.then_some(())
        };
        eventually(LIMIT, "the topic is led", led).await?;
        let seen = metadata(self.address, &["nowhere", "a/b"]).await?;
        let mut codes: Vec<_> = seen.topics.iter().map(|topic| topic.error_code).collect();
        codes.sort_unstable();
        self.note("topics that are not there", codes);
        Ok(())
    }

    async fn configs(&mut self) -> anyhow::Result<()> {
        let keys = [
            "cleanup.policy",
            "compression.type",
            "delete.retention.ms",
            "max.message.bytes",
            "message.timestamp.type",
            "retention.bytes",
            "retention.ms",
            "segment.ms",
        ];
        let resource = |name: &str| {
            DescribeConfigsResource::default()
                .with_resource_type(2)
                .with_resource_name(text(name))
                .with_configuration_keys(Some(keys.map(text).to_vec()))
        };
        let resources = vec![resource(TOPIC), resource("nowhere")];
        let request = DescribeConfigsRequest::default().with_resources(resources);
        let answer = wire::call(self.address, &request, 4).await?;
        for result in &answer.results {
            let entries = result.configs.iter().map(|entry| {
                let value = entry.value.as_ref().map(ToString::to_string);
                let kind = (entry.config_source, entry.config_type, entry.read_only);
                (entry.name.to_string(), (value, kind))
            });
            let entries: BTreeMap<_, _> = entries.collect();
            self.note("configuration", (result.error_code, entries));
        }
        Ok(())
    }

    /// Records with times, then transactions: one committed, one aborted, one open.
    async fn records(&mut self) -> anyhow::Result<Producer> {
        let base = self.base;
        let record = |value: &str, time: i64| Record::value(value).timestamp(base + time);
        let plain = Producer::new(self.address, Codec::Lz4)?;
        let times = [100, 300, 200, 400, 400, 350];
        let records = times.map(|time| record(&time.to_string(), time));
        plain.send(TOPIC, &records[..3])?;
        plain.send(TOPIC, &records[3..])?;
        let transactional =
            |id: &str| Producer::transactional(self.address, Codec::None, id, LIMIT);
        let (kept, thrown, open) = (transactional("k")?, transactional("t")?, transactional("o")?);
        for (producer, value) in [(&kept, "kept"), (&thrown, "thrown")] {
            producer.begin()?;
            producer.send(TOPIC, &[record(value, 500), record(value, 600)])?;
        }
        thrown.abort()?;
        self.ends_at(11).await?;
        kept.commit()?;
        self.ends_at(12).await?;
        open.begin()?;
        open.send(TOPIC, &[record("open", 700)])?;
        Ok(open)
    }

    /// Waits for a marker: Kafka writes it some time after it answered.
    async fn ends_at(&self, end: i64) -> anyhow::Result<()> {
        let marked = || async {
            let one = self.fetch(0, 0).await.ok()?;
            (one.high_watermark == end).then_some(())
        };
        eventually(LIMIT, &format!("the log ends at {end}"), marked).await
    }

    async fn offsets(&mut self, when: &str) -> anyhow::Result<()> {
        let times = [0, 100, 101, 301, 401, 550, 601, 650].map(|time| self.base + time);
        for committed in [0, 1] {
            // Of the latest time only before there are markers, whose times are the brokers'.
            for time in times.into_iter().chain([-1, -2]) {
                let partition = ListOffsetsPartition::default().with_timestamp(time);
                let topic = ListOffsetsTopic::default()
                    .with_name(wire::topic_name(TOPIC))
                    .with_partitions(vec![partition]);
                let request = ListOffsetsRequest::default()
                    // A consumer, not a follower.
                    .with_replica_id(BrokerId(-1))
                    .with_isolation_level(committed)
                    .with_topics(vec![topic]);
                let answer = wire::call(self.address, &request, 7).await?;
                let one = &answer.topics[0].partitions[0];
                let seen = if one.timestamp < 0 { -1 } else { one.timestamp - self.base };
                // Markers carry the broker's time.
                let seen = if seen > 1_000 { "a marker's".to_owned() } else { seen.to_string() };
                let asked = if time < 0 { time } else { time - self.base };
                self.note(
                    format!("{when}: offset at {asked}, isolation {committed}"),
                    (one.error_code, one.offset, seen),
                );
            }
        }
        Ok(())
    }

    async fn fetch(&self, offset: i64, committed: i8) -> anyhow::Result<PartitionData> {
        let partition =
            FetchPartition::default().with_fetch_offset(offset).with_partition_max_bytes(1 << 20);
        let topic = FetchTopic::default()
            .with_topic(wire::topic_name(TOPIC))
            .with_partitions(vec![partition]);
        let request = FetchRequest::default()
            .with_isolation_level(committed)
            .with_max_wait_ms(50)
            .with_min_bytes(1)
            .with_topics(vec![topic]);
        let mut answer = wire::call(self.address, &request, 11).await?;
        Ok(answer.responses.remove(0).partitions.remove(0))
    }

    async fn fetches(&mut self, when: &str) -> anyhow::Result<()> {
        for committed in [0, 1] {
            for offset in [0, 3, 8, 11, 13, 99] {
                let one = self.fetch(offset, committed).await?;
                let aborted = one
                    .aborted_transactions
                    .as_ref()
                    .map(|all| all.iter().map(|aborted| aborted.first_offset).collect::<Vec<_>>());
                let bases = bases(one.records.clone().unwrap_or_default());
                let marks = (one.high_watermark, one.last_stable_offset, one.log_start_offset);
                self.note(
                    format!("{when}: fetch at {offset}, isolation {committed}"),
                    (one.error_code, marks, aborted, bases),
                );
            }
        }
        for isolation in ["read_committed", "read_uncommitted"] {
            let records = read_all(self.address, TOPIC, 2, isolation)?;
            let values = records.into_iter().map(|record| {
                let value = record.value.unwrap_or_default();
                (record.partition, record.offset, String::from_utf8_lossy(&value).into_owned())
            });
            let values: Vec<_> = values.collect();
            self.note(format!("{when}: read {isolation}"), values);
        }
        Ok(())
    }

    async fn refused_batches(&mut self) -> anyhow::Result<()> {
        let good = Batch { base_timestamp: self.base, ..Batch::of(&["x"]) };
        let sequenced = |sequence| Batch {
            producer_id: 77_777,
            producer_epoch: 0,
            base_sequence: sequence,
            ..good.clone()
        };
        let mut corrupt = good.bytes(0, 0);
        *corrupt.last_mut().expect("bytes") ^= 1;
        for (what, bytes) in [
            ("a corrupt batch", corrupt),
            (
                "a large batch",
                Batch { records: Batch::of(&["x".repeat(6_000)]).records, ..good.clone() }
                    .bytes(0, 0),
            ),
            ("two batches", [good.bytes(0, 0), good.bytes(0, 0)].concat()),
            ("a marker", Batch::marker(77_777, true).bytes(0, 0)),
            ("the first of a sequence", sequenced(0).bytes(0, 0)),
            ("the same again", sequenced(0).bytes(0, 0)),
            ("the next but one", sequenced(2).bytes(0, 0)),
        ] {
            let data = PartitionProduceData::default()
                .with_index(1)
                .with_records(Some(Bytes::from(bytes)));
            let topic = TopicProduceData::default()
                .with_name(wire::topic_name(TOPIC))
                .with_partition_data(vec![data]);
            let request = ProduceRequest::default()
                .with_acks(-1)
                .with_timeout_ms(5_000)
                .with_topic_data(vec![topic]);
            let answer = wire::call(self.address, &request, 9).await?;
            let one = &answer.responses[0].partition_responses[0];
            self.note(what, (one.error_code, one.base_offset));
        }
        Ok(())
    }

    /// A consumer that reads, commits, is listed, and goes.
    async fn groups(&mut self) -> anyhow::Result<()> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", self.address)
            .set("group.id", GROUP)
            .set("auto.offset.reset", "earliest")
            .set("enable.auto.commit", "false")
            .create()?;
        consumer.subscribe(&[TOPIC])?;
        let consumer = std::sync::Arc::new(consumer);
        let reading = std::sync::Arc::clone(&consumer);
        let read = tokio::task::spawn_blocking(move || {
            let start = std::time::Instant::now();
            let mut values = Vec::new();
            while values.len() < 10 && start.elapsed() < LIMIT {
                if let Some(Ok(message)) = reading.poll(Duration::from_millis(100)) {
                    values.push(rdkafka::Message::offset(&message));
                }
            }
            reading.commit_consumer_state(CommitMode::Sync).map(|()| values)
        });
        let mut read = read.await??;
        read.sort_unstable();
        self.note("read in a group", read);
        self.group_is("with a member").await?;
        let deleted = self.delete_group(GROUP).await?;
        self.note("delete with a member", deleted);
        let codes = self.forget(0).await?;
        self.note("forget while it is read", codes);
        drop(consumer);
        let address = self.address;
        let empty = || async move {
            let state = described(address, GROUP).await.ok()?.1;
            (state == "Empty").then_some(())
        };
        eventually(LIMIT, "the member is gone", empty).await?;
        self.group_is("without members").await?;
        let codes = self.forget(1).await?;
        self.note("forget", codes);
        let committed = self.committed().await?;
        self.note("committed after that", committed);
        for group in [GROUP, GROUP, "nobody"] {
            let deleted = self.delete_group(group).await?;
            self.note(format!("delete {group}"), deleted);
        }
        let gone = described(self.address, GROUP).await?;
        self.note("described when it is gone", gone);
        Ok(())
    }

    async fn group_is(&mut self, when: &str) -> anyhow::Result<()> {
        let answer = wire::call(self.address, &ListGroupsRequest::default(), 5).await?;
        let listed = answer.groups.iter().filter(|group| group.group_id.as_str() == GROUP);
        let listed: Vec<_> = listed
            .map(|group| {
                let kind = (group.protocol_type.to_string(), group.group_type.to_string());
                (kind, group.group_state.to_string())
            })
            .collect();
        self.note(format!("listed {when}"), listed);
        let described = described(self.address, GROUP).await?;
        self.note(format!("described {when}"), described);
        let committed = self.committed().await?;
        self.note(format!("committed {when}"), committed);
        Ok(())
    }

    async fn committed(&self) -> anyhow::Result<Vec<(i32, i64, i16)>> {
        let topic = OffsetFetchRequestTopic::default()
            .with_name(wire::topic_name(TOPIC))
            .with_partition_indexes(vec![0, 1]);
        let request = OffsetFetchRequest::default()
            .with_group_id(GroupId(text(GROUP)))
            .with_topics(Some(vec![topic]));
        let answer = wire::call(self.address, &request, 7).await?;
        let partitions = answer.topics.iter().flat_map(|topic| &topic.partitions);
        let mut committed: Vec<_> = partitions
            // Behind the last marker or before it: as far as the client happened to have read.
            .map(|one| (one.partition_index, one.committed_offset.min(13), one.error_code))
            .collect();
        committed.sort_unstable();
        Ok(committed)
    }

    async fn forget(&self, partition: i32) -> anyhow::Result<(i16, Vec<i16>)> {
        let one = OffsetDeleteRequestPartition::default().with_partition_index(partition);
        let topic = OffsetDeleteRequestTopic::default()
            .with_name(wire::topic_name(TOPIC))
            .with_partitions(vec![one]);
        let request = OffsetDeleteRequest::default()
            .with_group_id(GroupId(text(GROUP)))
            .with_topics(vec![topic]);
        let answer = wire::call(self.address, &request, 0).await?;
        let partitions = answer.topics.iter().flat_map(|topic| &topic.partitions);
        Ok((answer.error_code, partitions.map(|one| one.error_code).collect()))
    }

    async fn delete_group(&self, group: &str) -> anyhow::Result<i16> {
        let request = DeleteGroupsRequest::default().with_groups_names(vec![GroupId(text(group))]);
        let answer = wire::call(self.address, &request, 2).await?;
        Ok(answer.results[0].error_code)
    }

    async fn cut(&mut self) -> anyhow::Result<()> {
        for offset in [4, 3, 99] {
            let partition =
                DeleteRecordsPartition::default().with_partition_index(0).with_offset(offset);
            let topic = DeleteRecordsTopic::default()
                .with_name(wire::topic_name(TOPIC))
                .with_partitions(vec![partition]);
            let request =
                DeleteRecordsRequest::default().with_topics(vec![topic]).with_timeout_ms(20_000);
            let answer = wire::call(self.address, &request, 2).await?;
            let one = &answer.topics[0].partitions[0];
            self.note(format!("cut at {offset}"), (one.error_code, one.low_watermark));
        }
        self.offsets("cut").await?;
        self.fetches("cut").await
    }
}

/// Error, state, type, protocol, members with and without an assignment.
async fn described(
    address: &str,
    group: &str,
) -> anyhow::Result<(i16, String, String, String, Vec<bool>)> {
    let request = DescribeGroupsRequest::default().with_groups(vec![GroupId(text(group))]);
    let answer = wire::call(address, &request, 5).await?;
    let one = &answer.groups[0];
    let members = one.members.iter().map(|member| !member.member_assignment.is_empty());
    let names = (one.group_state.to_string(), one.protocol_type.to_string());
    let protocol = one.protocol_data.to_string();
    Ok((one.error_code, names.0, names.1, protocol, members.collect()))
}

/// First offsets of batches.
fn bases(records: Bytes) -> Vec<i64> {
    let batches = gateway::wire::record_batch::split(records);
    batches.map_while(Result::ok).map(|batch| batch.header.base_offset).collect()
}

/// Asks everything, in one order.
async fn ask(address: &str, base: i64) -> anyhow::Result<Told> {
    let mut asked = Asked { address, base, told: Vec::new() };
    asked.topics().await?;
    asked.configs().await?;
    asked.refused_batches().await?;
    let open = asked.records().await?;
    asked.offsets("open").await?;
    asked.fetches("open").await?;
    open.commit()?;
    asked.ends_at(14).await?;
    asked.offsets("decided").await?;
    asked.fetches("decided").await?;
    asked.groups().await?;
    asked.cut().await?;
    Ok(asked.told)
}

#[test]
fn it_answers_as_apache_kafka_does() {
    run(400, async {
        let embedded = broker::Broker::start(broker::Options::default()).await?;
        let base = base_time();
        let ours = ask(&embedded.address().to_string(), base).await?;
        let kafka = KafkaCluster::shared().await?;
        let theirs = ask(&kafka.bootstrap(), base).await?;
        let both = ours.iter().zip(&theirs);
        let different: Vec<_> = both
            .filter(|(ours, theirs)| ours != theirs)
            .map(|(ours, theirs)| format!("{}\n  ours:  {}\n  Kafka: {}", ours.0, ours.1, theirs.1))
            .collect();
        assert!(different.is_empty(), "{}", different.join("\n"));
        assert_eq!(ours.len(), theirs.len());
        Ok(())
    });
}
