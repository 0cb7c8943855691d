//! LeaveGroup (13), versions 0-5. Rewritten: the group's id.

use kafka_protocol::messages::{GroupId, LeaveGroupRequest, LeaveGroupResponse};

use super::{On, group_id, pass, text};
use crate::kafka::call::{Call, Reply};
use crate::kafka::client::Client;
use crate::upstream::relay::Forward;

/// Answers LeaveGroup.
pub async fn serve(client: &Client, call: &Call) -> Reply {
    let request = match call.decode::<LeaveGroupRequest>() {
        Ok(request) => request,
        Err(bad) => return bad.into(),
    };
    let answer = leave(client, call, request).await;
    let answer = answer.unwrap_or_else(|code| LeaveGroupResponse::default().with_error_code(code));
    Reply::message(&answer, call.version)
}

async fn leave(
    client: &Client,
    call: &Call,
    mut request: LeaveGroupRequest,
) -> Result<LeaveGroupResponse, i16> {
    let group = group_id(client, &request.group_id)?;
    request.group_id = GroupId(text(group.clone()));
    // Up to version 2 one member by itself, from 3 on a list: the two do not convert.
    let versions = if call.version < 3 { (0, call.version) } else { (3, call.version) };
    let forward = Forward::new(&request, versions).checked(|answer| answer.error_code);
    let mut answer = pass(On { client, call }, &group, forward).await?;
    let listed = request.members.iter().map(|member| &member.member_id);
    for member in listed.chain([&request.member_id]) {
        client.door.groups.left(&group, member);
    }
    answer.throttle_time_ms = 0;
    Ok(answer)
}
