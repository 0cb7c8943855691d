//! The places of one connection among those that plans allow: one for each subscription, whether
//! the connection reads, writes or both.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::quota::{Budget, ConnectionGuard};

/// How long a connection that does not write any more counts as one that does; as long as one that
/// does not read an endpoint any more.
const KEPT_UNWRITTEN: Duration = Duration::from_secs(60);

/// Subscriptions of one connection whose places are remembered; beyond it those that are given back
/// are forgotten.
const HELD_MAX: usize = 1_000;

/// A place among the connections of a plan; given back when the last who holds it drops it.
pub type Place = Arc<ConnectionGuard>;

/// The places of one connection.
#[derive(Default)]
pub struct Places {
    held: Mutex<HashMap<String, Weak<ConnectionGuard>>>,
    writing: Mutex<HashMap<String, Writing>>,
}

struct Writing {
    budget: Arc<Budget>,
    _place: Place,
    at: Instant,
}

impl Places {
    /// The connection's place of a subscription; `None`: all are taken.
    pub fn take(&self, subscription: &str, budget: &Budget) -> Option<Place> {
        let mut held = self.held.lock();
        if let Some(place) = held.get(subscription).and_then(Weak::upgrade) {
            return Some(place);
        }
        if held.len() >= HELD_MAX {
            held.retain(|_, place| place.strong_count() > 0);
        }
        let place = Arc::new(budget.try_open_connection()?);
        held.insert(subscription.to_owned(), Arc::downgrade(&place));
        Some(place)
    }

    /// Takes the connection's place to write, and keeps it while it goes on writing; `false`: all
    /// are taken.
    pub fn write(&self, subscription: &str, budget: &Arc<Budget>) -> bool {
        let now = Instant::now();
        let mut writing = self.writing.lock();
        writing.retain(|name, kept| {
            // Under other limits the place is asked for anew.
            let same = name != subscription || Arc::ptr_eq(&kept.budget, budget);
            same && now.duration_since(kept.at) < KEPT_UNWRITTEN
        });
        if let Some(kept) = writing.get_mut(subscription) {
            kept.at = now;
            return true;
        }
        let Some(place) = self.take(subscription, budget) else { return false };
        let kept = Writing { budget: Arc::clone(budget), _place: place, at: now };
        writing.insert(subscription.to_owned(), kept);
        true
    }
}

#[cfg(test)]
mod tests {
    use catalog::model::Limits;

    use super::*;
    use crate::quota::Quotas;

    fn limits(connections: u32) -> Limits {
        Limits { connections: Some(connections), ..Limits::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_takes_one_place_whether_it_reads_or_writes() {
        let quotas = Quotas::default();
        let budget = quotas.budget("s", &limits(1));
        let (one, other) = (Places::default(), Places::default());
        assert!(one.write("s", &budget));
        let reading = one.take("s", &budget).expect("the same place");
        assert!(other.take("s", &budget).is_none() && !other.write("s", &budget));
        drop(one);
        assert!(!other.write("s", &budget), "it still reads");
        drop(reading);
        assert!(other.write("s", &budget));
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_write_for_a_while_makes_room() {
        let quotas = Quotas::default();
        let budget = quotas.budget("s", &limits(1));
        let elsewhere = quotas.budget("t", &limits(1));
        let (one, other) = (Places::default(), Places::default());
        assert!(one.write("s", &budget));
        tokio::time::advance(KEPT_UNWRITTEN / 2).await;
        assert!(one.write("s", &budget));
        tokio::time::advance(KEPT_UNWRITTEN * 3 / 4).await;
        assert!(one.write("t", &elsewhere) && !other.write("s", &budget));
        tokio::time::advance(KEPT_UNWRITTEN / 2).await;
        assert!(one.write("t", &elsewhere) && other.write("s", &budget));
    }

    #[tokio::test]
    async fn lower_limits_are_for_those_who_write_already_too() {
        let quotas = Quotas::default();
        let budget = quotas.budget("s", &limits(2));
        let (one, other) = (Places::default(), Places::default());
        assert!(one.write("s", &budget) && other.write("s", &budget));
        let lower = quotas.budget("s", &limits(1));
        assert!(!one.write("s", &lower), "two are there, and one is allowed");
        assert!(other.write("s", &lower));
    }
}
