//! The audit is sent by one of those who could, from where the last one stopped.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use catalog::{
    Actor, Catalog,
    audit::{Checkpoint, Record, Sending, Sink, send_to},
    store::Claim,
};
use support::{apply, document, store, with_base};
use tokio::sync::mpsc;

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(20);

/// Hands on what it gets; refuses everything while it is told to.
struct Hand {
    got: mpsc::Sender<u64>,
    refuses: Arc<AtomicBool>,
}

impl Sink for Hand {
    fn name(&self) -> &'static str {
        "hand"
    }

    fn send<'a>(&'a mut self, records: &'a [Record]) -> Sending<'a> {
        Box::pin(async move {
            if self.refuses.load(Ordering::Relaxed) {
                return Err("it is told to refuse".to_owned());
            }
            for record in records {
                self.got.send(record.number).await.map_err(|error| error.to_string())?;
            }
            Ok(())
        })
    }

    fn checkpoint<'a>(&'a mut self, _: &'a Checkpoint) -> Sending<'a> {
        Box::pin(async { Ok(()) })
    }
}

async fn next(got: &mut mpsc::Receiver<u64>) -> u64 {
    tokio::time::timeout(LIMIT, got.recv()).await.expect("nothing is sent").unwrap()
}

async fn change(catalog: &Catalog, name: &str) {
    apply(catalog, &document("Application", name, "{}")).await;
}

#[tokio::test]
async fn records_are_sent_as_they_come_and_once_more_only_after_a_failure() {
    let catalog = with_base().await;
    let (sender, mut got) = mpsc::channel(100);
    let refuses = Arc::new(AtomicBool::new(false));
    let hand = Hand { got: sender.clone(), refuses: refuses.clone() };
    let first = send_to(catalog.clone(), hand, "one");
    let status = Arc::clone(&first.status);
    for number in 1..=6 {
        assert_eq!(next(&mut got).await, number);
    }
    change(&catalog, "seventh").await;
    assert_eq!(next(&mut got).await, 7);
    refuses.store(true, Ordering::Relaxed);
    change(&catalog, "eighth").await;
    while !status.is_failing() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(status.words().ends_with("it is told to refuse"), "{}", status.words());
    refuses.store(false, Ordering::Relaxed);
    assert_eq!(next(&mut got).await, 8);
    first.stop().await;
    // Another process goes on behind what was sent, at once.
    let refuses = Arc::default();
    let other = send_to(catalog.clone(), Hand { got: sender, refuses }, "other");
    change(&catalog, "ninth").await;
    let first = next(&mut got).await;
    // What was sent when the first one was stopped may not have been kept as sent.
    assert!(first == 8 || first == 9, "{first}");
    if first == 8 {
        assert_eq!(next(&mut got).await, 9);
    }
    other.stop().await;
}

#[tokio::test]
async fn only_one_has_the_right_to_send() {
    let store = store().await;
    let claim = |holder: &str, seconds| Claim {
        sink: "file".to_owned(),
        holder: holder.to_owned(),
        lasts: Duration::from_secs(seconds),
    };
    let (one, other) = (claim("one", 60), claim("other", 60));
    assert_eq!(store.claim(&one).await.unwrap(), Some(0));
    assert_eq!(store.claim(&other).await.unwrap(), None);
    assert!(store.sent(&one, 17).await.unwrap());
    assert!(!store.sent(&other, 18).await.unwrap(), "it has no right");
    assert_eq!(store.claim(&one).await.unwrap(), Some(17), "renewed");
    store.release(&other).await.unwrap();
    assert_eq!(store.claim(&other).await.unwrap(), None, "nobody gives back what is another's");
    store.release(&one).await.unwrap();
    assert_eq!(store.claim(&other).await.unwrap(), Some(17));
    assert!(!store.sent(&one, 18).await.unwrap(), "the right was lost");
    // A right that is over is anybody's.
    assert_eq!(store.claim(&claim("other", 0)).await.unwrap(), Some(17));
    assert_eq!(store.claim(&one).await.unwrap(), Some(17));
    assert_eq!(store.claim(&Claim { sink: "kafka".into(), ..other }).await.unwrap(), Some(0));
}

#[tokio::test]
async fn what_is_recorded_without_a_change_is_told_too() {
    let catalog = with_base().await;
    let (sender, mut got) = mpsc::channel(100);
    let hand = Hand { got: sender, refuses: Arc::default() };
    let sending = send_to(catalog.clone(), hand, "one");
    for _ in 1..=6 {
        next(&mut got).await;
    }
    let kind = catalog::model::Kind::Credential;
    catalog.list_verifiers(&Actor::system("test"), kind, None, 10).await.unwrap();
    assert_eq!(next(&mut got).await, 7);
    sending.stop().await;
}
