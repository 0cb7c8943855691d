use std::sync::Arc;

use super::*;
use crate::model::Door;

fn used(events: u64) -> Report {
    Report::Used(Usage {
        subscription: "reader-orders".into(),
        credential: "reader".into(),
        door: Door::Sse,
        counted: Counted { events, bytes: events * 100, ..Counted::default() },
    })
}

fn refused(words: &str) -> Report {
    Report::Refused(Refusal::new(Door::Kafka, "not_subscribed", words).of("reader").at("orders"))
}

/// Reports and waits until they are written.
async fn flushed(sink: &ActivitySink, reports: impl IntoIterator<Item = Report>) {
    reports.into_iter().for_each(|report| sink.report(report));
    tokio::time::sleep(FLUSH_EVERY * 3).await;
}

#[tokio::test]
async fn what_is_reported_is_summed_up_and_answered() {
    let folder = tempfile::tempdir().unwrap();
    let (activity, sink) = Activity::open(&folder.path().join("a.db"), "one").await.unwrap();
    let lag = Lag {
        subscription: "reader-orders".into(),
        consumer: "billing".into(),
        partition: 3,
        committed: 10,
        log_end: 17,
    };
    let reports = [used(2), used(3), refused("no"), refused("no"), refused("other")];
    let health = Report::Health { problems: vec!["cluster main is away".to_owned()] };
    flushed(&sink, reports.into_iter().chain([Report::Lag(lag.clone()), health])).await;
    let usage = activity.usage("reader-orders", 0).await.unwrap();
    assert_eq!(usage.iter().map(|row| row.counted.events).sum::<u64>(), 5);
    assert_eq!(usage.iter().map(|row| row.counted.bytes).sum::<u64>(), 500);
    assert!(activity.usage("other", 0).await.unwrap().is_empty());
    let refusals = activity.refusals("reader").await.unwrap();
    let times = refusals.iter().find(|row| row.words == "no").map(|row| row.times);
    assert_eq!((refusals.len(), times), (2, Some(2)));
    assert!(activity.last_use("reader").await.unwrap().is_some());
    assert_eq!(activity.last_use("nobody").await.unwrap(), None);
    assert_eq!(activity.lag("reader-orders").await.unwrap(), [lag]);
    assert_eq!(activity.replicas().await.unwrap()[0].problems, "cluster main is away");
}

#[tokio::test]
async fn connections_are_open_until_they_close_or_their_process_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let (activity, sink) = Activity::open(&path, "one").await.unwrap();
    let open = |number| {
        Report::Opened(Session {
            number,
            credential: "reader".into(),
            door: Door::Kafka,
            peer: "::ffff:192.0.2.7".parse().unwrap(),
            software: "rdkafka\u{7} 2.16".to_owned(),
        })
    };
    flushed(&sink, [open(1), open(2), Report::Closed { number: 1 }]).await;
    let sessions = activity.sessions("reader").await.unwrap();
    assert_eq!(sessions.len(), 1);
    assert_eq!(
        (sessions[0].peer.as_str(), sessions[0].software.as_str()),
        ("192.0.2.7", "rdkafka 2.16")
    );
    // The process comes back: what was open is not.
    let (activity, _sink) = Activity::open(&path, "one").await.unwrap();
    assert!(activity.sessions("reader").await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_old_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let (activity, sink) = Activity::open(&folder.path().join("a.db"), "one").await.unwrap();
    flushed(&sink, [used(1), refused("no")]).await;
    activity.store.purge(now() - 60).await.unwrap();
    assert_eq!(activity.usage("reader-orders", 0).await.unwrap().len(), 1);
    activity.store.purge(now() + 2 * 86_400).await.unwrap();
    assert!(activity.usage("reader-orders", 0).await.unwrap().is_empty());
    assert!(activity.refusals("reader").await.unwrap().is_empty());
    assert_eq!(activity.last_use("reader").await.unwrap(), None);
}

#[test]
fn a_full_sink_drops_and_counts() {
    let (sink, inbox) = ActivitySink::new();
    for _ in 0..inbox.reports.max_capacity() + 5 {
        sink.report(used(1));
    }
    assert_eq!(sink.dropped(), 5);
}

#[test]
fn different_refusals_of_one_flush_are_bounded() {
    let mut batch = Batch::default();
    for number in 0..10_000 {
        batch.add(refused(&number.to_string()));
    }
    batch.add(refused("0"));
    assert_eq!(batch.refusals.len() as u64 + batch.left_out, 10_000);
    assert_eq!(batch.refusals.values().sum::<u64>(), batch.refusals.len() as u64 + 1);
    let long = Refusal::new(Door::Sse, "x", &"ä".repeat(1_000));
    assert_eq!(Arc::<str>::from(long.words).chars().count(), 300);
}
