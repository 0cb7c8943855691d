//! Producing through the Kafka door, on a real Apache Kafka: what arrives is what was sent, where
//! it may be sent; transactions are the application's own.

#[path = "kafka_door/mod.rs"]
mod kafka_door;

use std::time::Duration;

use bytes::Bytes;
use gateway::metrics::Metrics;
use gateway::upstream::{Isolation, OffsetAt, UpstreamCluster};
use kafka_door::{Endpoint, KafkaDoor};
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::{
    ApiKey, InitProducerIdRequest, ProduceRequest, ProduceResponse, TransactionalId,
};
use kafka_protocol::protocol::StrBytes;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerGroupMetadata};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use tests::kafka::KafkaCluster;
use tests::kafka::wire::{call_over, topic_name};
use tests::produce::{Codec, read_all};
use tests::run;
use tests::scripted_broker::{Act, Batch, ScriptedBroker};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Where leader-made fields of a batch end: what follows is the producer's.
const MAGIC_AT: usize = 16;
const LIMIT: Duration = Duration::from_secs(30);

/// `billing` may write to one topic under an address of its own, and read another.
async fn door(kafka: &KafkaCluster, prefix: &str) -> anyhow::Result<KafkaDoor> {
    let topic = |name: &str| format!("{prefix}-{name}");
    for name in ["in", "read", "other"] {
        kafka.create_topic(&topic(name), 3).await?;
    }
    let writable = |name, address| Endpoint {
        direction: "both",
        ..Endpoint::new(name, address, &topic("in"))
    };
    let billing = [writable("in", "in.v1"), Endpoint::new("read", "read.v1", &topic("read"))];
    let other = [writable("in", "in.v1")];
    KafkaDoor::start(&kafka.bootstrap(), &[("billing", &billing), ("other", &other)]).await
}

fn data(topic: &str, parts: &[(i32, &[u8])]) -> TopicProduceData {
    let parts = parts.iter().map(|(partition, bytes)| {
        PartitionProduceData::default()
            .with_index(*partition)
            .with_records(Some(Bytes::copy_from_slice(bytes)))
    });
    TopicProduceData::default().with_name(topic_name(topic)).with_partition_data(parts.collect())
}

fn request(acks: i16, topics: Vec<TopicProduceData>) -> ProduceRequest {
    ProduceRequest::default().with_acks(acks).with_timeout_ms(5_000).with_topic_data(topics)
}

/// The codes of an answer, by topic and partition; and nothing in it of any broker.
fn codes(answer: &ProduceResponse) -> Vec<(String, i32, i16)> {
    assert!(answer.node_endpoints.is_empty());
    let mut codes = Vec::new();
    for topic in &answer.responses {
        for part in &topic.partition_responses {
            assert_eq!((part.current_leader.leader_id.0, &part.error_message), (-1, &None));
            codes.push((topic.name.to_string(), part.index, part.error_code));
        }
    }
    codes.sort();
    codes
}

fn batch(codec: Codec, what: &str) -> Vec<u8> {
    let values: Vec<String> = (0..50).map(|n| format!("{{\"{what}\": {n}}}")).collect();
    Batch::of(&values).codec(codec).bytes(0, -1)
}

/// The batches of a partition as the cluster keeps them.
async fn stored(kafka: &KafkaCluster, topic: &str, partition: i32) -> anyhow::Result<Vec<Vec<u8>>> {
    let resolved = catalog::ResolvedCluster {
        name: "direct".to_owned(),
        spec: serde_json::from_value(
            serde_json::json!({ "bootstrapServers": [kafka.bootstrap()] }),
        )?,
        sasl_password: None,
        tls_key: None,
    };
    let cluster = UpstreamCluster::connect(resolved.into(), Metrics::default());
    let mut batches = Vec::new();
    let mut next = 0;
    let end = cluster.offsets(topic, &[partition], OffsetAt::Latest).await?[0];
    while next < end {
        let fetched = cluster.fetch((topic, partition), next, 1 << 20, Isolation::Committed);
        for fetched in fetched.await?.batches {
            next = fetched.batch.header.last_offset() + 1;
            batches.push(fetched.batch.bytes.to_vec());
        }
    }
    Ok(batches)
}

#[test]
fn batches_arrive_byte_for_byte() {
    run(240, async {
        let kafka = KafkaCluster::shared().await?;
        let door = door(kafka, "bytes").await?;
        let mut socket = door.connect("billing").await?;
        let mut sent = Vec::new();
        for codec in Codec::ALL {
            for (acks, version) in [(-1, 9), (1, 7), (-1, 12)] {
                let bytes = batch(codec, &format!("{}-{acks}", codec.name()));
                let topics = vec![data("in.v1", &[(0, &bytes)])];
                let answer = call_over(&mut socket, &request(acks, topics), version).await?;
                assert_eq!(codes(&answer), [("in.v1".to_owned(), 0, 0)]);
                let offset = answer.responses[0].partition_responses[0].base_offset;
                assert_eq!(offset, i64::try_from(sent.len() * 50)?);
                sent.push(bytes);
            }
        }
        // No answer is wanted: the next one on the connection belongs to the next request.
        let bytes = batch(Codec::None, "unanswered");
        let silent = request(0, vec![data("in.v1", &[(0, &bytes)])]);
        send_only(&mut socket, &silent, 9).await?;
        sent.push(bytes);
        let last = batch(Codec::None, "last");
        let topics = vec![data("in.v1", &[(0, &last)])];
        let answer = call_over(&mut socket, &request(1, topics), 9).await?;
        assert_eq!(codes(&answer), [("in.v1".to_owned(), 0, 0)]);
        sent.push(last);

        let stored = stored(kafka, "bytes-in", 0).await?;
        assert_eq!(stored.len(), sent.len());
        for (stored, sent) in stored.iter().zip(&sent) {
            assert_eq!(stored[MAGIC_AT..], sent[MAGIC_AT..]);
        }
        Ok(())
    });
}

/// Sends a request that has no answer.
async fn send_only(
    socket: &mut TcpStream,
    request: &ProduceRequest,
    version: i16,
) -> anyhow::Result<()> {
    use kafka_protocol::messages::RequestHeader;
    use kafka_protocol::protocol::{Encodable, encode_request_header_into_buffer};
    let header = RequestHeader::default().with_request_api_key(0).with_request_api_version(version);
    let mut body = bytes::BytesMut::new();
    encode_request_header_into_buffer(&mut body, &header)?;
    request.encode(&mut body, version)?;
    socket.write_i32(i32::try_from(body.len())?).await?;
    socket.write_all(&body).await?;
    Ok(())
}

#[test]
fn what_may_not_be_written_is_refused_by_itself() {
    run(240, async {
        let kafka = KafkaCluster::shared().await?;
        let door = door(kafka, "refused").await?;
        let mut socket = door.connect("billing").await?;
        let fine = batch(Codec::Zstd, "fine");
        // 61 bytes that claim two billion records.
        let mut huge = Batch::of(&["x"]).bytes(0, -1)[..61].to_vec();
        huge[8..12].copy_from_slice(&49i32.to_be_bytes());
        huge[57..61].copy_from_slice(&i32::MAX.to_be_bytes());
        let topics = vec![
            data("in.v1", &[(0, &fine), (1, &huge), (2, &fine), (9, &fine)]),
            data("read.v1", &[(0, &fine)]),
            data("refused-other", &[(0, &fine)]),
            data("refused-in", &[(0, &fine)]),
        ];
        let answer = call_over(&mut socket, &request(-1, topics), 9).await?;
        let expected = [
            ("in.v1", 0, 0),
            ("in.v1", 1, 87),
            ("in.v1", 2, 0),
            ("in.v1", 9, 3),
            ("read.v1", 0, 29),
            ("refused-in", 0, 29),
            ("refused-other", 0, 29),
        ];
        assert_eq!(codes(&answer), expected.map(|(topic, n, code)| (topic.to_owned(), n, code)));
        let empty = stored(kafka, "refused-read", 0).await?;
        assert_eq!((stored(kafka, "refused-in", 2).await?.len(), empty.len()), (1, 0));

        let wrong = request(2, vec![data("in.v1", &[(0, &fine)])]);
        let answer = call_over(&mut socket, &wrong, 9).await?;
        assert_eq!(codes(&answer), [("in.v1".to_owned(), 0, 21)]);

        // Part of a transaction that is refused: all of it.
        let parts = vec![data("in.v1", &[(0, &fine)]), data("read.v1", &[(0, &fine)])];
        let id = TransactionalId(StrBytes::from_static_str("t"));
        let whole = request(-1, parts).with_transactional_id(Some(id));
        let answer = call_over(&mut socket, &whole, 9).await?;
        let expected = [("in.v1".to_owned(), 0, 55), ("read.v1".to_owned(), 0, 29)];
        assert_eq!(codes(&answer), expected);
        assert_eq!(stored(kafka, "refused-in", 0).await?.len(), 1);

        // Without acks there is one way to say no.
        send_only(&mut socket, &request(0, vec![data("read.v1", &[(0, &fine)])]), 9).await?;
        let mut byte = [0];
        let read = tests::expect::within(LIMIT, "a close", socket.read(&mut byte)).await?;
        assert_eq!(read?, 0);
        Ok(())
    });
}

fn producer(config: &mut ClientConfig) -> anyhow::Result<ThreadedProducer<DefaultProducerContext>> {
    Ok(config.set("message.timeout.ms", "30000").create()?)
}

fn send(
    producer: &ThreadedProducer<DefaultProducerContext>,
    values: std::ops::Range<usize>,
) -> anyhow::Result<()> {
    for n in values {
        let value = n.to_string();
        let partition = i32::try_from(n % 3)?;
        let record = BaseRecord::<(), _>::to("in.v1").payload(&value).partition(partition);
        producer.send(record).map_err(|(error, _)| error)?;
    }
    tokio::task::block_in_place(|| producer.flush(LIMIT))?;
    Ok(())
}

fn values(kafka: &KafkaCluster, topic: &str) -> anyhow::Result<Vec<usize>> {
    let records = read_all(&kafka.bootstrap(), topic, 3, "read_committed")?;
    let values = records.into_iter().map(|record| record.value.unwrap_or_default());
    let mut values: Vec<usize> = values
        .map(|value| Ok(String::from_utf8(value)?.parse()?))
        .collect::<anyhow::Result<_>>()?;
    values.sort_unstable();
    Ok(values)
}

#[test]
fn librdkafka_produces_with_every_codec() {
    run(240, async {
        let kafka = KafkaCluster::shared().await?;
        let door = door(kafka, "codecs").await?;
        let mut sent = 0;
        for codec in Codec::ALL {
            for idempotent in ["true", "false"] {
                let mut config = door.client("billing");
                config
                    .set("compression.type", codec.name())
                    .set("enable.idempotence", idempotent)
                    .set("linger.ms", "5");
                send(&producer(&mut config)?, sent..sent + 60)?;
                sent += 60;
            }
        }
        assert_eq!(values(kafka, "codecs-in")?, (0..sent).collect::<Vec<_>>());
        let batches = stored(kafka, "codecs-in", 0).await?;
        let mut codecs: Vec<u8> = batches.iter().map(|batch| batch[22] & 7).collect();
        codecs.sort_unstable();
        codecs.dedup();
        assert_eq!(codecs, [0, 1, 2, 3, 4], "as the client compressed them");
        Ok(())
    });
}

#[test]
fn transactions_are_committed_and_aborted() {
    run(240, async {
        let kafka = KafkaCluster::shared().await?;
        let door = door(kafka, "tx").await?;
        let transactional = |application: &str| {
            let mut config = door.client(application);
            config.set("transactional.id", "mover");
            producer(&mut config)
        };
        let first = transactional("billing")?;
        tokio::task::block_in_place(|| first.init_transactions(LIMIT))?;
        first.begin_transaction()?;
        send(&first, 0..30)?;
        tokio::task::block_in_place(|| first.commit_transaction(LIMIT))?;
        first.begin_transaction()?;
        send(&first, 30..60)?;
        tokio::task::block_in_place(|| first.abort_transaction(LIMIT))?;
        // Another application with the same transactional id fences nobody.
        let other = transactional("other")?;
        tokio::task::block_in_place(|| other.init_transactions(LIMIT))?;
        first.begin_transaction()?;
        send(&first, 60..90)?;
        // Offsets of what was read are committed with it, under the real topic's name.
        let consumer: BaseConsumer = door.client("billing").set("group.id", "moved").create()?;
        let mut offsets = TopicPartitionList::new();
        offsets.add_partition_offset("read.v1", 1, Offset::Offset(17))?;
        let metadata: ConsumerGroupMetadata =
            consumer.group_metadata().ok_or_else(|| anyhow::anyhow!("no group"))?;
        tokio::task::block_in_place(|| {
            first.send_offsets_to_transaction(&offsets, &metadata, LIMIT)
        })?;
        tokio::task::block_in_place(|| first.commit_transaction(LIMIT))?;
        let committed: Vec<usize> = (0..30).chain(60..90).collect();
        assert_eq!(values(kafka, "tx-in")?, committed);

        let direct: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", kafka.bootstrap())
            .set("group.id", "shop/billing/moved")
            .create()?;
        let mut asked = TopicPartitionList::new();
        asked.add_partition("tx-read", 1);
        let found = tokio::task::block_in_place(|| direct.committed_offsets(asked, LIMIT))?;
        assert_eq!(found.elements()[0].offset(), Offset::Offset(17));

        // A second instance of the same application does fence the first.
        let second = transactional("billing")?;
        tokio::task::block_in_place(|| second.init_transactions(LIMIT))?;
        first.begin_transaction()?;
        let fenced = send(&first, 90..93)
            .and_then(|()| Ok(tokio::task::block_in_place(|| first.commit_transaction(LIMIT))?));
        assert!(fenced.is_err());
        assert_eq!(values(kafka, "tx-in")?, committed);
        Ok(())
    });
}

#[test]
fn who_may_write_nothing_gets_no_producer_id() {
    run(240, async {
        let kafka = KafkaCluster::shared().await?;
        kafka.create_topic("reader-only", 1).await?;
        let granted = [Endpoint::new("read", "read.v1", "reader-only")];
        let door = KafkaDoor::start(&kafka.bootstrap(), &[("reader", &granted)]).await?;
        let mut socket = door.connect("reader").await?;
        let request = InitProducerIdRequest::default().with_transactional_id(None);
        assert_eq!(call_over(&mut socket, &request, 4).await?.error_code, 31);
        Ok(())
    });
}

#[test]
fn a_producer_survives_its_leader() {
    run(400, async {
        let kafka = KafkaCluster::three().await?;
        kafka.create_topic_with("moves-in", 3, &[("min.insync.replicas", "1")]).await?;
        let granted = [Endpoint { direction: "both", ..Endpoint::new("in", "in.v1", "moves-in") }];
        let door = KafkaDoor::start(&kafka.bootstrap(), &[("billing", &granted)]).await?;
        let mut config = door.client("billing");
        config.set("enable.idempotence", "true").set("linger.ms", "1");
        let producer = producer(&mut config)?;
        send(&producer, 0..30)?;
        for (round, node) in kafka.node_ids().into_iter().enumerate() {
            kafka.kill(node)?;
            let from = 30 + round * 30;
            send(&producer, from..from + 30)?;
            kafka.start(node).await?;
        }
        assert_eq!(values(&kafka, "moves-in")?, (0..120).collect::<Vec<_>>(), "once each");
        Ok(())
    });
}

#[test]
fn a_batch_is_sent_again_only_when_it_was_not_taken() {
    run(120, async {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("in", 1);
        let granted = [Endpoint { direction: "produce", ..Endpoint::new("in", "in.v1", "in") }];
        let door = KafkaDoor::start(&broker.address(), &[("billing", &granted)]).await?;
        let mut socket = door.connect("billing").await?;
        let bytes = batch(Codec::None, "once");
        let asked = || request(-1, vec![data("in.v1", &[(0, &bytes)])]);
        let mut expected = 0;
        // The leader says no: once more. It says so again: the client is told.
        for (times, sent, code) in [(0, 1, 0), (1, 2, 0), (2, 2, 6)] {
            broker.script(ApiKey::Produce, Some(times).filter(|n| *n > 0), Act::Error(6));
            if times == 0 {
                broker.behave();
            }
            let answer = call_over(&mut socket, &asked(), 9).await?;
            expected += sent;
            assert_eq!(codes(&answer), [("in.v1".to_owned(), 0, code)]);
            assert_eq!(broker.count(ApiKey::Produce), expected);
        }
        // The answer is lost: nobody knows, so the client decides.
        broker.script(ApiKey::Produce, Some(1), Act::Close);
        let answer = call_over(&mut socket, &asked(), 9).await?;
        assert_eq!(codes(&answer), [("in.v1".to_owned(), 0, 7)]);
        assert_eq!(broker.count(ApiKey::Produce), expected + 1);
        // A connection that the broker closed meanwhile loses nothing.
        let answer = call_over(&mut socket, &asked(), 9).await?;
        assert_eq!(codes(&answer), [("in.v1".to_owned(), 0, 0)]);
        Ok(())
    });
}

#[test]
fn what_was_sent_without_acks_is_written_though_its_producer_is_gone() {
    run(60, async {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("in", 1);
        let granted = [Endpoint { direction: "produce", ..Endpoint::new("in", "in.v1", "in") }];
        let door = KafkaDoor::start(&broker.address(), &[("billing", &granted)]).await?;
        let mut socket = door.connect("billing").await?;
        // The producer has gone before there is a connection for its batches.
        broker.script(ApiKey::ApiVersions, None, Act::Delay(Duration::from_secs(1)));
        let asked = broker.count(ApiKey::ApiVersions);
        let bytes = batch(Codec::None, "gone");
        send_only(&mut socket, &request(0, vec![data("in.v1", &[(0, &bytes)])]), 9).await?;
        broker.asked(ApiKey::ApiVersions, asked + 1, LIMIT).await?;
        drop(socket);
        assert_eq!(broker.count(ApiKey::Produce), 0);
        broker.asked(ApiKey::Produce, 1, LIMIT).await?;
        Ok(())
    });
}
