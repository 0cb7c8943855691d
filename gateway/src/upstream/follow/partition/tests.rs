//! When a trouble is told, when a topic counts as gone, and from where on a log is void.

use std::sync::atomic::{AtomicI64, Ordering};

use super::*;
use crate::upstream::{Fetched, topology::Leader};

#[derive(Default)]
struct Told {
    next: AtomicI64,
    told: Mutex<Vec<Interruption>>,
}

impl Follower for Told {
    fn next_offset(&self) -> i64 {
        self.next.load(Ordering::Relaxed)
    }
    fn last_epoch(&self) -> i32 {
        0
    }
    fn append(&self, _: Fetched) {}
    fn interrupted(&self, why: Interruption) {
        self.told.lock().push(why);
    }
}

fn followed() -> (Followed, Arc<Told>) {
    let told = Arc::new(Told::default());
    (Followed::new(1, "t", 0, told.clone()), told)
}

fn led_by(broker: i32, epoch: i32) -> Leader {
    Leader { broker: Some(broker), epoch }
}

#[tokio::test]
async fn a_trouble_is_told_once_and_only_when_it_lasts() {
    let (followed, told) = followed();
    for _ in 0..20 {
        followed.trouble("away");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(told.told.lock().is_empty());
    followed.fetched(&[]);
    tokio::time::sleep(TOLD_AFTER).await;
    followed.trouble("away");
    assert!(told.told.lock().is_empty(), "an old trouble is counted");
    tokio::time::sleep(TOLD_AFTER).await;
    followed.trouble("away");
    followed.trouble("away");
    assert_eq!(*told.told.lock(), [Interruption::Unavailable("away".to_owned())]);
}

#[tokio::test]
async fn a_topic_is_gone_when_it_stays_away_or_comes_back_as_another() {
    let (missing, told) = followed();
    assert!(!missing.place(&Known::Missing));
    tokio::time::sleep(GONE_AFTER).await;
    assert!(!missing.place(&Known::Missing));
    assert!(!missing.has_ended(), "it never was there");
    missing.led([1; 16], led_by(1, 0));
    assert!(!missing.place(&Known::Missing));
    assert!(!missing.has_ended());
    tokio::time::sleep(GONE_AFTER).await;
    missing.place(&Known::Missing);
    assert!(missing.has_ended() && missing.leader().is_none());
    assert_eq!(told.told.lock().last(), Some(&Interruption::Gone));

    let (recreated, told) = followed();
    assert!(recreated.led([1; 16], led_by(1, 4)));
    assert!(recreated.led([1; 16], led_by(2, 5)));
    assert!(!recreated.led([2; 16], led_by(2, 0)));
    assert!(!recreated.led([2; 16], led_by(2, 0)));
    assert_eq!(*told.told.lock(), [Interruption::Gone]);
}

#[tokio::test]
async fn older_metadata_changes_no_leader() {
    let (followed, _) = followed();
    followed.led([1; 16], led_by(2, 5));
    assert!(!followed.position().epoch_changed);
    assert!(followed.led([1; 16], led_by(1, 4)));
    assert_eq!(followed.leader(), Some(2));
    followed.led([1; 16], led_by(3, 6));
    assert_eq!(followed.leader(), Some(3));
    assert!(followed.position().epoch_changed);
}

#[tokio::test]
async fn a_log_is_void_from_the_first_epoch_that_the_leader_does_not_have() {
    let (followed, _) = followed();
    let mut state = followed.state.lock();
    for (epoch, offset) in [(3, 0), (3, 5), (5, 10), (5, 15)] {
        state.began(epoch, offset);
    }
    drop(state);
    // The leader holds epoch 3 up to 15, but here it ended at 10.
    assert_eq!(followed.parted(3, 15), 10);
    assert_eq!(followed.parted(3, 7), 7);
    assert_eq!(followed.parted(-1, -1), 0);
}
