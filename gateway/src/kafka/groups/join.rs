//! JoinGroup (11), versions 0-9. Rewritten: the group's id; of consumers also the topics in what
//! members tell each other, in both directions. The coordinator holds the call until all members
//! are there.

use kafka_protocol::messages::{GroupId, JoinGroupRequest, JoinGroupResponse};

use super::{
    GROUP_AUTHORIZATION_FAILED, INVALID_REQUEST, On, group_id, held, names::Names, pass, text,
};
use crate::kafka::call::{Call, Reply};
use crate::kafka::client::Client;
use crate::upstream::relay::{Forward, Wait};

/// The protocol type whose bytes are understood.
pub(super) const CONSUMER: &str = "consumer";
/// Most ways of assigning that a member may offer: clients have one or two.
const PROTOCOLS_MAX: usize = 32;

/// Answers JoinGroup.
pub async fn serve(client: &Client, call: &Call) -> Reply {
    let request = match call.decode::<JoinGroupRequest>() {
        Ok(request) => request,
        Err(bad) => return bad.into(),
    };
    let member = request.member_id.clone();
    let answer = join(client, call, request).await.unwrap_or_else(|code| {
        JoinGroupResponse::default().with_error_code(code).with_member_id(member)
    });
    Reply::message(&answer, call.version)
}

async fn join(
    client: &Client,
    call: &Call,
    mut request: JoinGroupRequest,
) -> Result<JoinGroupResponse, i16> {
    let group = group_id(client, &request.group_id)?;
    if request.protocols.len() > PROTOCOLS_MAX {
        return Err(INVALID_REQUEST);
    }
    let consumer = request.protocol_type.as_str() == CONSUMER;
    let mut names = Names::new(client, &group);
    if consumer {
        for protocol in &mut request.protocols {
            protocol.metadata = names.subscription_in(&protocol.metadata)?;
        }
        if let Some(clash) = names.clash() {
            names.refuse(&clash);
            return Err(GROUP_AUTHORIZATION_FAILED);
        }
    }
    request.group_id = GroupId(text(group.clone()));
    let wait = held(request.rebalance_timeout_ms.max(request.session_timeout_ms));
    // What the versions mean differs (from 4 on a member is sent back for its id): never a higher
    // one than the client speaks.
    let forward = Forward::new(&request, (0, call.version))
        .waiting(Wait::Held(wait))
        .checked(|answer| answer.error_code);
    // Sent again without an id it would be a second member.
    let forward = if request.member_id.is_empty() { forward.once() } else { forward };
    let mut answer = pass(On { client, call }, &group, forward).await?;
    if consumer {
        for member in &mut answer.members {
            member.metadata = names.subscription_out(&member.metadata)?;
        }
    }
    if answer.error_code == 0 {
        let timeout = held(request.session_timeout_ms);
        client.door.groups.joined(&group, &answer.member_id, timeout, consumer);
        client.door.groups.lags.forget(&group);
    }
    answer.throttle_time_ms = 0;
    Ok(answer)
}
