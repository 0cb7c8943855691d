//! Against the broker that `demo` embeds, as it is and as brokers are that know less of ApiVersions
//! and append a byte to their metadata.

use std::sync::Arc;

use gateway::upstream::{BatchKind, Isolation, OffsetAt};
use kafka_protocol::messages::ApiKey;
use tests::produce::{Codec, Producer, Record};
use tests::run;
use tests::scripted_broker::{Act, ScriptedBroker};

use crate::recorder::{Recorder, plaintext};

#[test]
fn the_embedded_broker_is_followed_and_read() {
    run(60, async {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("t", 4);
        // UNSUPPORTED_VERSION in version 0, with ApiVersions 0-2 as all there is (KIP-511).
        let older = vec![0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 2];
        broker.script(ApiKey::ApiVersions, Some(1), Act::Body(older));
        broker.script(ApiKey::Metadata, None, Act::Edit(Arc::new(|body| body.push(0))));
        let bootstrap = broker.address();
        let cluster = plaintext(&bootstrap);
        let topic = cluster.topic("t").await?;
        assert_eq!(topic.partitions, [0, 1, 2, 3]);
        assert!(broker.seen().iter().any(|seen| seen.api == 18 && seen.version <= 2));
        broker.behave();
        let followers: Vec<_> = topic
            .partitions
            .iter()
            .map(|partition| {
                let recorder = Recorder::from(0);
                let guard = cluster.follow("t", *partition, recorder.clone());
                (recorder, guard)
            })
            .collect();
        let producer = Producer::new(&bootstrap, Codec::Lz4)?;
        for partition in 0..4 {
            let record = Record::value("v").partition(partition);
            producer.send("t", &vec![record; 10])?;
        }
        for (recorder, _) in &followers {
            recorder.reaches(10).await?;
            assert!(recorder.got().iter().all(|got| got.kind == BatchKind::Data));
            assert!(recorder.interruptions().is_empty());
        }
        let offsets = cluster.offsets("t", &topic.partitions, OffsetAt::Latest).await?;
        assert_eq!(offsets, [10; 4]);
        assert!(!cluster.is_compacted("t").await?);
        let chunk = cluster.fetch(("t", 2), 3, 1 << 20, Isolation::Committed).await?;
        assert!(!chunk.batches.is_empty());
        assert_eq!(cluster.problem(), None);
        Ok(())
    });
}
