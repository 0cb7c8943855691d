//! The plans' limits on what is written: a request waits until its connection has a place and its
//! subscriptions have room for anything at all; what it exceeds that by is owed. Waiting before the
//! append is what every client understands: some take a throttled answer for a failed one, and send
//! again.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use catalog::Grant;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::batch::Cost;
use super::leaders::Item;
use crate::kafka::client::Client;
use crate::quota::{Budget, Pace};

/// How long a request may wait: clients give up after half a minute.
const WAIT_MAX: Duration = Duration::from_secs(15);

/// How often a place among those of all replicas is asked for again.
const PLACE_RETRY: Duration = Duration::from_secs(1);

/// Waits for room; `false`: there was none in time, and nothing may be written.
pub(super) async fn admit(client: &Client, items: &[Item]) -> bool {
    let mut costs: BTreeMap<&str, (&Arc<Grant>, Cost)> = BTreeMap::new();
    for (permit, cost) in items.iter().filter_map(Item::granted) {
        let grant = permit.grant();
        let free = Cost { events: 0, bytes: 0 };
        let (_, sum) = costs.entry(&grant.name).or_insert((grant, free));
        sum.events = sum.events.saturating_add(cost.events);
        sum.bytes = sum.bytes.saturating_add(cost.bytes);
    }
    let deadline = Instant::now() + WAIT_MAX;
    for (grant, cost) in costs.values() {
        let budget = client.door.quotas.budget(&grant.name, &grant.plan.limits);
        let placed = place(client, grant, &budget);
        if timeout_at(deadline, placed).await.is_err() || !take(budget, *cost, deadline).await {
            return false;
        }
    }
    true
}

/// Waits for a place among the connections that the plan allows.
async fn place(client: &Client, grant: &Grant, budget: &Arc<Budget>) {
    loop {
        let changed = budget.connections_changed();
        if client.places().write(&grant.name, budget) {
            return;
        }
        // On other replicas places are given back without notice.
        let _ = timeout(PLACE_RETRY, changed).await;
    }
}

async fn take(budget: Arc<Budget>, cost: Cost, deadline: Instant) -> bool {
    let mut pace = Pace::new(budget);
    loop {
        let turn = poll_fn(|context| match pace.poll_owe(cost.events, cost.bytes, context) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => match pace.until() {
                Some(until) => Poll::Ready(Some(until)),
                None => Poll::Pending,
            },
        });
        match timeout_at(deadline, turn).await {
            Ok(None) => return true,
            Ok(Some(until)) if until < deadline => sleep_until(until).await,
            Ok(Some(_)) | Err(_) => return false,
        }
    }
}
