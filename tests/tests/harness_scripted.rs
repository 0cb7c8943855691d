//! The harness's own tests: the scripted broker, asked directly, tells what the script wants.

use std::time::{Duration, Instant};

use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::fetch_response::PartitionData;
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::offset_for_leader_epoch_request::{
    OffsetForLeaderPartition, OffsetForLeaderTopic,
};
use kafka_protocol::messages::{
    ApiKey, FetchRequest, ListOffsetsRequest, MetadataRequest, OffsetForLeaderEpochRequest,
};
use tests::http::Socket;
use tests::kafka::{metadata, wire};
use tests::produce::Codec;
use tests::run;
use tests::scripted_broker::{Act, Batch, BatchRecord, Lies, Options, ScriptedBroker, code};
use tests::tls::{Authority, client_config};

/// Longer than an answer takes, shorter than anybody waits.
const SHORT: Duration = Duration::from_millis(300);

/// A fetch of `t`-0 at an offset, with what the client knows of epochs.
async fn fetch(
    broker: &ScriptedBroker,
    offset: i64,
    epochs: (i32, i32),
) -> anyhow::Result<PartitionData> {
    let partition = FetchPartition::default()
        .with_fetch_offset(offset)
        .with_current_leader_epoch(epochs.0)
        .with_last_fetched_epoch(epochs.1)
        .with_partition_max_bytes(1 << 20);
    let topic =
        FetchTopic::default().with_topic(wire::topic_name("t")).with_partitions(vec![partition]);
    let request = FetchRequest::default()
        .with_isolation_level(1)
        .with_max_wait_ms(50)
        .with_min_bytes(1)
        .with_topics(vec![topic]);
    let mut answer = wire::call(&broker.address(), &request, 12).await?;
    Ok(answer.responses.remove(0).partitions.remove(0))
}

async fn offset_at(broker: &ScriptedBroker, time: i64) -> anyhow::Result<i64> {
    let partition = ListOffsetsPartition::default().with_timestamp(time);
    let topic = ListOffsetsTopic::default()
        .with_name(wire::topic_name("t"))
        .with_partitions(vec![partition]);
    let request = ListOffsetsRequest::default().with_isolation_level(1).with_topics(vec![topic]);
    let answer = wire::call(&broker.address(), &request, 7).await?;
    Ok(answer.topics[0].partitions[0].offset)
}

#[test]
fn offsets_epochs_and_transactions_are_told() {
    run(60, async {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("t", 1);
        for n in 0..4 {
            broker.append("t", 0, &Batch { base_timestamp: 1000 * n, ..Batch::of(&["a", "b"]) });
        }
        assert_eq!(fetch(&broker, 8, (-1, -1)).await?.records.map(|bytes| bytes.len()), Some(0));
        assert_eq!(fetch(&broker, 9, (-1, -1)).await?.error_code, code::OFFSET_OUT_OF_RANGE);
        assert_eq!((offset_at(&broker, -2).await?, offset_at(&broker, -1).await?), (0, 8));
        assert_eq!((offset_at(&broker, 1500).await?, offset_at(&broker, 9000).await?), (4, -1));
        // Epoch 3 starts at 4: who read up to 8 in epoch 0 is told where epoch 0 ended.
        broker.edit("t", 0, |partition| partition.truncate(4, 3));
        let answer = fetch(&broker, 8, (3, 0)).await?;
        assert_eq!((answer.diverging_epoch.epoch, answer.diverging_epoch.end_offset), (0, 4));
        assert_eq!(fetch(&broker, 4, (0, -1)).await?.error_code, code::FENCED_LEADER_EPOCH);
        assert_eq!(fetch(&broker, 4, (4, -1)).await?.error_code, code::UNKNOWN_LEADER_EPOCH);
        let partition =
            OffsetForLeaderPartition::default().with_current_leader_epoch(-1).with_leader_epoch(2);
        let topic = OffsetForLeaderTopic::default()
            .with_topic(wire::topic_name("t"))
            .with_partitions(vec![partition]);
        let request = OffsetForLeaderEpochRequest::default().with_topics(vec![topic]);
        let answer = wire::call(&broker.address(), &request, 4).await?;
        assert_eq!(answer.topics[0].partitions[0].end_offset, 4);
        // An aborted transaction is listed to those whom it concerns.
        broker.append("t", 0, &Batch::of(&["x"]).transactional(9));
        broker.append("t", 0, &Batch::marker(9, false));
        broker.edit("t", 0, |partition| partition.aborted.push((9, 4, 5)));
        let listed = fetch(&broker, 4, (-1, -1)).await?.aborted_transactions.unwrap_or_default();
        assert_eq!(listed.iter().map(|one| one.first_offset).collect::<Vec<_>>(), [4]);
        assert!(fetch(&broker, 0, (-1, -1)).await?.records.is_some_and(|bytes| bytes.len() > 300));
        Ok(())
    });
}

#[test]
fn topics_come_go_and_come_again() {
    run(60, async {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("t", 2);
        let seen = metadata(&broker.address(), &["t"]).await?;
        assert_eq!((seen.topics[0].error_code, seen.topics[0].partitions.len()), (0, 2));
        broker.create_topic("t", 1);
        let again = metadata(&broker.address(), &["t"]).await?;
        assert_ne!(seen.topics[0].topic_id, again.topics[0].topic_id);
        broker.delete_topic("t");
        let gone = metadata(&broker.address(), &["t"]).await?;
        assert_eq!(gone.topics[0].error_code, code::UNKNOWN_TOPIC_OR_PARTITION);
        broker.stop();
        assert!(metadata(&broker.address(), &[]).await.is_err());
        broker.listen().await?;
        assert_eq!(metadata(&broker.address(), &[]).await?.brokers.len(), 1);
        Ok(())
    });
}

#[test]
fn each_act_is_done_once_and_in_order() {
    run(60, async {
        let broker = ScriptedBroker::start().await?;
        let api = ApiKey::Metadata;
        let failing = [
            Act::Close,
            Act::Cut(5),
            Act::Length(-1),
            Act::Length(i32::MAX),
            // Not the huge counts that this is for: they would abort this test's own decoder.
            Act::Body(Vec::new()),
            Act::Edit(std::sync::Arc::new(|body| body.truncate(3))),
        ];
        let count = failing.len();
        for act in failing {
            broker.script(api, Some(1), act);
        }
        for n in 0..count {
            assert!(metadata(&broker.address(), &[]).await.is_err(), "act {n}");
        }
        broker.script(api, Some(1), Act::Delay(SHORT));
        let start = Instant::now();
        metadata(&broker.address(), &[]).await?;
        assert!(start.elapsed() >= SHORT);
        broker.script(api, Some(1), Act::Drip(Duration::from_millis(1)));
        metadata(&broker.address(), &[]).await?;
        broker.script(api, None, Act::Hold);
        for _ in 0..2 {
            let address = broker.address();
            assert!(tokio::time::timeout(SHORT, metadata(&address, &[])).await.is_err());
        }
        broker.behave();
        metadata(&broker.address(), &[]).await?;
        assert_eq!(broker.count(api), count + 5);
        Ok(())
    });
}

#[test]
fn logins_are_checked_over_tls() {
    run(60, async {
        let authority = Authority::new()?;
        let sasl = Some(("user".to_owned(), "right".to_owned()));
        let tls = Some(authority.server()?);
        let broker = ScriptedBroker::with(Options { sasl, tls }).await?;
        broker.create_topic("t", 1);
        let config = client_config(authority.ca(), None)?;
        let address = broker.address();
        let connect = || Socket::connect(&address, Some(config.clone()));
        for (password, right) in [("wrong", false), ("right", true)] {
            let mut socket = connect().await?;
            assert_eq!(wire::log_in(&mut socket, "user", password).await?, right);
            let served = wire::call_over(&mut socket, &MetadataRequest::default(), 9).await;
            assert_eq!(served.is_ok(), right);
        }
        // Neither without a login nor without TLS.
        let mut socket = connect().await?;
        assert!(wire::call_over(&mut socket, &MetadataRequest::default(), 9).await.is_err());
        assert!(metadata(&broker.address(), &[]).await.is_err());
        Ok(())
    });
}

#[test]
fn batches_are_right_or_wrong_as_asked() {
    let bytes = Batch::of(&["abc"]).bytes(7, 2);
    let at = |from: usize, to: usize| bytes[from..to].to_vec();
    assert_eq!(at(0, 8), 7_i64.to_be_bytes());
    assert_eq!(at(8, 12), i32::try_from(bytes.len() - 12).unwrap().to_be_bytes());
    assert_eq!((at(12, 16), bytes[16]), (2_i32.to_be_bytes().to_vec(), 2));
    assert_eq!(at(17, 21), crc32c::crc32c(&bytes[21..]).to_be_bytes());
    // Length 9 (zigzag 18), attributes, two deltas, no key, 3 bytes of value, no headers.
    assert_eq!(at(61, bytes.len()), [18, 0, 0, 0, 1, 6, b'a', b'b', b'c', 0]);
    let lies = Lies {
        crc: Some(1),
        length: Some(-5),
        count: Some(i32::MAX),
        last_offset_delta: Some(-1),
        cut: Some(64),
        ..Lies::default()
    };
    let lying = Batch::of(&["abc"]).codec(Codec::Lz4).lying(lies).bytes(0, 0);
    assert_eq!(lying.len(), 64);
    assert_eq!(lying[8..12], (-5_i32).to_be_bytes());
    assert_eq!(lying[17..21], [0, 0, 0, 1]);
    assert_eq!((&lying[21..23], &lying[23..27]), (&[0, 3][..], &[0xff; 4][..]));
    assert_eq!(lying[57..61], i32::MAX.to_be_bytes());
    let record = BatchRecord { timestamp_delta: -1, ..BatchRecord::value("") };
    let years = BatchRecord { timestamp_delta: 1 << 41, ..record.clone() };
    let batch = Batch { records: vec![record, years], ..Batch::default() };
    assert_eq!(batch.record_bytes()[..3], [12, 0, 1]);
    assert_eq!(batch.record_bytes()[7..15], [24, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]);
}
