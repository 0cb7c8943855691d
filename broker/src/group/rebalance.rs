//! A group and its rebalances: gather all members, let one assign, go on until somebody comes,
//! goes or stays silent.

use std::collections::BTreeMap;
use std::time::Duration;

use gateway::wire::consumer_protocol;
use tokio::time::Instant;

use super::ask::Who;
use super::join::Joined;
use super::member::Member;
use super::offsets::Offsets;
use super::sync::Synced;
use crate::code;

/// The protocol type of consumers.
const CONSUMERS: &str = "consumer";

/// Where a group is between two rebalances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nobody is there.
    #[default]
    Empty,
    /// Members gather.
    Preparing,
    /// The leader assigns.
    Completing,
    /// All have their assignments.
    Stable,
}

impl Phase {
    /// Its name in Kafka's answers.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Phase::Empty => "Empty",
            Phase::Preparing => "PreparingRebalance",
            Phase::Completing => "CompletingRebalance",
            Phase::Stable => "Stable",
        }
    }
}

/// A group.
#[derive(Debug, Default)]
pub(crate) struct Group {
    pub(super) phase: Phase,
    pub(super) generation: i32,
    pub(super) protocol_type: Option<String>,
    pub(super) protocol: Option<String>,
    pub(super) leader: Option<String>,
    pub(super) members: BTreeMap<String, Member>,
    /// Ids that were given, until when they may be used.
    pub(super) given: BTreeMap<String, Instant>,
    /// When gathering or assigning is over, whoever is missing.
    pub(super) rebalance_ends: Option<Instant>,
    pub(super) offsets: Offsets,
}

impl Group {
    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    pub(crate) fn protocol_type(&self) -> &str {
        self.protocol_type.as_deref().unwrap_or_default()
    }

    /// The protocol that all members know; empty while it is not chosen.
    pub(crate) fn protocol(&self) -> &str {
        self.protocol.as_deref().unwrap_or_default()
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, &Member)> {
        self.members.iter().map(|(id, member)| (id.as_str(), member))
    }

    /// Whether members read a topic, as far as they say so.
    pub(crate) fn reads(&self, topic: &str) -> bool {
        let says = |member: &Member| {
            member.protocols.iter().any(|(_, metadata)| {
                let mut found = false;
                let mut look = |name: &str| {
                    found |= name == topic;
                    name.to_owned()
                };
                // What cannot be read may be anything.
                consumer_protocol::subscription(metadata, &mut look).is_err() || found
            })
        };
        self.members.values().any(says)
    }

    /// Whether its members are consumers, or it has none.
    pub(crate) fn is_of_consumers(&self) -> bool {
        self.members.is_empty() || self.protocol_type() == CONSUMERS
    }

    /// The id of a member that says who it is.
    ///
    /// # Errors
    /// UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID.
    pub(super) fn known(&self, who: &Who) -> Result<String, i16> {
        if let Some(instance) = &who.instance {
            let own = self.of_instance(instance).ok_or(code::UNKNOWN_MEMBER_ID)?;
            if own != who.member_id {
                return Err(code::FENCED_INSTANCE_ID);
            }
        }
        let known = self.members.contains_key(&who.member_id);
        if known { Ok(who.member_id.clone()) } else { Err(code::UNKNOWN_MEMBER_ID) }
    }

    pub(super) fn of_instance(&self, instance: &str) -> Option<&str> {
        let mut members = self.members.iter();
        let found = members.find(|(_, member)| member.instance.as_deref() == Some(instance));
        found.map(|(id, _)| id.as_str())
    }

    /// A member's heartbeat.
    ///
    /// # Errors
    /// UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS.
    pub(crate) fn heartbeat(&mut self, who: &Who, now: Instant) -> Result<(), i16> {
        let id = self.known(who)?;
        if who.generation != self.generation {
            return Err(code::ILLEGAL_GENERATION);
        }
        if let Some(member) = self.members.get_mut(&id) {
            member.heard(now);
        }
        if self.phase == Phase::Preparing { Err(code::REBALANCE_IN_PROGRESS) } else { Ok(()) }
    }

    /// A member goes. One that has an instance may be named by that alone.
    ///
    /// # Errors
    /// UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID.
    pub(crate) fn leave(&mut self, who: &Who, now: Instant) -> Result<(), i16> {
        if self.given.remove(&who.member_id).is_some() {
            self.gathered(now);
            return Ok(());
        }
        let by_instance = who.instance.as_ref().filter(|_| who.member_id.is_empty());
        let id = match by_instance {
            Some(instance) => self.of_instance(instance).map(str::to_owned),
            None => Some(self.known(who)?),
        };
        let id = id.ok_or(code::UNKNOWN_MEMBER_ID)?;
        self.remove(&id, now);
        Ok(())
    }

    /// Takes a member out and lets the others gather.
    fn remove(&mut self, id: &str, now: Instant) {
        if let Some(member) = self.members.remove(id) {
            // Who waits and is not there any more hears so.
            if let Some(joining) = member.joining {
                let _ = joining.send(Joined::refused(code::UNKNOWN_MEMBER_ID, id));
            }
            if let Some(syncing) = member.syncing {
                let _ = syncing.send(Synced::refused(code::UNKNOWN_MEMBER_ID));
            }
        }
        match self.phase {
            Phase::Stable | Phase::Completing => self.rebalance(now),
            Phase::Preparing => self.gathered(now),
            Phase::Empty => {}
        }
    }

    /// Begins a rebalance.
    pub(super) fn rebalance(&mut self, now: Instant) {
        for member in self.members.values_mut() {
            if let Some(syncing) = member.syncing.take() {
                let _ = syncing.send(Synced::refused(code::REBALANCE_IN_PROGRESS));
                member.heard(now);
            }
        }
        if self.phase != Phase::Preparing {
            self.phase = Phase::Preparing;
            self.rebalance_ends = Some(now + self.longest_rebalance());
        }
        self.gathered(now);
    }

    fn longest_rebalance(&self) -> Duration {
        self.members.values().map(|member| member.rebalance).max().unwrap_or_default()
    }

    /// Goes on when everybody is there.
    pub(super) fn gathered(&mut self, now: Instant) {
        let all = self.members.values().all(|member| member.joining.is_some());
        if self.phase == Phase::Preparing && self.given.is_empty() && all {
            self.begin_generation(now);
        }
    }

    /// Whoever gathered is the next generation. Members with an instance keep their place: their
    /// sessions decide.
    fn begin_generation(&mut self, now: Instant) {
        self.members.retain(|_, member| member.joining.is_some() || member.instance.is_some());
        if self.members.is_empty() {
            (self.phase, self.rebalance_ends) = (Phase::Empty, None);
            (self.protocol, self.leader) = (None, None);
            self.generation = self.generation.wrapping_add(1);
            return;
        }
        let here =
            |id: &String| self.members.get(id).is_some_and(|member| member.joining.is_some());
        let leader = self.leader.clone().filter(here);
        let Some(leader) = leader.or_else(|| self.members.keys().find(|id| here(id)).cloned())
        else {
            // Only members with an instance are left, and none of them came.
            self.rebalance_ends = Some(now + self.longest_rebalance());
            return;
        };
        self.leader = Some(leader);
        self.generation = self.generation.wrapping_add(1).max(1);
        self.protocol = self.choose();
        self.phase = Phase::Completing;
        self.rebalance_ends = Some(now + self.longest_rebalance());
        let ids: Vec<String> = self.members.keys().cloned().collect();
        for id in ids {
            let joined = self.joined(&id);
            if let Some(member) = self.members.get_mut(&id) {
                member.heard(now);
                if let Some(joining) = member.joining.take() {
                    // Nobody listens: its session will tell.
                    let _ = joining.send(joined);
                }
            }
        }
    }

    /// The protocol that most members like best, of those that all know.
    pub(super) fn choose(&self) -> Option<String> {
        let common = |name: &str| self.members.values().all(|member| member.knows(name));
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for member in self.members.values() {
            let best = member.protocols.iter().find(|(name, _)| common(name));
            if let Some((name, _)) = best {
                *votes.entry(name).or_default() += 1;
            }
        }
        votes.into_iter().max_by_key(|(_, votes)| *votes).map(|(name, _)| name.to_owned())
    }

    /// When something ends.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let sessions = self.members.values().filter_map(Member::deadline);
        sessions.chain(self.given.values().copied()).chain(self.rebalance_ends).min()
    }

    /// Ends what is over.
    pub(super) fn expire(&mut self, now: Instant) {
        self.given.retain(|_, until| *until > now);
        let silent = |member: &Member| member.deadline().is_some_and(|ends| ends <= now);
        let gone = self.members.iter().filter(|(_, member)| silent(member));
        let gone: Vec<String> = gone.map(|(id, _)| id.clone()).collect();
        for id in gone {
            self.remove(&id, now);
        }
        self.gathered(now);
        if self.rebalance_ends.is_some_and(|ends| ends <= now) {
            match self.phase {
                Phase::Preparing => {
                    self.given.clear();
                    self.begin_generation(now);
                }
                // The leader did not assign: without those who did not ask, once more.
                Phase::Completing => {
                    self.members.retain(|_, member| member.syncing.is_some());
                    self.rebalance_ends = None;
                    self.rebalance(now);
                }
                Phase::Empty | Phase::Stable => self.rebalance_ends = None,
            }
        }
    }
}
