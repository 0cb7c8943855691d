//! Heartbeat (12), versions 0-4. Rewritten: the group's id. While the coordinator moves or is away,
//! members are told that all is well, as a coordinator that still loads does: clients that hear of
//! a move leave the group and join again.

use kafka_protocol::messages::{GroupId, HeartbeatRequest, HeartbeatResponse};
use tokio::time::timeout;

use super::{COORDINATOR_NOT_AVAILABLE, On, group_id, pass, text};
use crate::kafka::call::{Call, Reply};
use crate::kafka::client::Client;
use crate::upstream::relay::Forward;

/// Answers Heartbeat.
pub async fn serve(client: &Client, call: &Call) -> Reply {
    let request = match call.decode::<HeartbeatRequest>() {
        Ok(request) => request,
        Err(bad) => return bad.into(),
    };
    let code = beat(client, call, request).await.unwrap_or_else(|code| code);
    Reply::message(&HeartbeatResponse::default().with_error_code(code), call.version)
}

async fn beat(client: &Client, call: &Call, mut request: HeartbeatRequest) -> Result<i16, i16> {
    let group = group_id(client, &request.group_id)?;
    request.group_id = GroupId(text(group.clone()));
    let forward = Forward::new(&request, (0, call.version)).checked(|answer| answer.error_code);
    let within = client.door.groups.heartbeat_within(&group, &request.member_id);
    let passed = timeout(within, pass(On { client, call }, &group, forward)).await;
    match passed.unwrap_or(Err(COORDINATOR_NOT_AVAILABLE)) {
        Ok(answer) => {
            client.door.groups.heard(&group, &request.member_id);
            client.door.groups.lags.heard(&group);
            Ok(answer.error_code)
        }
        Err(_) if client.door.groups.may_wait(&group, &request.member_id) => Ok(0),
        // Not 14: Java clients take that for a fault.
        Err(_) => Err(COORDINATOR_NOT_AVAILABLE),
    }
}
