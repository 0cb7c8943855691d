//! A connection's share of a subscription's limits: its turn at the budget that all connections and
//! doors have in common, and its place among the connections that the plan allows.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use catalog::{Grant, model};
use tokio::time::Instant;

use crate::activity::Meter;
use crate::authz::Permit;
use crate::image::Passed;
use crate::kafka::client::{Client, Place, Places};
use crate::quota::{Budget, Pace};

/// The longest that a client is asked to wait at once: some wait on a connection that their
/// heartbeats share.
pub(super) const THROTTLE_MAX: Duration = Duration::from_secs(1);

/// When to look again whether it is this connection's turn or place: others come and go unnoticed.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// A connection's share of one subscription's limits.
pub(super) struct Share {
    grant: Arc<Grant>,
    budget: Arc<Budget>,
    pace: Pace,
    places: Arc<Places>,
    place: Option<Place>,
    meter: Arc<Meter>,
}

impl Share {
    /// The share of a subscription.
    pub(super) fn new(client: &Client, permit: &Permit) -> Self {
        let grant = Arc::clone(permit.grant());
        let budget = client.budget(permit);
        let meter = client.door.meters.meter(permit, model::Door::Kafka);
        meter.comes_from(client.peer);
        Self {
            pace: Pace::new(Arc::clone(&budget)),
            place: client.places().take(&grant.name, &budget),
            places: Arc::clone(client.places()),
            meter,
            budget,
            grant,
        }
    }

    /// Takes what a renewed permit grants.
    pub(super) fn renew(&mut self, client: &Client, permit: &Permit) {
        let budget = client.budget(permit);
        if Arc::ptr_eq(&budget, &self.budget) {
            self.grant = Arc::clone(permit.grant());
        } else {
            // The old place is given back first: it is counted with the new ones.
            self.place = None;
            *self = Self::new(client, permit);
        }
    }

    /// What is granted.
    pub(super) fn grant(&self) -> &Arc<Grant> {
        &self.grant
    }

    /// The endpoint's address.
    pub(super) fn address(&self) -> &str {
        self.grant.endpoint.spec.address()
    }

    /// Takes a batch from the budget. It leaves whole if there is room for anything: what it
    /// exceeds the room by is owed, and paid before the next one.
    pub(super) fn poll_take(
        &mut self,
        events: u32,
        bytes: usize,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        if self.place.is_none() {
            self.place = self.places.take(&self.grant.name, &self.budget);
            if self.place.is_none() {
                self.pace.wait();
                return Poll::Pending;
            }
        }
        self.pace.poll_owe(events, bytes as u64, context)
    }

    /// When there may be room again, for who was told to wait.
    pub(super) fn until(&self) -> Instant {
        self.pace.until().unwrap_or_else(|| Instant::now() + LOOK_AGAIN)
    }

    /// The answer leaves: others go first until the client asks again.
    pub(super) fn yield_turn(&mut self) {
        self.pace.yield_turn();
    }

    /// The client is told to wait until then.
    pub(super) fn told_to_wait(&mut self, until: Instant) {
        self.pace.told_to_wait(until);
    }

    /// Counts events and bytes that leave, what was passed for them, and what was waited.
    pub(super) fn count(&mut self, (events, bytes): (u64, u64), passed: Passed) {
        self.meter.count(events, bytes);
        self.meter.count_missed(passed, self.pace.take_waited());
    }
}
