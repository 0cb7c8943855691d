//! Consumer groups: one file for each API. Group ids are the application's own on the cluster, and
//! topics have the names that the client knows, also inside of what members tell each other. Who is
//! a member of what, and what is committed, only the coordinator knows.

use std::time::Duration;

use kafka_protocol::protocol::{Request, StrBytes};

use super::call::Call;
use super::client::Client;
use crate::upstream::relay::{Coordinator, Forward};

pub mod commit;
pub mod committed;
pub mod delete;
pub mod describe;
pub mod heartbeat;
pub mod join;
mod lag;
pub mod leave;
pub mod list;
mod names;
pub mod offset_delete;
mod registry;
pub mod sync;

pub use lag::REPORT_EVERY as LAG_EVERY;
pub(super) use names::Names;
pub use registry::Registry;

pub(super) const COORDINATOR_LOAD_IN_PROGRESS: i16 = 14;
pub(super) const COORDINATOR_NOT_AVAILABLE: i16 = 15;
pub(super) const INVALID_GROUP_ID: i16 = 24;
pub(super) const TOPIC_AUTHORIZATION_FAILED: i16 = 29;
pub(super) const GROUP_AUTHORIZATION_FAILED: i16 = 30;
pub(super) const INVALID_REQUEST: i16 = 42;

/// The longest id of a group or transaction, in bytes: with the application's name before it, it
/// must fit where brokers keep it.
pub(super) const ID_BYTES_MAX: usize = 4_096;
/// What of a client's id is passed on: nobody reads more.
const CLIENT_ID_CHARS_MAX: usize = 255;
/// The longest that a client may let its coordinator hold a call: brokers allow no more.
const HELD_MAX: Duration = Duration::from_secs(1_800);

/// A group's id on the backend cluster.
pub(super) fn group_id(client: &Client, group: &str) -> Result<String, i16> {
    match group.len() {
        1..=ID_BYTES_MAX => Ok(client.group(group)),
        _ => Err(INVALID_GROUP_ID),
    }
}

/// Whose request is served, and which.
#[derive(Clone, Copy)]
pub(super) struct On<'a> {
    pub(super) client: &'a Client,
    pub(super) call: &'a Call,
}

/// What a client calls itself, on the backend cluster: quotas and logs there can tell applications
/// apart, and [`Client::own_group`] gives it back.
pub(super) fn upstream_client_id(client: &Client, call: &Call) -> String {
    let own: String =
        call.client_id.iter().flat_map(|id| id.chars()).take(CLIENT_ID_CHARS_MAX).collect();
    client.group(&own)
}

/// Passes a request to a group's coordinator, in the client's name.
pub(super) async fn pass<Q: Request>(
    on: On<'_>,
    group: &str,
    forward: Forward<'_, Q>,
) -> Result<Q::Response, i16> {
    let On { client, call } = on;
    let name = upstream_client_id(client, call);
    let upstream = client.upstream();
    let answer = upstream.to_coordinator(Coordinator::Group(group), forward.named(&name)).await;
    answer.map_err(|_| COORDINATOR_LOAD_IN_PROGRESS)
}

/// Remembers what a group has committed on a topic that the client knows under this address.
fn note_committed(
    client: &Client,
    (group, address): (&str, &str),
    offsets: impl Iterator<Item = (i32, i64)>,
) {
    let (Some(permit), Some(consumer)) = (client.may_read(address), client.own_group(group)) else {
        return;
    };
    let whose = lag::Whose { group, consumer, grant: permit.grant() };
    client.door.groups.lags.note(&whose, offsets);
}

/// The first code that says that the coordinator is another broker, among those of an answer.
pub(super) fn moved(mut codes: impl Iterator<Item = i16>) -> i16 {
    codes.find(|code| (14..=16).contains(code)).unwrap_or(0)
}

/// How long a coordinator may hold a call for a time-out that a client stated.
fn held(timeout_ms: i32) -> Duration {
    Duration::from_millis(u64::try_from(timeout_ms).unwrap_or(0)).min(HELD_MAX)
}

fn text(text: String) -> StrBytes {
    StrBytes::from_string(text)
}
