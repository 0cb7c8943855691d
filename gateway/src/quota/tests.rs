use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use catalog::model::Limits;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::*;

fn limits(events: Option<u32>, bytes: Option<u64>, connections: Option<u32>) -> Limits {
    Limits { events_per_second: events, bytes_per_second: bytes, connections }
}

/// Takes as fast as allowed for `seconds`, in pieces of `events` × `bytes`; what was let through.
async fn pump(budget: Arc<Budget>, seconds: u64, events: u32, bytes: u64) -> (u64, u64) {
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut taken = (0, 0);
    while Instant::now() < end {
        match budget.take(events, bytes) {
            Ok(()) => {
                taken.0 += u64::from(events);
                taken.1 += bytes;
            }
            Err(when) if when >= end => break,
            Err(when) => sleep_until(when).await,
        }
    }
    taken
}

fn assert_within(value: u64, goal: u64, percent: f64) {
    let ratio = value as f64 / goal as f64;
    assert!((ratio - 1.0).abs() * 100.0 <= percent, "{value} is not within {percent} % of {goal}");
}

#[tokio::test(start_paused = true)]
async fn a_minute_of_events_is_held_within_five_percent() {
    for connections in [1usize, 2, 10] {
        let quotas = Quotas::default();
        let tasks: Vec<_> = (0..connections)
            .map(|_| {
                let budget = quotas.budget("s", &limits(Some(100), None, None));
                tokio::spawn(pump(budget, 60, 10, 2_000))
            })
            .collect();
        let mut events = 0;
        for task in tasks {
            events += task.await.unwrap().0;
        }
        assert_within(events, 6_000, 5.0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_minute_of_bytes_is_held_within_five_percent() {
    for (rate, event) in [(1_500u64, 333u64), (100_000, 777), (300_000_000, 65_000)] {
        let quotas = Quotas::default();
        let tasks: Vec<_> = (0..3)
            .map(|_| {
                let budget = quotas.budget("s", &limits(None, Some(rate), None));
                tokio::spawn(pump(budget, 60, 1, event))
            })
            .collect();
        let mut bytes = 0;
        for task in tasks {
            bytes += task.await.unwrap().1;
        }
        assert_within(bytes, rate * 60, 5.0);
    }
}

/// Takes pieces as a stream does, for `seconds`; how many it got, and its longest wait for one.
async fn stream(budget: Arc<Budget>, seconds: u64, stalls: bool) -> (u64, Duration) {
    let mut pace = Pace::new(budget);
    let end = Instant::now() + Duration::from_secs(seconds);
    let (mut taken, mut longest, mut since) = (0, Duration::ZERO, Instant::now());
    while Instant::now() < end {
        let asked = poll_fn(|context| match pace.poll_take(10, 0, context) {
            Poll::Pending if pace.until().is_some() => Poll::Ready(pace.until()),
            other => other.map(|()| None),
        });
        match timeout_at(end, asked).await {
            Err(_) => break,
            Ok(Some(until)) if stalls => {
                pace.yield_turn();
                sleep_until(until + Duration::from_secs(1)).await;
            }
            Ok(Some(until)) => sleep_until(until).await,
            Ok(None) => {
                taken += 1;
                longest = longest.max(since.elapsed());
                since = Instant::now();
            }
        }
    }
    (taken, longest)
}

#[tokio::test(start_paused = true)]
async fn streams_of_one_budget_take_turns() {
    // Ten pieces a second among ten streams: one a second for each, whatever the others do.
    let budget = Quotas::default().budget("s", &limits(Some(100), None, None));
    let tasks: Vec<_> = (0..10u64)
        .map(|number| tokio::spawn(stream(Arc::clone(&budget), 60, number >= 8)))
        .collect();
    for (number, task) in tasks.into_iter().enumerate() {
        let (taken, longest) = task.await.unwrap();
        if number < 8 {
            assert!(taken >= 55, "stream {number}: {taken} pieces");
            assert!(longest <= Duration::from_secs(2), "stream {number}: {longest:?}");
        }
    }
}

/// Takes batches of `bytes` for a minute, as a connection that cannot divide them; how many.
async fn batches(pace: &mut Pace, bytes: u64) -> u64 {
    let end = Instant::now() + Duration::from_secs(60);
    let mut taken = 0;
    while Instant::now() < end {
        let asked = poll_fn(|context| match pace.poll_owe(10, bytes, context) {
            Poll::Pending if pace.until().is_some() => Poll::Ready(pace.until()),
            other => other.map(|()| None),
        });
        match asked.await {
            None => taken += 1,
            Some(until) => sleep_until(until).await,
        }
    }
    taken
}

#[tokio::test(start_paused = true)]
async fn batches_larger_than_the_room_leave_whole_and_the_rate_holds() {
    const RATE: u64 = 64 * 1024;
    for bytes in [10_000, RATE - 1, RATE * 3] {
        let budget = Quotas::default().budget("s", &limits(None, Some(RATE), None));
        let mut pace = Pace::new(budget);
        let taken = batches(&mut pace, bytes).await * bytes;
        // A burst and a batch may be ahead of the clock.
        let (least, most) = (RATE * 60 - bytes, RATE * 61 + bytes);
        assert!((least..=most).contains(&taken), "{bytes}: {taken} of {}", RATE * 60);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_and_who_takes_whole_batches_share_a_budget() {
    // Batches of half a second's worth beside pieces of a tenth: neither starves.
    let budget = Quotas::default().budget("s", &limits(Some(20), None, None));
    let mut pace = Pace::new(Arc::clone(&budget));
    let pieces = tokio::spawn(stream(budget, 60, false));
    let batches = batches(&mut pace, 1).await;
    let (pieces, _) = pieces.await.unwrap();
    assert!(batches >= 40 && pieces >= 40, "{batches} batches, {pieces} pieces");
    assert!((1150..=1260).contains(&(batches * 10 + pieces * 10)), "{batches} {pieces}");
}

#[tokio::test(start_paused = true)]
async fn events_larger_than_a_burst_pass_and_are_paid_in_full() {
    let budget = Quotas::default().budget("s", &limits(None, Some(64 * 1024), None));
    let taken = pump(budget, 600, 1, 1024 * 1024).await.1;
    // The last one may still be owed for.
    let goal = 600 * 64 * 1024;
    assert!(taken >= goal && taken <= goal + 2 * 1024 * 1024, "{taken}");
}

#[tokio::test(start_paused = true)]
async fn the_tighter_limit_holds_and_wastes_nothing_of_the_other() {
    let budget = Quotas::default().budget("s", &limits(Some(100), Some(10_240), None));
    // 1,024 bytes each: bytes allow 10 per second, events 100.
    let taken = pump(Arc::clone(&budget), 60, 1, 1024).await;
    assert_within(taken.0, 600, 5.0);
    // Then small ones: events are the limit, and none were lost to refused attempts.
    let taken = pump(budget, 60, 1, 10).await;
    assert_within(taken.0, 6_000, 5.0);
}

#[tokio::test(start_paused = true)]
async fn charged_bytes_are_paid_before_the_next_event() {
    let budget = Quotas::default().budget("s", &limits(None, Some(10_240), None));
    budget.take(1, 10_240).unwrap();
    budget.charge(10_240);
    let when = budget.take(1, 1).unwrap_err();
    assert!(when >= Instant::now() + Duration::from_millis(900));
}

#[tokio::test(start_paused = true)]
async fn connections_are_counted_over_changed_limits() {
    let quotas = Quotas::default();
    let two = quotas.budget("s", &limits(None, None, Some(2)));
    let first = two.try_open_connection().unwrap();
    let _second = two.try_open_connection().unwrap();
    assert!(two.try_open_connection().is_none());
    let three = quotas.budget("s", &limits(None, None, Some(3)));
    let _third = three.try_open_connection().unwrap();
    assert!(three.try_open_connection().is_none());
    drop(first);
    let _fourth = three.try_open_connection().unwrap();
    assert!(quotas.budget("other", &limits(None, None, Some(1))).try_open_connection().is_some());
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_connection_is_told_of_one_given_back_also_under_other_limits() {
    let quotas = Quotas::default();
    let two = quotas.budget("s", &limits(None, None, Some(2)));
    let (first, _second) = (two.try_open_connection().unwrap(), two.try_open_connection().unwrap());
    let lower = quotas.budget("s", &limits(None, None, Some(1)));
    let mut told = Box::pin(lower.connections_changed());
    assert!(tokio::time::timeout(Duration::ZERO, &mut told).await.is_err(), "both are there");
    drop(first);
    told.await;
    assert!(lower.try_open_connection().is_none(), "another has the only one");
    assert!(two.try_open_connection().is_some());
}

#[tokio::test(start_paused = true)]
async fn reconnecting_gives_no_second_burst() {
    let quotas = Quotas::default();
    let plan = limits(Some(100), None, None);
    quotas.budget("s", &plan).take(100, 0).unwrap();
    for other in 0..1_000 {
        quotas.budget(&format!("other{other}"), &plan);
    }
    assert!(quotas.budget("s", &plan).take(100, 0).is_err());
}

#[tokio::test(start_paused = true)]
async fn budgets_that_nobody_uses_are_dropped() {
    let quotas = Quotas::default();
    let plan = limits(Some(100), None, None);
    for name in 0..10_000 {
        quotas.budget(&format!("s{name}"), &plan);
        tokio::time::advance(Duration::from_millis(100)).await;
    }
    assert!(quotas.len() < 200, "{}", quotas.len());
}

#[test]
fn no_limits_admit_everything() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _inside = runtime.enter();
    let budget = Quotas::default().budget("s", &Limits::default());
    for _ in 0..1_000 {
        budget.take(u32::MAX, u64::MAX).unwrap();
    }
    assert_eq!(budget.piece().events_max, u32::MAX);
}

#[tokio::test(start_paused = true)]
async fn pieces_are_a_tenth_of_a_second_and_never_nothing() {
    let quotas = Quotas::default();
    let piece = quotas.budget("a", &limits(Some(1_000), Some(50_000), None)).piece();
    assert_eq!((piece.events_max, piece.bytes_max), (100, 5_000));
    let piece = quotas.budget("b", &limits(Some(1), Some(1), None)).piece();
    assert_eq!((piece.events_max, piece.bytes_max), (1, 1));
}
