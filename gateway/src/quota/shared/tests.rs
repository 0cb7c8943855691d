use std::sync::Arc;

use tokio::time::{Instant, sleep_until};

use super::*;
use crate::quota::connections::Full;

fn cells(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).unwrap()
}

fn lease(shared: &Arc<Shared>) -> Arc<Lease> {
    shared.lease(("reader", "events"), cells(100), Duration::from_secs(1))
}

#[tokio::test(start_paused = true)]
async fn slices_are_leased_ahead_of_need_and_never_spent_twice() {
    let (shared, mut asked) = Shared::new("one", 1);
    shared.found(1);
    let lease = lease(&shared);
    assert!(lease.pay(cells(25)).is_err(), "nothing is leased yet");
    assert!(lease.pay(cells(25)).is_err());
    let asking = asked.leases.try_recv().unwrap();
    assert!(asked.leases.try_recv().is_err(), "it is asked for once");
    assert_eq!((asking.wanted(), &*asking.key), (25, "sluicegate:limit:{reader}:events"));
    asking.granted(30, Duration::ZERO);
    assert_eq!(lease.pay(cells(25)), Ok(25));
    // Half of a slice is left: that is enough.
    assert!(asked.leases.try_recv().is_err());
    assert_eq!(lease.pay(cells(1)), Ok(1));
    assert_eq!(asked.leases.try_recv().unwrap().wanted(), 10, "a slice, before it is needed");
    lease.granted(4, Duration::ZERO);
    assert_eq!(lease.pay(cells(1)), Ok(1));
    // More is needed than there is, although there is more than half of a slice.
    assert!(lease.pay(cells(20)).is_err());
    assert_eq!(asked.leases.try_recv().unwrap().wanted(), 13);
}

#[tokio::test(start_paused = true)]
async fn an_empty_bucket_is_not_asked_before_there_is_something_in_it() {
    let (shared, mut asked) = Shared::new("one", 1);
    shared.found(1);
    let lease = lease(&shared);
    assert!(lease.pay(cells(5)).is_err());
    asked.leases.try_recv().unwrap().granted(0, Duration::from_millis(80));
    let when = lease.pay(cells(5)).unwrap_err();
    assert_eq!(when, Instant::now() + Duration::from_millis(80));
    assert!(asked.leases.try_recv().is_err());
    sleep_until(when).await;
    assert!(lease.pay(cells(5)).is_err());
    assert!(asked.leases.try_recv().is_ok());
    // Who asked in vain asks again.
    lease.unanswered();
    assert!(lease.pay(cells(5)).is_err());
    assert!(asked.leases.try_recv().is_ok());
}

#[tokio::test(start_paused = true)]
async fn without_redis_a_replica_takes_its_share_until_it_is_back() {
    let (shared, mut asked) = Shared::new("one", 2);
    let lease = lease(&shared);
    // Never seen: there are two at least.
    assert!(shared.words().ends_with("takes 1/2 of each"), "{}", shared.words());
    assert_eq!(lease.pay(cells(100)), Ok(50));
    shared.found(5);
    assert!(lease.pay(cells(1)).is_err(), "nothing is leased yet");
    asked.leases.try_recv().unwrap().granted(10, Duration::ZERO);
    shared.lost("away");
    let (began, mut taken) = (Instant::now(), 0);
    while began.elapsed() < Duration::from_secs(60) {
        match lease.pay(cells(5)) {
            Ok(paid) => taken += paid,
            Err(when) => sleep_until(when).await,
        }
    }
    // A fifth of 100 a second, and a fifth of a bucket.
    assert!((1_195..=1_225).contains(&taken), "{taken}");
    shared.found(5);
    assert!(lease.pay(cells(1)).is_err(), "what was leased before is not spent");
}

fn connections(shared: &Arc<Shared>) -> Arc<Connections> {
    Connections::new("reader", Some(shared))
}

/// What Redis is told next, which then has `granted` places.
fn answer(asked: &mut Asked, granted: u32) -> (u32, u32) {
    let connections = asked.connections.try_recv().unwrap();
    let told = connections.told();
    connections.noted(&told, granted);
    (told.open, told.wanted)
}

#[tokio::test(start_paused = true)]
async fn connections_are_opened_into_places_that_redis_has_noted() {
    let (shared, mut asked) = Shared::new("one", 1);
    shared.found(1);
    let of = connections(&shared);
    assert_eq!(of.open(2).err(), Some(Full::Asked));
    assert_eq!(of.open(2).err(), Some(Full::Asked));
    assert_eq!(answer(&mut asked, 1), (0, 2), "it is told once of both");
    let first = of.open(2).unwrap();
    assert_eq!(of.open(2).err(), Some(Full::Taken), "there was one place only");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(of.open(2).err(), Some(Full::Asked), "there may be one again");
    assert_eq!(answer(&mut asked, 1), (1, 1));
    let _second = of.open(2).unwrap();
    assert_eq!(of.open(2).err(), Some(Full::Taken), "no more are allowed");
    drop(first);
    assert_eq!(answer(&mut asked, 0), (1, 0), "a place is given back at once");
    assert!(asked.connections.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn places_that_nobody_opened_a_connection_into_are_given_back() {
    let (shared, mut asked) = Shared::new("one", 1);
    shared.found(1);
    let of = connections(&shared);
    assert_eq!(of.open(2).err(), Some(Full::Asked));
    answer(&mut asked, 1);
    assert!(of.has_spare());
    of.give_back_spare();
    assert_eq!(answer(&mut asked, 0), (0, 0));
    assert!(!of.has_spare());
}

#[tokio::test(start_paused = true)]
async fn without_redis_a_replica_opens_its_share_and_tells_of_it_later() {
    let (shared, mut asked) = Shared::new("one", 3);
    let of = connections(&shared);
    let held: Vec<_> = (0..3).map(|_| of.open(9).unwrap()).collect();
    assert_eq!(of.open(9).err(), Some(Full::Taken), "a third of nine");
    let unlimited = connections(&shared);
    let _free = unlimited.open(u32::MAX).unwrap();
    shared.found(3);
    assert_eq!(answer(&mut asked, 0), (3, 0));
    assert!(asked.connections.try_recv().is_err(), "what nothing limits is not told");
    assert_eq!(of.open(9).err(), Some(Full::Asked));
    // Redis goes away instead of answering: whoever waits looks again.
    let changed = of.changed();
    shared.lost("away");
    asked.connections.try_recv().unwrap().unanswered();
    changed.await;
    drop(held);
    assert!(of.open(9).is_ok());
}
