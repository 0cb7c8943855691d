//! Against librdkafka's mock cluster, which `demo` embeds: it answers ApiVersions up to 2, appends
//! a byte to its metadata and offers no DescribeConfigs.

use std::sync::mpsc::{Sender, channel};

use gateway::upstream::{BatchKind, Isolation, OffsetAt};
use rdkafka::mocking::MockCluster;
use tests::produce::{Codec, Producer, Record};
use tests::run;

use crate::recorder::{Recorder, plaintext};

/// Keeps a mock cluster, which cannot leave its thread, until the sender is dropped.
fn mock(brokers: i32, topic: &'static str, partitions: i32) -> (String, Sender<()>) {
    let (tell, told) = channel();
    let (keep, kept) = channel::<()>();
    std::thread::spawn(move || {
        let cluster = MockCluster::new(brokers).expect("a mock cluster starts");
        cluster.create_topic(topic, partitions, 1).expect("a topic is created");
        tell.send(cluster.bootstrap_servers()).expect("the test waits");
        // An error means that the test is over.
        let _ = kept.recv();
    });
    (told.recv().expect("the mock cluster starts"), keep)
}

#[test]
fn the_mock_cluster_is_followed_and_read() {
    run(60, async {
        let (bootstrap, _keep) = mock(3, "t", 4);
        let cluster = plaintext(&bootstrap);
        let topic = cluster.topic("t").await?;
        assert_eq!(topic.partitions, [0, 1, 2, 3]);
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
