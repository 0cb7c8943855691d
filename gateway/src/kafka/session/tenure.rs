//! How long a session may last: until its credential is revoked or expires, its login is not
//! repeated in time, or the replica stops.

use std::future::{pending, poll_fn};
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::{Instant, sleep_until};

use super::hurry::Hurry;
use crate::authn::Principal;
use crate::authz;
use crate::kafka::door::KafkaDoor;
use crate::signal::{Listening, Phase};

/// How long a session lives on after its login should have been repeated: some clients never do,
/// and others are a little late.
pub(super) const GRACE: Duration = Duration::from_secs(30);

/// Within how long the idle connections of a draining replica are closed, spread so that their
/// clients do not all come to the next one at once.
const DRAIN_SPREAD: Duration = Duration::from_secs(3);

/// Why a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The credential no longer works.
    Revoked,
    /// The login was not repeated.
    Expired,
    /// The replica drains, and nothing is under way.
    Drained,
    /// The replica stops now.
    Stopping,
}

/// Watches what a session depends on.
pub(super) struct Tenure {
    listening: Listening,
    principal: Arc<Principal>,
    until: Option<Instant>,
    drain_at: Option<Instant>,
}

impl Tenure {
    pub(super) fn new(door: &KafkaDoor, principal: Arc<Principal>, until: Option<Instant>) -> Self {
        let listening = Listening::new(Arc::clone(&door.signal));
        let mut tenure = Self { listening, principal, until, drain_at: None };
        tenure.note_phase();
        tenure
    }

    /// The login was repeated.
    pub(super) fn prolong(&mut self, principal: Arc<Principal>, until: Option<Instant>) {
        self.principal = principal;
        self.until = until;
    }

    /// Ready when the session ends; `idle`: nothing of it is under way. Tells `hurry` of
    /// everything else that has changed.
    pub(super) async fn ended(&mut self, idle: bool, hurry: &Hurry) -> End {
        loop {
            if let Some(end) = self.end_now(idle) {
                return end;
            }
            let expiry = self.expiry();
            let drain_at = self.drain_at.filter(|_| idle);
            tokio::select! {
                () = poll_fn(|context| self.listening.poll_told(context)) => {
                    self.note_phase();
                    hurry.want();
                }
                () = at(expiry) => {}
                () = at(drain_at) => {}
            }
        }
    }

    /// Whether the replica drains.
    pub(super) fn is_draining(&self) -> bool {
        self.drain_at.is_some()
    }

    fn end_now(&self, idle: bool) -> Option<End> {
        let signal = self.listening.signal();
        if signal.phase() == Phase::Stopping {
            return Some(End::Stopping);
        }
        let now = Instant::now();
        if self.until.is_some_and(|until| until <= now) {
            return Some(End::Expired);
        }
        if idle && self.drain_at.is_some_and(|at| at <= now) {
            return Some(End::Drained);
        }
        let standing = authz::standing(&signal.snapshot(), &self.principal);
        standing.is_err().then_some(End::Revoked)
    }

    /// When to look again by itself: the login's end or the credential's.
    fn expiry(&self) -> Option<Instant> {
        let snapshot = self.listening.signal().snapshot();
        let expires_at = authz::standing(&snapshot, &self.principal).ok().flatten().map(|at| {
            let left = Duration::try_from(at - OffsetDateTime::now_utc()).unwrap_or_default();
            // Far ahead is the same as never, within what the timer can hold.
            Instant::now() + left.min(Duration::from_secs(365 * 24 * 60 * 60))
        });
        [self.until, expires_at].into_iter().flatten().min()
    }

    fn note_phase(&mut self) {
        if self.drain_at.is_none() && self.listening.signal().phase() >= Phase::Draining {
            self.drain_at = Some(Instant::now() + DRAIN_SPREAD.mul_f32(rand::random::<f32>()));
        }
    }
}

async fn at(when: Option<Instant>) {
    match when {
        Some(when) => sleep_until(when).await,
        None => pending().await,
    }
}
