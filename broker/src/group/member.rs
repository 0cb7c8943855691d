//! One member of a group.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::join::Joined;
use super::sync::Synced;

/// A member.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) instance: Option<String>,
    pub(crate) client_id: String,
    pub(crate) host: String,
    pub(super) session: Duration,
    pub(super) rebalance: Duration,
    pub(super) protocols: Vec<(String, Bytes)>,
    pub(crate) assignment: Bytes,
    /// It waits for the group to gather.
    pub(super) joining: Option<oneshot::Sender<Joined>>,
    /// It waits for its assignment.
    pub(super) syncing: Option<oneshot::Sender<Synced>>,
    /// Its session ends then, unless it is heard from.
    pub(super) ends: Instant,
}

impl Member {
    /// It was heard from.
    pub(super) fn heard(&mut self, now: Instant) {
        self.ends = now + self.session;
    }

    /// When its session ends; who waits is there.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let waits = self.joining.is_some() || self.syncing.is_some();
        (!waits).then_some(self.ends)
    }

    /// What it says under a protocol.
    pub(crate) fn metadata(&self, protocol: &str) -> Bytes {
        let found = self.protocols.iter().find(|(name, _)| name == protocol);
        found.map(|(_, metadata)| metadata.clone()).unwrap_or_default()
    }

    pub(super) fn knows(&self, protocol: &str) -> bool {
        self.protocols.iter().any(|(name, _)| name == protocol)
    }
}
