//! Against the scripted broker: what no real broker does on demand.

use std::sync::Arc;
use std::time::{Duration, Instant};

use catalog::model::{SaslMechanism, Security};
use gateway::upstream::{
    BatchKind, Interruption, Isolation, OffsetAt, UpstreamCluster, UpstreamError,
};
use kafka_protocol::messages::ApiKey;
use tests::run;
use tests::scripted_broker::{Act, Batch, Lies, Options, ScriptedBroker, code};
use tests::tls::Authority;

use crate::recorder::{Got, LIMIT, Recorder, connect, plaintext, secured};

/// A broker with topic `t` and so many one-record batches.
async fn broker_with(batches: usize) -> anyhow::Result<ScriptedBroker> {
    let broker = ScriptedBroker::start().await?;
    broker.create_topic("t", 1);
    append(&broker, batches);
    Ok(broker)
}

fn append(broker: &ScriptedBroker, batches: usize) {
    for _ in 0..batches {
        broker.append("t", 0, &Batch::of(&["v"]));
    }
}

fn data(offset: i64) -> Got {
    Got { base: offset, last: offset, kind: BatchKind::Data }
}

#[test]
fn follows_without_a_tight_loop_and_starts_late_partitions_soon() {
    run(60, async {
        let broker = broker_with(3).await?;
        broker.create_topic("late", 1);
        broker.append("late", 0, &Batch::of(&["v"]));
        let cluster = plaintext(&broker.address());
        assert_eq!(cluster.topic("t").await?.partitions, [0]);
        cluster.topic("late").await?;
        let recorder = Recorder::from(0);
        let _guard = cluster.follow("t", 0, recorder.clone());
        recorder.reaches(3).await?;
        append(&broker, 2);
        recorder.reaches(5).await?;
        assert_eq!(recorder.got(), (0..5).map(data).collect::<Vec<_>>());

        let fetches = broker.count(ApiKey::Fetch);
        let metadata = broker.count(ApiKey::Metadata);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(broker.count(ApiKey::Fetch) - fetches <= 10);
        assert_eq!(broker.count(ApiKey::Metadata), metadata);

        let late = Recorder::from(0);
        let since = Instant::now();
        let guard = cluster.follow("late", 0, late.clone());
        late.reaches(1).await?;
        assert!(since.elapsed() < Duration::from_millis(600), "{:?}", since.elapsed());
        drop(guard);
        tokio::time::sleep(Duration::from_millis(600)).await;
        let appends = late.appends();
        tokio::time::sleep(Duration::from_millis(600)).await;
        assert_eq!(late.appends(), appends, "followed after the guard was dropped");
        assert!(recorder.interruptions().is_empty());
        assert_eq!(cluster.problem(), None);
        Ok(())
    });
}

#[test]
fn everything_ends_when_the_client_is_dropped() {
    run(30, async {
        let broker = broker_with(1).await?;
        let cluster = plaintext(&broker.address());
        let recorder = Recorder::from(0);
        let _guard = cluster.follow("t", 0, recorder.clone());
        recorder.reaches(1).await?;
        drop(cluster);
        tokio::time::sleep(Duration::from_millis(600)).await;
        assert_eq!(Arc::strong_count(&recorder), 1, "the follower is let go");
        let fetches = broker.count(ApiKey::Fetch);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(broker.count(ApiKey::Fetch), fetches);
        Ok(())
    });
}

#[test]
fn a_truncated_log_is_told_from_where_it_parted() {
    run(60, async {
        let broker = broker_with(6).await?;
        let cluster = plaintext(&broker.address());
        let recorder = Recorder::from(0);
        let _guard = cluster.follow("t", 0, recorder.clone());
        recorder.reaches(6).await?;
        broker.edit("t", 0, |partition| partition.truncate(3, 1));
        let told = recorder.told(|why| matches!(why, Interruption::Truncated { .. }));
        assert_eq!(told.await?, Interruption::Truncated { end: 3 });
        append(&broker, 2);
        recorder.reaches(5).await?;
        assert_eq!(recorder.interruptions().len(), 1);
        Ok(())
    });
}

#[test]
fn a_truncated_log_is_noticed_with_brokers_before_fetch_12() {
    run(60, async {
        let broker = broker_with(6).await?;
        cap_version(&broker, ApiKey::Fetch, 11);
        let cluster = plaintext(&broker.address());
        let recorder = Recorder::from(0);
        let _guard = cluster.follow("t", 0, recorder.clone());
        recorder.reaches(6).await?;
        broker.edit("t", 0, |partition| partition.truncate(3, 1));
        // The lost offsets are taken by others at once: only the epochs can tell.
        append(&broker, 9);
        let told = recorder.told(|why| matches!(why, Interruption::Truncated { .. }));
        assert_eq!(told.await?, Interruption::Truncated { end: 3 });
        recorder.reaches(12).await?;
        assert!(broker.seen().iter().all(|seen| seen.api != 1 || seen.version == 11));
        Ok(())
    });
}

#[test]
fn an_offset_outside_the_log_is_told_with_what_there_is() {
    run(60, async {
        let broker = broker_with(6).await?;
        broker.edit("t", 0, |partition| {
            partition.batches.retain(|batch| batch.base >= 4);
            partition.log_start = 4;
        });
        let cluster = plaintext(&broker.address());
        let early = Recorder::from(1);
        let _early = cluster.follow("t", 0, early.clone());
        early.reaches(6).await?;
        let span = Interruption::OutOfRange { log_start: 4, end: 6 };
        assert_eq!(early.interruptions().as_slice(), std::slice::from_ref(&span));
        let late = Recorder::from(99);
        let _late = cluster.follow("t", 0, late.clone());
        late.reaches(6).await?;
        assert_eq!(late.interruptions(), [span]);
        let cold = cluster.fetch(("t", 0), 1, 1 << 20, Isolation::Committed).await;
        assert!(matches!(cold, Err(UpstreamError::OffsetOutOfRange)));
        Ok(())
    });
}

#[test]
fn short_troubles_are_not_told_and_long_ones_are_told_once() {
    run(90, async {
        let broker = broker_with(1).await?;
        let cluster = plaintext(&broker.address());
        let recorder = Recorder::from(0);
        let _guard = cluster.follow("t", 0, recorder.clone());
        recorder.reaches(1).await?;
        for error in [
            code::NOT_LEADER_OR_FOLLOWER,
            code::LEADER_NOT_AVAILABLE,
            code::FENCED_LEADER_EPOCH,
            code::UNKNOWN_LEADER_EPOCH,
            code::UNKNOWN_TOPIC_OR_PARTITION,
            code::KAFKA_STORAGE_ERROR,
        ] {
            broker.edit("t", 0, |partition| partition.fetch_error = error);
            tokio::time::sleep(Duration::from_millis(700)).await;
            broker.edit("t", 0, |partition| partition.fetch_error = 0);
            let next = recorder.next() + 1;
            append(&broker, 1);
            recorder.reaches(next).await?;
        }
        assert!(recorder.interruptions().is_empty());

        let fetches = broker.count(ApiKey::Fetch);
        let metadata = broker.count(ApiKey::Metadata);
        broker.edit("t", 0, |partition| {
            partition.fetch_error = code::NOT_LEADER_OR_FOLLOWER;
        });
        recorder.told(|why| matches!(why, Interruption::Unavailable(_))).await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(broker.count(ApiKey::Fetch) - fetches < 20, "backs off");
        assert!(broker.count(ApiKey::Metadata) - metadata < 30, "backs off");
        assert_eq!(recorder.interruptions().len(), 1);
        broker.edit("t", 0, |partition| partition.fetch_error = 0);
        let next = recorder.next() + 1;
        append(&broker, 1);
        recorder.reaches(next).await?;
        Ok(())
    });
}

#[test]
fn a_corrupt_batch_is_marked_and_gone_past() {
    run(60, async {
        let broker = broker_with(1).await?;
        let lying = |lies| Batch::of(&["a", "b"]).lying(lies);
        let wrong_crc = Lies { crc: Some(7), ..Lies::default() };
        broker.append("t", 0, &lying(wrong_crc.clone()));
        append(&broker, 1);
        // Its header also claims offsets that belong to others.
        let far = Lies { last_offset_delta: Some(1000), ..wrong_crc };
        broker.append("t", 0, &Batch::of(&["c"]).lying(far).at(4));
        broker.append("t", 0, &Batch::of(&["d"]).at(5));
        let (cluster, metrics) = connect(&broker.address(), Security::default(), None);
        let recorder = Recorder::from(0);
        let _guard = cluster.follow("t", 0, recorder.clone());
        recorder.reaches(6).await?;
        let corrupt = |base, last| Got { base, last, kind: BatchKind::Corrupt };
        let expected = [data(0), corrupt(1, 2), data(3), corrupt(4, 4), data(5)];
        assert_eq!(recorder.got(), expected);
        let labels = vec![("code", "CORRUPT_BATCH".to_owned())];
        assert!(metrics.upstream_fetch_errors.get_or_create(&labels).get() >= 2);
        let cold = cluster.fetch(("t", 0), 0, 1 << 20, Isolation::Committed).await?;
        let kinds: Vec<_> = cold.batches.iter().map(|batch| batch.kind).collect();
        assert_eq!(kinds, expected.map(|got| got.kind));
        Ok(())
    });
}

#[test]
fn a_batch_that_cannot_be_gone_past_is_told_and_not_asked_for_in_a_loop() {
    run(60, async {
        let broker = broker_with(1).await?;
        // Longer than what the broker sends: where the next batch begins, nobody can say.
        let lies = Lies { length: Some(1 << 20), ..Lies::default() };
        broker.append("t", 0, &Batch::of(&["lying"]).lying(lies));
        let cluster = plaintext(&broker.address());
        let recorder = Recorder::from(0);
        let _guard = cluster.follow("t", 0, recorder.clone());
        recorder.reaches(1).await?;
        let fetches = broker.count(ApiKey::Fetch);
        let told = recorder.told(|why| matches!(why, Interruption::Unavailable(_)));
        let Interruption::Unavailable(why) = told.await? else {
            anyhow::bail!("not unavailable");
        };
        assert!(why.contains("offset 1"), "{why}");
        assert!(broker.count(ApiKey::Fetch) - fetches < 40);
        // The broker is mended: following goes on by itself.
        broker.edit("t", 0, |partition| {
            if let Some(stored) = partition.batches.back_mut() {
                stored.bytes = Batch::of(&["mended"]).bytes(1, 0).into();
            }
        });
        recorder.reaches(2).await?;
        Ok(())
    });
}

#[test]
fn messages_older_than_record_batches_are_gone_past() {
    run(60, async {
        let broker = broker_with(1).await?;
        let mut old = Batch::of(&["old"]);
        old.magic = 1;
        broker.append("t", 0, &old);
        let cluster = plaintext(&broker.address());
        let recorder = Recorder::from(0);
        let _guard = cluster.follow("t", 0, recorder.clone());
        recorder.reaches(2).await?;
        let kinds: Vec<_> = recorder.got().iter().map(|got| got.kind).collect();
        assert_eq!(kinds, [BatchKind::Data, BatchKind::Corrupt]);
        Ok(())
    });
}

#[test]
fn transactions_are_told_apart() {
    run(60, async {
        let broker = broker_with(0).await?;
        for batch in [
            Batch::of(&["a"]).transactional(1),
            Batch::of(&["b"]).transactional(2),
            Batch::marker(1, false),
            Batch::of(&["c"]).transactional(1),
            Batch::marker(2, true),
            Batch::marker(1, true),
        ] {
            broker.append("t", 0, &batch);
        }
        broker.edit("t", 0, |partition| partition.aborted = vec![(1, 0, 2)]);
        let cluster = plaintext(&broker.address());
        use BatchKind::{Aborted, Data, Marker, Undecided};
        let (commit, abort) = (Marker { commits: true }, Marker { commits: false });
        let recorder = Recorder::from(0);
        let _guard = cluster.follow("t", 0, recorder.clone());
        recorder.reaches(6).await?;
        let kinds: Vec<_> = recorder.got().iter().map(|got| got.kind).collect();
        assert_eq!(kinds, [Undecided, Undecided, abort, Undecided, commit, commit]);
        let cold = cluster.fetch(("t", 0), 0, 1 << 20, Isolation::Committed).await?;
        let kinds: Vec<_> = cold.batches.iter().map(|batch| batch.kind).collect();
        assert_eq!(kinds, [Aborted, Data, abort, Data, commit, commit]);
        Ok(())
    });
}

#[test]
fn a_deleted_topic_is_gone_and_a_recreated_one_as_well() {
    run(90, async {
        let broker = broker_with(2).await?;
        broker.create_topic("u", 1);
        broker.append("u", 0, &Batch::of(&["v"]));
        let cluster = plaintext(&broker.address());
        let deleted = Recorder::from(0);
        let _deleted = cluster.follow("t", 0, deleted.clone());
        let recreated = Recorder::from(0);
        let _recreated = cluster.follow("u", 0, recreated.clone());
        deleted.reaches(2).await?;
        recreated.reaches(1).await?;
        broker.create_topic("u", 1);
        recreated.told(|why| *why == Interruption::Gone).await?;
        broker.delete_topic("t");
        deleted.told(|why| *why == Interruption::Gone).await?;
        let missing = cluster.topic("t").await;
        assert!(matches!(missing, Err(UpstreamError::UnknownTopic { .. })) || missing.is_ok());
        Ok(())
    });
}

#[test]
fn a_wrong_password_is_told_with_what_the_broker_said() {
    run(60, async {
        let options = Options {
            sasl: Some(("gateway".to_owned(), "right".to_owned())),
            ..Options::default()
        };
        let broker = ScriptedBroker::with(options).await?;
        broker.create_topic("t", 1);
        let login = |password| Some((SaslMechanism::Plain, "gateway", password));
        let wrong = secured(&broker.address(), None, login("canary-wrong-password"));
        let Err(UpstreamError::Refused { reason, .. }) = wrong.topic("t").await else {
            anyhow::bail!("not refused");
        };
        let problem = wrong.problem().unwrap_or_default();
        for text in [&reason, &problem] {
            assert!(text.contains("PLAIN login refused"), "{text}");
            assert!(text.contains(&broker.address()), "{text}");
            assert!(!text.contains("canary"), "{text}");
        }
        let unoffered = Some((SaslMechanism::ScramSha512, "gateway", "right"));
        let unoffered = secured(&broker.address(), None, unoffered);
        let Err(UpstreamError::Refused { reason, .. }) = unoffered.topic("t").await else {
            anyhow::bail!("not refused");
        };
        assert!(reason.contains("SCRAM-SHA-512") && reason.contains("PLAIN"), "{reason}");
        let right = secured(&broker.address(), None, login("right"));
        right.topic("t").await?;
        assert_eq!(right.problem(), None);
        Ok(())
    });
}

#[test]
fn a_secret_that_cannot_be_read_is_told() {
    run(30, async {
        let broker = broker_with(0).await?;
        let security = Security {
            sasl: Some(catalog::model::Sasl {
                mechanism: SaslMechanism::Plain,
                username: "gateway".to_owned(),
                password_from: catalog::model::SecretSource::Env("NOT_SET".to_owned()),
            }),
            ..Security::default()
        };
        let failed = Some(Err("environment variable NOT_SET is not set".to_owned()));
        let (cluster, _) = connect(&broker.address(), security, failed);
        let refused = cluster.topic("t").await;
        assert!(matches!(refused, Err(UpstreamError::Refused { .. })));
        assert!(cluster.problem().is_some_and(|text| text.contains("NOT_SET")));
        Ok(())
    });
}

#[test]
fn certificates_are_verified() {
    run(60, async {
        let (ours, theirs) = (Authority::new()?, Authority::new()?);
        let serve = |tls| ScriptedBroker::with(Options { tls: Some(tls), ..Options::default() });
        let right = serve(ours.server()?).await?;
        let misnamed = serve(ours.server_named(&["elsewhere.example"])?).await?;
        let foreign = serve(theirs.server()?).await?;
        let plain = broker_with(0).await?;
        right.create_topic("t", 1);
        secured(&right.address(), Some(ours.ca()), None).topic("t").await?;
        for (broker, words) in
            [(&misnamed, "not valid for name"), (&foreign, "invalid peer certificate")]
        {
            let cluster = secured(&broker.address(), Some(ours.ca()), None);
            match cluster.topic("t").await {
                Err(UpstreamError::Refused { reason, .. }) => {
                    assert!(reason.contains(words), "{reason}");
                }
                _ => anyhow::bail!("not refused: {words}"),
            }
        }
        // TLS to a plaintext listener, and the other way round: told, nothing hangs.
        let cluster = secured(&plain.address(), Some(ours.ca()), None);
        assert!(cluster.topic("t").await.is_err());
        assert!(plaintext(&right.address()).topic("t").await.is_err());
        Ok(())
    });
}

#[test]
fn an_unreachable_cluster_is_told_address_by_address_and_recovers_alone() {
    run(60, async {
        let broker = ScriptedBroker::stopped(Options::default())?;
        broker.create_topic("t", 1);
        append(&broker, 2);
        let other = ScriptedBroker::stopped(Options::default())?;
        let cluster = plaintext(&format!("{},{}", other.address(), broker.address()));
        let recorder = Recorder::from(0);
        let _guard = cluster.follow("t", 0, recorder.clone());
        let told = recorder.told(|why| matches!(why, Interruption::Unavailable(_)));
        told.await?;
        let problem = cluster.problem().unwrap_or_default();
        assert!(problem.contains(&broker.address()), "{problem}");
        assert!(problem.contains(&other.address()), "{problem}");
        assert!(problem.contains("refused"), "{problem}");
        broker.listen().await?;
        recorder.reaches(2).await?;
        assert_eq!(cluster.problem(), None);
        // And again in mid-life.
        broker.stop();
        tokio::time::sleep(Duration::from_millis(500)).await;
        broker.listen().await?;
        append(&broker, 1);
        recorder.reaches(3).await?;
        assert_eq!(recorder.interruptions().len(), 1);
        Ok(())
    });
}

#[test]
fn hostile_answers_end_a_connection_and_nothing_else() {
    run(120, async {
        let broker = broker_with(3).await?;
        for act in [
            Act::Length(i32::MAX),
            Act::Length(-1),
            Act::Length(0),
            Act::Correlation(77),
            Act::Cut(3),
            Act::Cut(20),
            Act::Close,
            Act::Body(vec![0x7f; 64]),
            Act::Body(vec![0xff; 64]),
            Act::Body(Vec::new()),
        ] {
            for api in [ApiKey::ApiVersions, ApiKey::Metadata, ApiKey::Fetch] {
                let cluster = plaintext(&broker.address());
                broker.script(api, Some(1), act.clone());
                let recorder = Recorder::from(0);
                let _guard = cluster.follow("t", 0, recorder.clone());
                recorder.reaches(3).await?;
                assert!(recorder.interruptions().is_empty());
                broker.behave();
            }
        }
        broker.script(ApiKey::Fetch, Some(2), Act::Drip(Duration::from_millis(1)));
        let recorder = Recorder::from(0);
        let cluster = plaintext(&broker.address());
        let _guard = cluster.follow("t", 0, recorder.clone());
        recorder.reaches(3).await?;
        Ok(())
    });
}

#[test]
fn a_broker_that_falls_silent_is_left_for_a_new_connection() {
    run(60, async {
        let broker = broker_with(1).await?;
        let (cluster, metrics) = connect(&broker.address(), Security::default(), None);
        let recorder = Recorder::from(0);
        let _guard = cluster.follow("t", 0, recorder.clone());
        recorder.reaches(1).await?;
        broker.script(ApiKey::Fetch, Some(1), Act::Hold);
        let fetches = broker.count(ApiKey::Fetch);
        broker.asked(ApiKey::Fetch, fetches + 2, LIMIT).await?;
        append(&broker, 1);
        recorder.reaches(2).await?;
        assert_eq!(metrics.upstream_reconnects.get(), 1);
        Ok(())
    });
}

#[test]
fn empty_answers_that_come_at_once_are_paced() {
    run(60, async {
        let broker = broker_with(1).await?;
        let cluster = plaintext(&broker.address());
        let recorder = Recorder::from(0);
        let _guard = cluster.follow("t", 0, recorder.clone());
        recorder.reaches(1).await?;
        // An answer that names no partition at all: Fetch 12 or 13 with nothing in it.
        let nothing = vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0];
        broker.script(ApiKey::Fetch, None, Act::Body(nothing));
        // Once a Fetch is under the script there is something, so that the broker does not wait;
        // the script hides it.
        tokio::time::sleep(Duration::from_millis(600)).await;
        append(&broker, 1);
        let fetches = broker.count(ApiKey::Fetch);
        tokio::time::sleep(Duration::from_secs(2)).await;
        let count = broker.count(ApiKey::Fetch) - fetches;
        assert!((4..=14).contains(&count), "{count}");
        broker.behave();
        recorder.reaches(2).await?;
        Ok(())
    });
}

#[test]
fn offsets_and_configuration_are_looked_up() {
    run(60, async {
        let broker = broker_with(3).await?;
        let cluster = plaintext(&broker.address());
        let at = async |cluster: &UpstreamCluster, at| cluster.offsets("t", &[0], at).await;
        assert_eq!(at(&cluster, OffsetAt::Earliest).await?, [0]);
        assert_eq!(at(&cluster, OffsetAt::Latest).await?, [3]);
        assert_eq!(at(&cluster, OffsetAt::Timestamp(i64::MAX)).await?, [3]);
        broker.edit("t", 0, |partition| partition.open.insert(7, 1));
        assert_eq!(at(&cluster, OffsetAt::Latest).await?, [1]);
        broker.edit_topic("t", |topic| {
            topic.config = vec![("cleanup.policy".to_owned(), "delete".to_owned())];
        });
        assert!(!cluster.is_compacted("t").await?);
        broker.edit_topic("t", |topic| {
            topic.config = vec![("cleanup.policy".to_owned(), "delete,compact".to_owned())];
        });
        assert!(cluster.is_compacted("t").await?);
        let refused = Act::Error(code::TOPIC_AUTHORIZATION_FAILED);
        broker.script(ApiKey::DescribeConfigs, Some(1), refused);
        let refused = cluster.is_compacted("t").await;
        assert!(matches!(refused, Err(UpstreamError::Refused { .. })));
        let missing = cluster.topic("nowhere").await;
        assert!(matches!(missing, Err(UpstreamError::UnknownTopic { .. })));
        // A leader that moves in between is asked again.
        let moved = Act::Error(code::NOT_LEADER_OR_FOLLOWER);
        broker.script(ApiKey::ListOffsets, Some(3), moved);
        assert_eq!(at(&cluster, OffsetAt::Earliest).await?, [0]);
        Ok(())
    });
}

/// Makes the broker offer an API only up to a version.
fn cap_version(broker: &ScriptedBroker, api: ApiKey, highest: i16) {
    let key = (api as i16).to_be_bytes();
    let edit = move |body: &mut Vec<u8>| {
        // ApiVersions 3: error, compact count, then 7 bytes each: key, min, max, tags.
        let mut at = 3;
        while at + 7 <= body.len() {
            if body[at..at + 2] == key {
                body[at + 4..at + 6].copy_from_slice(&highest.to_be_bytes());
                return;
            }
            at += 7;
        }
    };
    broker.script(ApiKey::ApiVersions, None, Act::Edit(Arc::new(edit)));
}
