//! What one replica remembers of groups for a while: how patient their members' heartbeats are, and
//! under which address a group uses a topic. Nothing here decides who is a member: the coordinator
//! does, and a replica that remembers nothing serves all the same.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::lag::Lags;

/// Members remembered; beyond it all are forgotten, and are as patient as the unknown.
const MEMBERS_MAX: usize = 100_000;
/// Topics in use by groups that are remembered; beyond it all are forgotten.
const USES_MAX: usize = 100_000;
/// The session time-out of a member that nothing is known of: brokers allow none below.
const SESSION_TIMEOUT_MIN: Duration = Duration::from_secs(6);
/// How long a topic counts as used under one address after the last join or commit: longer than
/// clients take between two commits or two joins of a rebalance, short enough to change over.
const USE_LASTS: Duration = Duration::from_secs(60);

struct Member {
    session_timeout: Duration,
    consumer: bool,
    /// Since when its heartbeats have not reached the coordinator.
    silent_since: Option<Instant>,
}

struct Use {
    address: String,
    at: Instant,
}

/// The memory of one door.
#[derive(Default)]
pub struct Registry {
    /// How far groups have come.
    pub lags: Lags,
    members: Mutex<HashMap<(String, String), Member>>,
    uses: Mutex<HashMap<(String, String), Use>>,
}

impl Registry {
    /// A member was let in.
    pub(super) fn joined(&self, group: &str, member: &str, timeout: Duration, consumer: bool) {
        let mut members = self.members.lock();
        if members.len() >= MEMBERS_MAX {
            members.clear();
        }
        let key = (group.to_owned(), member.to_owned());
        let session_timeout = timeout.max(SESSION_TIMEOUT_MIN);
        members.insert(key, Member { session_timeout, consumer, silent_since: None });
    }

    /// A member has left.
    pub(super) fn left(&self, group: &str, member: &str) {
        self.members.lock().remove(&(group.to_owned(), member.to_owned()));
    }

    /// Whether a member said that it is a consumer; `None`: nothing is known of it.
    pub(super) fn is_consumer(&self, group: &str, member: &str) -> Option<bool> {
        let key = (group.to_owned(), member.to_owned());
        self.members.lock().get(&key).map(|member| member.consumer)
    }

    /// How long a heartbeat of a member may take: clients send three in a session time-out, and
    /// some let other requests wait behind them.
    pub(super) fn heartbeat_within(&self, group: &str, member: &str) -> Duration {
        let key = (group.to_owned(), member.to_owned());
        let known = self.members.lock().get(&key).map(|member| member.session_timeout);
        known.unwrap_or(SESSION_TIMEOUT_MIN) / 3
    }

    /// A member's heartbeat was answered by the coordinator.
    pub(super) fn heard(&self, group: &str, member: &str) {
        let key = (group.to_owned(), member.to_owned());
        if let Some(member) = self.members.lock().get_mut(&key) {
            member.silent_since = None;
        }
    }

    /// A member's heartbeat did not reach a coordinator: whether the member can be told that all is
    /// well, as a coordinator does that still loads. For a third of its session time-out it can.
    pub(super) fn may_wait(&self, group: &str, member: &str) -> bool {
        let now = Instant::now();
        let mut members = self.members.lock();
        if members.len() >= MEMBERS_MAX {
            members.clear();
        }
        let key = (group.to_owned(), member.to_owned());
        let member = members.entry(key).or_insert(Member {
            session_timeout: SESSION_TIMEOUT_MIN,
            consumer: true,
            silent_since: None,
        });
        let since = *member.silent_since.get_or_insert(now);
        now.duration_since(since) < member.session_timeout / 3
    }

    /// Notes that a group uses a topic under this address.
    ///
    /// # Errors
    /// The other address under which it uses the topic: both would share committed offsets.
    pub(super) fn uses(&self, group: &str, topic: &str, address: &str) -> Result<(), String> {
        let now = Instant::now();
        let mut uses = self.uses.lock();
        if uses.len() >= USES_MAX {
            uses.clear();
        }
        let known = uses
            .entry((group.to_owned(), topic.to_owned()))
            .or_insert_with(|| Use { address: address.to_owned(), at: now });
        if known.address != address {
            if now.duration_since(known.at) < USE_LASTS {
                return Err(known.address.clone());
            }
            address.clone_into(&mut known.address);
        }
        known.at = now;
        Ok(())
    }

    /// The address under which a group last used a topic.
    pub(super) fn address(&self, group: &str, topic: &str) -> Option<String> {
        let uses = self.uses.lock();
        uses.get(&(group.to_owned(), topic.to_owned())).map(|known| known.address.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn members_are_told_that_all_is_well_for_a_third_of_their_time_out() {
        let registry = Registry::default();
        registry.joined("g", "m", Duration::from_secs(45), true);
        assert!(registry.may_wait("g", "m"));
        tokio::time::advance(Duration::from_secs(14)).await;
        assert!(registry.may_wait("g", "m"));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(!registry.may_wait("g", "m"));
        registry.heard("g", "m");
        assert!(registry.may_wait("g", "m"), "a heartbeat that arrives starts over");
        // Of another nothing is known: the least that brokers allow.
        assert!(registry.may_wait("g", "other"));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(!registry.may_wait("g", "other"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_group_uses_a_topic_under_one_address_at_a_time() {
        let registry = Registry::default();
        assert_eq!(registry.uses("g", "orders", "orders.v1"), Ok(()));
        assert_eq!(registry.uses("g", "orders", "orders.v2"), Err("orders.v1".to_owned()));
        assert_eq!(registry.uses("other", "orders", "orders.v2"), Ok(()));
        assert_eq!(registry.address("g", "orders").as_deref(), Some("orders.v1"));
        tokio::time::advance(Duration::from_secs(61)).await;
        assert_eq!(registry.uses("g", "orders", "orders.v2"), Ok(()), "after the change-over");
        assert_eq!(registry.uses("g", "orders", "orders.v1"), Err("orders.v2".to_owned()));
    }
}
