use tokio::task::JoinSet;
use tokio::time::{Instant, advance};

use super::*;

/// A lane of two connections before which three may wait.
fn pool() -> Arc<Pool> {
    Arc::new(Pool::new(2, 3))
}

/// Waits for a turn, as a task of its own; tells its number when it has it.
fn wait(pool: &Arc<Pool>, turns: &mut JoinSet<Option<usize>>, number: usize) {
    let pool = Arc::clone(pool);
    turns.spawn(async move { pool.turn().await.ok().map(|_| number) });
}

async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn beyond_its_connections_a_lane_queues_and_beyond_its_queue_it_refuses_at_once() {
    let pool = pool();
    let held = [pool.turn().await.ok(), pool.turn().await.ok()];
    assert!(held.iter().all(Option::is_some));
    let mut turns = JoinSet::new();
    for number in 0..3 {
        wait(&pool, &mut turns, number);
        settle().await;
    }
    let began = Instant::now();
    assert!(pool.turn().await.is_err(), "a fourth");
    assert_eq!(began.elapsed(), Duration::ZERO);
    // Each that ends lets the next in, in the order in which they came.
    drop(held);
    for number in 0..3 {
        let turn = turns.join_next().await.expect("a turn").expect("no panic");
        assert_eq!(turn, Some(number));
    }
    assert_eq!(pool.queued.load(Ordering::Relaxed), 0);
    assert!(pool.turn().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_is_refused_and_leaves_its_place() {
    let pool = pool();
    let held = [pool.turn().await.ok(), pool.turn().await.ok()];
    let began = Instant::now();
    assert!(pool.turn().await.is_err());
    assert_eq!(began.elapsed(), LEASE_TIMEOUT);
    // Neither do those stay in the queue whose clients went away.
    let mut turns = JoinSet::new();
    for number in 0..3 {
        wait(&pool, &mut turns, number);
    }
    settle().await;
    turns.shutdown().await;
    assert_eq!(pool.queued.load(Ordering::Relaxed), 0);
    drop(held);
    advance(Duration::from_secs(1)).await;
    assert!(pool.turn().await.is_ok());
}

#[tokio::test]
async fn calls_that_coordinators_hold_delay_no_others() {
    let broker = Broker::new(1, "localhost".to_owned(), 9);
    let mut held = Vec::new();
    for _ in 0..HELD_CONNECTIONS_PER_BROKER_MAX {
        held.push(broker.pool(Lane::Held).turn().await.expect("room"));
    }
    assert!(broker.held.permits.try_acquire().is_err(), "a thousand members are waiting");
    for lane in [Lane::Relay, Lane::Produce, Lane::Question, Lane::Cold] {
        assert!(broker.pool(lane).turn().await.is_ok());
    }
}
