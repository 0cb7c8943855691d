//! What members ask for.

use std::time::Duration;

use bytes::Bytes;

/// A member, as it says itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Who {
    /// Its id; empty: it has none yet.
    pub(crate) member_id: String,
    /// Its instance (KIP-345): it comes back as the same member.
    pub(crate) instance: Option<String>,
    /// The generation that it knows.
    pub(crate) generation: i32,
}

/// JoinGroup.
#[derive(Clone, Debug)]
pub(crate) struct Join {
    pub(crate) who: Who,
    pub(crate) client_id: String,
    pub(crate) host: String,
    pub(crate) session: Duration,
    pub(crate) rebalance: Duration,
    pub(crate) protocol_type: String,
    /// Names with what the member says under each, the liked best first.
    pub(crate) protocols: Vec<(String, Bytes)>,
    /// Whether a member without an id is sent back for one first (KIP-394).
    pub(crate) id_first: bool,
    /// Whether a leader can be told to assign nothing (KIP-814).
    pub(crate) may_skip: bool,
}

/// SyncGroup.
#[derive(Clone, Debug)]
pub(crate) struct Sync {
    pub(crate) who: Who,
    pub(crate) protocol_type: Option<String>,
    pub(crate) protocol: Option<String>,
    /// Of the leader: what each member gets.
    pub(crate) assignments: Vec<(String, Bytes)>,
}
