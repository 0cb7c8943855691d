//! Consumer groups as their coordinator sees them (the classic protocol): who is a member, whose
//! turn it is, what was committed. Pure: times are given, and who waits holds a receiver.

mod ask;
mod join;
mod member;
mod offsets;
mod rebalance;
mod sync;

use std::collections::BTreeMap;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::code;
use crate::limits::GROUPS_MAX;

pub(crate) use ask::{Join, Sync, Who};
pub(crate) use join::Joined;
pub(crate) use member::Member;
pub(crate) use offsets::Committed;
pub(crate) use rebalance::{Group, Phase};
pub(crate) use sync::Synced;

/// An answer, now or when others have come.
#[derive(Debug)]
pub(crate) enum Reply<T> {
    Now(T),
    Later(oneshot::Receiver<T>),
}

/// All groups, by their ids.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    all: BTreeMap<String, Group>,
}

impl Groups {
    pub(crate) fn get(&self, id: &str) -> Option<&Group> {
        self.all.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Group> {
        self.all.get_mut(id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Group)> {
        self.all.iter().map(|(id, group)| (id.as_str(), group))
    }

    /// A group, made if need be.
    ///
    /// # Errors
    /// INVALID_GROUP_ID for an empty id; GROUP_MAX_SIZE_REACHED when there are too many.
    pub(crate) fn obtain(&mut self, id: &str) -> Result<&mut Group, i16> {
        if id.is_empty() {
            return Err(code::INVALID_GROUP_ID);
        }
        if self.all.len() >= GROUPS_MAX && !self.all.contains_key(id) {
            return Err(code::GROUP_MAX_SIZE_REACHED);
        }
        Ok(self.all.entry(id.to_owned()).or_default())
    }

    /// Deletes a group that has no members.
    ///
    /// # Errors
    /// GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP.
    pub(crate) fn delete(&mut self, id: &str) -> Result<(), i16> {
        let group = self.all.get(id).ok_or(code::GROUP_ID_NOT_FOUND)?;
        if group.phase() != Phase::Empty {
            return Err(code::NON_EMPTY_GROUP);
        }
        self.all.remove(id);
        Ok(())
    }

    /// Forgets what was committed for a topic that is gone.
    pub(crate) fn forget_topic(&mut self, topic: &str) {
        for group in self.all.values_mut() {
            group.forget_topic(topic);
        }
    }

    /// Ends what a producer's transaction committed to a group.
    pub(crate) fn end_transaction(&mut self, id: &str, producer_id: i64, commit: bool) {
        if let Some(group) = self.all.get_mut(id) {
            group.end_transaction(producer_id, commit);
        }
    }

    /// When the next session or rebalance ends.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.all.values().filter_map(Group::deadline).min()
    }

    /// Ends what is over.
    pub(crate) fn expire(&mut self, now: Instant) {
        for group in self.all.values_mut() {
            group.expire(now);
        }
    }
}

#[cfg(test)]
mod tests;
