//! Getting one's assignment: everybody waits for the leader's.

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::Reply;
use super::ask::Sync;
use super::rebalance::{Group, Phase};
use crate::code;

/// What a member is assigned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Synced {
    pub(crate) code: i16,
    pub(crate) protocol_type: Option<String>,
    pub(crate) protocol: Option<String>,
    pub(crate) assignment: Bytes,
}

impl Synced {
    pub(crate) fn refused(code: i16) -> Synced {
        Synced { code, ..Synced::default() }
    }
}

impl Group {
    /// A member asks for its assignment; the leader brings everybody's.
    pub(crate) fn sync(&mut self, ask: Sync, now: Instant) -> Reply<Synced> {
        let id = match self.may_sync(&ask) {
            Ok(id) => id,
            Err(code) => return Reply::Now(Synced::refused(code)),
        };
        let (syncing, synced) = oneshot::channel();
        if let Some(member) = self.members.get_mut(&id) {
            member.heard(now);
            member.syncing = Some(syncing);
        }
        if self.phase == Phase::Completing && self.leader.as_ref() == Some(&id) {
            for (id, member) in &mut self.members {
                let own = ask.assignments.iter().find(|(of, _)| of == id);
                member.assignment = own.map(|(_, bytes)| bytes.clone()).unwrap_or_default();
            }
            self.phase = Phase::Stable;
            self.rebalance_ends = None;
        }
        if self.phase == Phase::Stable {
            self.hand_out(now);
        }
        Reply::Later(synced)
    }

    fn may_sync(&self, ask: &Sync) -> Result<String, i16> {
        let id = self.known(&ask.who)?;
        if ask.who.generation != self.generation {
            return Err(code::ILLEGAL_GENERATION);
        }
        let other = |said: &Option<String>, own: &Option<String>| said.is_some() && said != own;
        if other(&ask.protocol_type, &self.protocol_type) || other(&ask.protocol, &self.protocol) {
            return Err(code::INCONSISTENT_GROUP_PROTOCOL);
        }
        match self.phase {
            Phase::Empty => Err(code::UNKNOWN_MEMBER_ID),
            Phase::Preparing => Err(code::REBALANCE_IN_PROGRESS),
            Phase::Completing | Phase::Stable => Ok(id),
        }
    }

    fn hand_out(&mut self, now: Instant) {
        for member in self.members.values_mut() {
            if let Some(syncing) = member.syncing.take() {
                member.heard(now);
                // Nobody listens: its session will tell.
                let _ = syncing.send(Synced {
                    code: code::NONE,
                    protocol_type: self.protocol_type.clone(),
                    protocol: self.protocol.clone(),
                    assignment: member.assignment.clone(),
                });
            }
        }
    }
}
