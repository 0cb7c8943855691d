//! What a group has committed, and what open transactions have committed to it.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::ask::Who;
use super::rebalance::{Group, Phase};
use crate::code;
use crate::limits::{METADATA_BYTES_MAX, OFFSETS_MAX};

/// A committed offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Committed {
    pub(crate) offset: i64,
    pub(crate) leader_epoch: i32,
    pub(crate) metadata: String,
}

/// A topic and a partition.
type Place = (String, i32);

/// Offsets of a group.
#[derive(Debug, Default)]
pub(super) struct Offsets {
    committed: BTreeMap<Place, Committed>,
    /// By producer id, until its transaction ends.
    pending: BTreeMap<i64, BTreeMap<Place, Committed>>,
}

impl Group {
    /// Whether somebody may commit: a member of this generation, or anybody while there are none.
    ///
    /// # Errors
    /// UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS.
    pub(crate) fn may_commit(&mut self, who: &Who, now: Instant) -> Result<(), i16> {
        if who.generation < 0 && who.member_id.is_empty() && self.phase == Phase::Empty {
            return Ok(());
        }
        let id = self.known(who)?;
        if who.generation != self.generation {
            return Err(code::ILLEGAL_GENERATION);
        }
        if let Some(member) = self.members.get_mut(&id) {
            member.heard(now);
        }
        if self.phase == Phase::Completing { Err(code::REBALANCE_IN_PROGRESS) } else { Ok(()) }
    }

    /// Whether a producer may commit in its transaction: who says nothing of a member is believed.
    ///
    /// # Errors
    /// As [`Self::may_commit`].
    pub(crate) fn may_commit_in_transaction(&mut self, who: &Who, now: Instant) -> Result<(), i16> {
        let silent = who.generation < 0 && who.member_id.is_empty() && who.instance.is_none();
        if silent { Ok(()) } else { self.may_commit(who, now) }
    }

    /// Commits an offset; in a producer's transaction when there is one.
    ///
    /// # Errors
    /// OFFSET_METADATA_TOO_LARGE, INVALID_COMMIT_OFFSET_SIZE.
    pub(crate) fn commit(
        &mut self,
        place: Place,
        committed: Committed,
        producer_id: Option<i64>,
    ) -> Result<(), i16> {
        if committed.metadata.len() > METADATA_BYTES_MAX {
            return Err(code::OFFSET_METADATA_TOO_LARGE);
        }
        let pending: usize = self.offsets.pending.values().map(BTreeMap::len).sum();
        if self.offsets.committed.len() + pending >= OFFSETS_MAX {
            return Err(code::INVALID_COMMIT_OFFSET_SIZE);
        }
        let offsets = &mut self.offsets;
        match producer_id {
            None => offsets.committed.insert(place, committed),
            Some(id) => offsets.pending.entry(id).or_default().insert(place, committed),
        };
        Ok(())
    }

    /// The offset committed for a topic-partition.
    pub(crate) fn committed(&self, topic: &str, partition: i32) -> Option<&Committed> {
        self.offsets.committed.get(&(topic.to_owned(), partition))
    }

    /// All committed offsets, by topic and partition.
    pub(crate) fn all_committed(&self) -> impl Iterator<Item = (&str, i32, &Committed)> {
        let all = self.offsets.committed.iter();
        all.map(|((topic, partition), committed)| (topic.as_str(), *partition, committed))
    }

    /// Whether an open transaction will decide what is committed for a topic-partition.
    pub(crate) fn is_undecided(&self, topic: &str, partition: i32) -> bool {
        let place = (topic.to_owned(), partition);
        self.offsets.pending.values().any(|pending| pending.contains_key(&place))
    }

    /// Forgets the offset of a topic-partition.
    pub(crate) fn uncommit(&mut self, topic: &str, partition: i32) {
        self.offsets.committed.remove(&(topic.to_owned(), partition));
    }

    pub(super) fn forget_topic(&mut self, topic: &str) {
        self.offsets.committed.retain(|(of, _), _| of != topic);
        for pending in self.offsets.pending.values_mut() {
            pending.retain(|(of, _), _| of != topic);
        }
    }

    pub(super) fn end_transaction(&mut self, producer_id: i64, commit: bool) {
        let pending = self.offsets.pending.remove(&producer_id).unwrap_or_default();
        if commit {
            self.offsets.committed.extend(pending);
        }
    }
}
