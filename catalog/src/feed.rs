//! What changed lately, for those who follow the catalog: bounded, and told as it happens.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::{
    audit::verb_of,
    model::Kind,
    resources::{Difference, Resources},
};

/// Versions that are remembered: who was away for longer reads everything anew.
const VERSIONS_MAX: usize = 1_000;

/// What one version of the catalog changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The version.
    pub version: u64,
    /// The resources that it changed.
    pub resources: Vec<ChangedResource>,
}

/// A resource that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedResource {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// What happened, in the audit's words.
    pub what: &'static str,
}

/// The versions since one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// What each of them changed, the oldest first.
    Changes(Vec<Arc<Changed>>),
    /// They are not remembered any more: read everything anew. The version now.
    Forgotten(u64),
}

/// The latest versions.
pub(crate) struct Feed {
    state: Mutex<State>,
    latest: watch::Sender<u64>,
}

struct State {
    /// The version before the first that is remembered.
    begins_after: u64,
    changes: VecDeque<Arc<Changed>>,
}

impl Feed {
    /// Nothing is remembered of the versions up to `version`.
    pub(crate) fn new(version: u64) -> Self {
        let state = State { begins_after: version, changes: VecDeque::new() };
        Self { state: Mutex::new(state), latest: watch::Sender::new(version) }
    }

    /// Remembers a version, and tells those who follow.
    pub(crate) fn push(&self, version: u64, before: &Resources, after: &Resources) {
        let changed = Changed { version, resources: differences(before, after) };
        let mut state = self.state.lock();
        if state.changes.len() >= VERSIONS_MAX
            && let Some(oldest) = state.changes.pop_front()
        {
            state.begins_after = oldest.version;
        }
        state.changes.push_back(Arc::new(changed));
        drop(state);
        self.latest.send_replace(version);
    }

    /// What changed after a version.
    pub(crate) fn since(&self, version: u64) -> Since {
        let state = self.state.lock();
        let latest = state.changes.back().map_or(state.begins_after, |last| last.version);
        if version < state.begins_after || version > latest {
            return Since::Forgotten(latest);
        }
        let newer = state.changes.iter().filter(|changed| changed.version > version);
        Since::Changes(newer.cloned().collect())
    }

    /// Tells the latest version as it rises.
    pub(crate) fn latest(&self) -> watch::Receiver<u64> {
        self.latest.subscribe()
    }
}

/// The resources that differ.
fn differences(before: &Resources, after: &Resources) -> Vec<ChangedResource> {
    let differ = after.differences(before).filter(|one| one.before != one.after);
    let changed = differ.map(|Difference { kind, name, before, after }| {
        let what = after.map_or("deleted", |after| verb_of(before, after));
        ChangedResource { kind, name: name.to_string(), what }
    });
    changed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_away_for_long_is_told_to_begin_anew() {
        let feed = Feed::new(7);
        let nothing = Resources::default();
        assert_eq!(feed.since(7), Since::Changes(Vec::new()));
        assert_eq!(feed.since(6), Since::Forgotten(7), "nothing is known of 7");
        assert_eq!(feed.since(9), Since::Forgotten(7), "another catalog's version");
        let mut latest = feed.latest();
        for version in 8..=1_007 {
            feed.push(version, &nothing, &nothing);
        }
        assert!(latest.has_changed().is_ok_and(|changed| changed));
        assert_eq!(*latest.borrow_and_update(), 1_007);
        let count = |since| match feed.since(since) {
            Since::Changes(changes) => Some(changes.len()),
            Since::Forgotten(_) => None,
        };
        assert_eq!((count(7), count(1_000), count(1_007)), (Some(1_000), Some(7), Some(0)));
        feed.push(1_008, &nothing, &nothing);
        assert_eq!((count(7), count(8)), (None, Some(1_000)));
    }
}
