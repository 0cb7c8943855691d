//! Against a real Apache Kafka.

use std::time::Duration;

use catalog::model::{Sasl, SaslMechanism, SecretSource, Security, Tls};
use gateway::upstream::{
    BatchKind, Interruption, Isolation, OffsetAt, UpstreamCluster, UpstreamError,
};
use tests::kafka::{KafkaCluster, Options, SASL_PASSWORD, SASL_USER};
use tests::produce::{Codec, Producer, Record};
use tests::run;

use crate::recorder::{Got, Recorder, connect_with_key, plaintext, secured};

#[test]
fn every_codec_and_transactions_are_followed_and_read_again() {
    run(240, async {
        let kafka = KafkaCluster::shared().await?;
        kafka.create_topic("codecs", 1).await?;
        let cluster = plaintext(&kafka.bootstrap());
        let live = Recorder::from(0);
        let _guard = cluster.follow("codecs", 0, live.clone());
        let mut written = 0;
        for codec in Codec::ALL {
            let producer = Producer::new(&kafka.bootstrap(), codec)?;
            producer.send("codecs", &records(20))?;
            written += 20;
        }
        live.reaches(written).await?;
        let bootstrap = kafka.bootstrap();
        let transactions =
            Producer::transactional(&bootstrap, Codec::Lz4, "tx", Duration::from_secs(60))?;
        transactions.begin()?;
        transactions.send("codecs", &records(5))?;
        live.reaches(written + 5).await?;
        let ends = cluster.offsets("codecs", &[0], OffsetAt::Latest).await?;
        assert_eq!(ends, [written]);
        let ends = cluster.offsets("codecs", &[0], OffsetAt::HighWatermark).await?;
        assert_eq!(ends, [written + 5]);
        let open = cluster.fetch(("codecs", 0), written, 500, Isolation::Uncommitted).await?;
        let kinds: Vec<_> = open.batches.iter().map(|batch| batch.kind).collect();
        assert_eq!(kinds, [BatchKind::Undecided]);
        transactions.abort()?;
        transactions.begin()?;
        transactions.send("codecs", &records(5))?;
        transactions.commit()?;
        let end = written + 12;
        live.reaches(end).await?;
        // Followed are both kinds of records; what became of them, their markers tell.
        assert_eq!(count(&live, BatchKind::Marker { commits: false }), 1);
        assert_eq!(count(&live, BatchKind::Marker { commits: true }), 1);
        assert_eq!(count(&live, BatchKind::Undecided), 10);
        assert_eq!(count(&live, BatchKind::Data), written);
        assert!(live.interruptions().is_empty());

        let mut next = 0;
        let mut kinds = Vec::new();
        while next < end {
            let chunk = cluster.fetch(("codecs", 0), next, 500, Isolation::Committed).await?;
            for fetched in &chunk.batches {
                kinds.push((fetched.batch.header.base_offset, fetched.kind));
                next = fetched.batch.header.last_offset() + 1;
            }
        }
        let decided = |got: &Got| match got.kind {
            BatchKind::Undecided if got.base == written => BatchKind::Aborted,
            BatchKind::Undecided => BatchKind::Data,
            kind => kind,
        };
        let seen: Vec<_> = live.got().iter().map(|got| (got.base, decided(got))).collect();
        assert_eq!(kinds, seen);
        assert_eq!(cluster.problem(), None);
        Ok(())
    });
}

#[test]
fn look_ups_agree_with_the_log() {
    run(240, async {
        let kafka = KafkaCluster::shared().await?;
        kafka.create_topic("times", 3).await?;
        let compacted = [("cleanup.policy", "compact")];
        kafka.create_topic_with("compacted", 1, &compacted).await?;
        let producer = Producer::new(&kafka.bootstrap(), Codec::None)?;
        let at = 1_700_000_000_000;
        let timed: Vec<_> = (0..10).map(|n| Record::value("v").timestamp(at + n)).collect();
        producer.send("times", &timed)?;
        let cluster = plaintext(&kafka.bootstrap());
        let topic = cluster.topic("times").await?;
        assert_eq!(topic.partitions, [0, 1, 2]);
        assert_ne!(topic.id, [0; 16]);
        let asked = [2, 0];
        let found = cluster.offsets("times", &asked, OffsetAt::Timestamp(at + 4)).await?;
        assert_eq!(found, [0, 4]);
        let found = cluster.offsets("times", &asked, OffsetAt::Timestamp(at + 99)).await?;
        assert_eq!(found, [0, 10]);
        assert!(cluster.is_compacted("compacted").await?);
        assert!(!cluster.is_compacted("times").await?);
        let missing = cluster.topic("missing").await;
        assert!(matches!(missing, Err(UpstreamError::UnknownTopic { .. })));
        Ok(())
    });
}

#[test]
fn a_recreated_topic_is_gone_even_when_it_grows_as_long() {
    run(240, async {
        let kafka = KafkaCluster::shared().await?;
        kafka.create_topic("again", 1).await?;
        let producer = Producer::new(&kafka.bootstrap(), Codec::None)?;
        producer.send("again", &records(10))?;
        let cluster = plaintext(&kafka.bootstrap());
        let live = Recorder::from(0);
        let _guard = cluster.follow("again", 0, live.clone());
        live.reaches(10).await?;
        kafka.delete_topic("again").await?;
        kafka.create_topic("again", 1).await?;
        let producer = Producer::new(&kafka.bootstrap(), Codec::None)?;
        producer.send("again", &records(30))?;
        live.told(|why| *why == Interruption::Gone).await?;
        assert_eq!(live.next(), 10, "nothing of the new topic is taken for the old one's");
        Ok(())
    });
}

#[test]
fn a_broker_restart_is_followed_through() {
    run(240, async {
        let kafka = KafkaCluster::single().await?;
        kafka.create_topic("t", 1).await?;
        let cluster = plaintext(&kafka.bootstrap());
        let live = Recorder::from(0);
        let _guard = cluster.follow("t", 0, live.clone());
        let mut end = 0;
        for round in 0..2 {
            Producer::new(&kafka.bootstrap(), Codec::Zstd)?.send("t", &records(10))?;
            end += 10;
            live.reaches(end).await?;
            match round {
                0 => kafka.stop(1).await?,
                _ => kafka.kill(1)?,
            }
            kafka.start(1).await?;
        }
        Producer::new(&kafka.bootstrap(), Codec::Zstd)?.send("t", &records(10))?;
        live.reaches(end + 10).await?;
        let away = |why: &Interruption| matches!(why, Interruption::Unavailable(_));
        assert!(live.interruptions().iter().all(away), "{:?}", live.interruptions());
        assert_eq!(cluster.problem(), None);
        let chunk = cluster.fetch(("t", 0), 0, 1 << 20, Isolation::Committed).await?;
        assert!(!chunk.batches.is_empty());
        Ok(())
    });
}

#[test]
fn leaders_move_under_tls_and_scram() {
    run(400, async {
        let kafka = KafkaCluster::three().await?;
        kafka.create_topic("t", 2).await?;
        let bootstrap = kafka.bootstrap_sasl_ssl().join(",");
        let wrong = login(&kafka, &bootstrap, SaslMechanism::ScramSha512, "canary-wrong");
        let Err(UpstreamError::Refused { reason, .. }) = wrong.topic("t").await else {
            anyhow::bail!("a wrong password is not refused");
        };
        assert!(reason.contains("SCRAM-SHA-512 login refused"), "{reason}");
        assert!(!reason.contains("canary"), "{reason}");
        let plain = login(&kafka, &bootstrap, SaslMechanism::Plain, SASL_PASSWORD);
        plain.topic("t").await?;

        let cluster = login(&kafka, &bootstrap, SaslMechanism::ScramSha512, SASL_PASSWORD);
        let live = Recorder::from(0);
        let _guard = cluster.follow("t", 0, live.clone());
        let producer = Producer::new(&kafka.bootstrap(), Codec::Gzip)?;
        let mut end = 0;
        for node in [1, 2, 3, 1] {
            kafka.move_leader("t", 0, node).await?;
            producer.send("t", &records(10))?;
            end += 10;
            live.reaches(end).await?;
        }
        assert!(live.interruptions().is_empty(), "{:?}", live.interruptions());
        let leader = kafka.leader("t", 0).await?.node;
        kafka.kill(leader)?;
        producer.send("t", &records(10))?;
        live.reaches(end + 10).await?;
        let chunk = cluster.fetch(("t", 0), 0, 1 << 20, Isolation::Committed).await?;
        assert!(!chunk.batches.is_empty());
        kafka.start(leader).await?;
        Ok(())
    });
}

#[test]
fn sessions_are_renewed_on_a_connection_with_a_client_certificate() {
    run(240, async {
        let renewal = ("connections.max.reauth.ms".to_owned(), "3000".to_owned());
        let kafka = KafkaCluster::with(Options {
            sasl_ssl: true,
            mutual_tls: true,
            properties: vec![renewal],
            ..Options::single()
        })
        .await?;
        kafka.create_topic("t", 1).await?;
        let bootstrap = kafka.bootstrap_sasl_ssl().join(",");
        let identity = kafka.client_identity()?;
        let security = |certificate| Security {
            tls: Some(Tls { ca: Some(kafka.ca().to_owned()), certificate, key_from: None }),
            sasl: Some(Sasl {
                mechanism: SaslMechanism::ScramSha256,
                username: SASL_USER.to_owned(),
                password_from: SecretSource::Env("UNUSED".to_owned()),
            }),
        };
        let password = || Some(Ok(SASL_PASSWORD.to_owned()));
        let (nameless, _) = connect_with_key(&bootstrap, security(None), password(), None);
        assert!(nameless.topic("t").await.is_err(), "a certificate is required");

        let certificate = security(Some(identity.certificate));
        let key = Some(Ok(identity.key));
        let (cluster, metrics) = connect_with_key(&bootstrap, certificate, password(), key);
        let live = Recorder::from(0);
        let _guard = cluster.follow("t", 0, live.clone());
        let producer = Producer::new(&kafka.bootstrap(), Codec::None)?;
        for round in 1..=10 {
            producer.send("t", &records(1))?;
            live.reaches(round).await?;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(metrics.upstream_reconnects.get(), 0);
        assert!(live.interruptions().is_empty());
        cluster.fetch(("t", 0), 0, 1 << 20, Isolation::Committed).await?;
        assert_eq!(cluster.problem(), None);
        Ok(())
    });
}

fn login(
    kafka: &KafkaCluster,
    bootstrap: &str,
    mechanism: SaslMechanism,
    password: &str,
) -> std::sync::Arc<UpstreamCluster> {
    secured(bootstrap, Some(kafka.ca()), Some((mechanism, SASL_USER, password)))
}

fn records(count: usize) -> Vec<Record> {
    let value = |n| Record::value(format!("{{\"n\":{n}}}"));
    (0..count).map(value).collect()
}

/// Offsets that batches of a kind cover.
fn count(recorder: &Recorder, kind: BatchKind) -> i64 {
    let got = recorder.got();
    let of_kind = got.iter().filter(|got| got.kind == kind);
    of_kind.map(|got| got.last - got.base + 1).sum()
}
