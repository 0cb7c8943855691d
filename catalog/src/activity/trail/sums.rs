//! What is summed up within a minute.

use std::collections::BTreeSet;
use std::sync::Arc;

use time::OffsetDateTime;

use super::super::report::{Access, Refusal};
use crate::model::Door;

/// Addresses that are told with one class of refusals.
const ADDRESSES_MAX: usize = 5;

/// Whose refusals, and why.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct RefusalClass {
    pub(super) credential: Option<Arc<str>>,
    pub(super) door: Door,
    pub(super) code: &'static str,
}

/// Refusals of one class.
#[derive(Clone, Debug)]
pub(super) struct RefusedSum {
    pub(super) times: u64,
    pub(super) first_at: OffsetDateTime,
    pub(super) last_at: OffsetDateTime,
    /// What was asked for: the first few, as they were sent.
    pub(super) addresses: BTreeSet<Arc<str>>,
}

impl RefusedSum {
    pub(super) fn new(at: OffsetDateTime) -> Self {
        Self { times: 0, first_at: at, last_at: at, addresses: BTreeSet::new() }
    }

    pub(super) fn add(&mut self, refusal: &Refusal, at: OffsetDateTime) {
        self.times = self.times.saturating_add(1);
        self.last_at = at;
        if let Some(address) = &refusal.address
            && self.addresses.len() < ADDRESSES_MAX
        {
            self.addresses.insert(Arc::clone(address));
        }
    }
}

/// Who uses what, through which door.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Use {
    pub(super) application: Arc<str>,
    pub(super) credential: Arc<str>,
    pub(super) subscription: Arc<str>,
    pub(super) door: Door,
    pub(super) writes: bool,
}

impl Use {
    pub(super) fn of(access: &Access) -> Self {
        Self {
            application: Arc::clone(&access.application),
            credential: Arc::clone(&access.credential),
            subscription: Arc::clone(&access.subscription),
            door: access.door,
            writes: access.writes,
        }
    }
}

/// Uses that began and ended, and what passed in those that ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct UsedSum {
    pub(super) opened: u64,
    pub(super) closed: u64,
    pub(super) events: u64,
    pub(super) bytes: u64,
}

impl UsedSum {
    pub(super) fn add(&mut self, access: &Access) {
        match access.closed {
            None => self.opened = self.opened.saturating_add(1),
            Some((_, events, bytes)) => {
                self.closed = self.closed.saturating_add(1);
                self.events = self.events.saturating_add(events);
                self.bytes = self.bytes.saturating_add(bytes);
            }
        }
    }
}
