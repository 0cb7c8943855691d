//! Joining a group: the first call of a member, and of everybody in each rebalance.

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::time::Instant;
use uuid::Uuid;

use super::Reply;
use super::ask::Join;
use super::member::Member;
use super::rebalance::{Group, Phase};
use super::sync::Synced;
use crate::code;
use crate::limits::{MEMBERS_MAX, SESSION_MAX, SESSION_MIN};

/// What a member hears when the group has gathered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Joined {
    pub(crate) code: i16,
    pub(crate) generation: i32,
    pub(crate) protocol_type: Option<String>,
    pub(crate) protocol: Option<String>,
    pub(crate) leader: String,
    /// The leader need assign nothing.
    pub(crate) skips: bool,
    pub(crate) member_id: String,
    /// To the leader: ids, instances, and what each says.
    pub(crate) members: Vec<(String, Option<String>, Bytes)>,
}

impl Joined {
    pub(crate) fn refused(code: i16, member_id: &str) -> Joined {
        Joined { code, generation: -1, member_id: member_id.to_owned(), ..Joined::default() }
    }
}

impl Group {
    /// A member joins, or joins again.
    pub(crate) fn join(&mut self, ask: Join, now: Instant) -> Reply<Joined> {
        let member_id = ask.who.member_id.clone();
        match self.admit(ask, now) {
            Ok(reply) => reply,
            Err(code) => Reply::Now(Joined::refused(code, &member_id)),
        }
    }

    fn admit(&mut self, ask: Join, now: Instant) -> Result<Reply<Joined>, i16> {
        if !(SESSION_MIN..=SESSION_MAX).contains(&ask.session) {
            return Err(code::INVALID_SESSION_TIMEOUT);
        }
        self.check_protocols(&ask)?;
        if ask.who.member_id.is_empty() {
            let instance = ask.who.instance.clone();
            let before = instance.and_then(|instance| self.of_instance(&instance));
            return match before.map(str::to_owned) {
                Some(before) => Ok(self.replace(&before, ask, now)),
                None => self.newcomer(ask, now),
            };
        }
        if self.given.remove(&ask.who.member_id).is_some() {
            let id = ask.who.member_id.clone();
            return Ok(self.enter(id, ask, now));
        }
        let id = self.known(&ask.who)?;
        Ok(self.rejoin(&id, ask, now))
    }

    /// One protocol must be everybody's.
    fn check_protocols(&self, ask: &Join) -> Result<(), i16> {
        let none = ask.protocol_type.is_empty() || ask.protocols.is_empty();
        let others = self.members.iter().filter(|(id, member)| {
            let same = member.instance.is_some() && member.instance == ask.who.instance;
            **id != ask.who.member_id && !same
        });
        let others: Vec<_> = others.map(|(_, member)| member).collect();
        let common =
            ask.protocols.iter().any(|(name, _)| others.iter().all(|member| member.knows(name)));
        let another = !others.is_empty() && self.protocol_type() != ask.protocol_type;
        let wrong = none || another || !common;
        if wrong { Err(code::INCONSISTENT_GROUP_PROTOCOL) } else { Ok(()) }
    }

    fn newcomer(&mut self, ask: Join, now: Instant) -> Result<Reply<Joined>, i16> {
        if self.members.len() + self.given.len() >= MEMBERS_MAX {
            return Err(code::GROUP_MAX_SIZE_REACHED);
        }
        let named = ask.who.instance.as_ref().unwrap_or(&ask.client_id);
        let id = format!("{named}-{}", Uuid::from_u128(rand::random()));
        if ask.id_first && ask.who.instance.is_none() {
            self.given.insert(id.clone(), now + ask.session);
            return Ok(Reply::Now(Joined::refused(code::MEMBER_ID_REQUIRED, &id)));
        }
        Ok(self.enter(id, ask, now))
    }

    /// A member that was not there.
    fn enter(&mut self, id: String, ask: Join, now: Instant) -> Reply<Joined> {
        let (joining, joined) = oneshot::channel();
        if self.members.is_empty() {
            self.protocol_type = Some(ask.protocol_type);
        }
        let member = Member {
            instance: ask.who.instance,
            client_id: ask.client_id,
            host: ask.host,
            session: ask.session,
            rebalance: ask.rebalance.min(SESSION_MAX),
            protocols: ask.protocols,
            assignment: Bytes::new(),
            joining: Some(joining),
            syncing: None,
            ends: now + ask.session,
        };
        self.members.insert(id, member);
        self.rebalance(now);
        Reply::Later(joined)
    }

    /// A member that is there.
    fn rejoin(&mut self, id: &str, ask: Join, now: Instant) -> Reply<Joined> {
        let leads = self.leader.as_deref() == Some(id);
        let Some(member) = self.members.get_mut(id) else {
            return Reply::Now(Joined::refused(code::UNKNOWN_MEMBER_ID, id));
        };
        let same = member.protocols == ask.protocols;
        member.protocols = ask.protocols;
        member.session = ask.session;
        member.rebalance = ask.rebalance.min(SESSION_MAX);
        member.heard(now);
        let current = match self.phase {
            // It asks again for what it did not hear.
            Phase::Completing => same,
            Phase::Stable => same && !leads,
            Phase::Empty | Phase::Preparing => false,
        };
        if current {
            return Reply::Now(self.joined(id));
        }
        self.wait(id, now)
    }

    fn wait(&mut self, id: &str, now: Instant) -> Reply<Joined> {
        let (joining, joined) = oneshot::channel();
        if let Some(member) = self.members.get_mut(id) {
            member.joining = Some(joining);
        }
        self.rebalance(now);
        Reply::Later(joined)
    }

    /// A member with an instance comes back under another id (KIP-345): who had the old one is
    /// fenced, its assignment stays.
    fn replace(&mut self, before: &str, ask: Join, now: Instant) -> Reply<Joined> {
        let Some(mut member) = self.members.remove(before) else {
            return Reply::Now(Joined::refused(code::UNKNOWN_MEMBER_ID, before));
        };
        if let Some(joining) = member.joining.take() {
            let _ = joining.send(Joined::refused(code::FENCED_INSTANCE_ID, before));
        }
        if let Some(syncing) = member.syncing.take() {
            let _ = syncing.send(Synced::refused(code::FENCED_INSTANCE_ID));
        }
        member.protocols = ask.protocols;
        member.session = ask.session;
        member.rebalance = ask.rebalance.min(SESSION_MAX);
        member.heard(now);
        let instance = member.instance.clone().unwrap_or_default();
        let id = format!("{instance}-{}", Uuid::from_u128(rand::random()));
        self.members.insert(id.clone(), member);
        let led = self.leader.as_deref() == Some(before);
        if led {
            self.leader = Some(id.clone());
        }
        if self.phase != Phase::Stable || self.choose() != self.protocol {
            return self.wait(&id, now);
        }
        let mut joined = self.joined(&id);
        if led && ask.may_skip {
            joined.skips = true;
        } else if led {
            // Older clients assign when they are the leader: they hear of another.
            before.clone_into(&mut joined.leader);
            joined.members.clear();
        }
        Reply::Now(joined)
    }

    /// What a member hears of the generation.
    pub(super) fn joined(&self, id: &str) -> Joined {
        let leader = self.leader.clone().unwrap_or_default();
        let protocol = self.protocol();
        let members = self.members.iter().filter(|_| leader == id);
        let members = members
            .map(|(id, member)| (id.clone(), member.instance.clone(), member.metadata(protocol)));
        Joined {
            code: code::NONE,
            generation: self.generation,
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol.clone(),
            members: members.collect(),
            skips: false,
            member_id: id.to_owned(),
            leader,
        }
    }
}
