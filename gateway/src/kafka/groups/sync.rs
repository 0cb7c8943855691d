//! SyncGroup (14), versions 0-5. Rewritten: the group's id; of consumers also the topics in the
//! assignments. The coordinator holds the call until the group's leader has assigned.

use std::time::Duration;

use kafka_protocol::messages::{GroupId, SyncGroupRequest, SyncGroupResponse};

use super::{On, group_id, join::CONSUMER, names::Names, pass, text};
use crate::kafka::call::{Call, Reply};
use crate::kafka::client::Client;
use crate::upstream::relay::{Forward, Wait};

/// How long the leader may take to assign: what Java clients allow a rebalance.
const ASSIGNED_WITHIN: Duration = Duration::from_secs(300);

const REBALANCE_IN_PROGRESS: i16 = 27;

/// Answers SyncGroup.
pub async fn serve(client: &Client, call: &Call) -> Reply {
    let request = match call.decode::<SyncGroupRequest>() {
        Ok(request) => request,
        Err(bad) => return bad.into(),
    };
    let answer = sync(client, call, request).await;
    let answer = answer.unwrap_or_else(|code| SyncGroupResponse::default().with_error_code(code));
    Reply::message(&answer, call.version)
}

async fn sync(
    client: &Client,
    call: &Call,
    mut request: SyncGroupRequest,
) -> Result<SyncGroupResponse, i16> {
    let group = group_id(client, &request.group_id)?;
    let names = Names::new(client, &group);
    // Before version 5 the request does not say: as the member joined, on this replica.
    let consumer = match &request.protocol_type {
        Some(protocol_type) => protocol_type.as_str() == CONSUMER,
        None => client.door.groups.is_consumer(&group, &request.member_id).unwrap_or(true),
    };
    if consumer {
        for assigned in &mut request.assignments {
            assigned.assignment = names.assignment_in(&assigned.assignment)?;
        }
    }
    request.group_id = GroupId(text(group.clone()));
    let forward = Forward::new(&request, (0, call.version))
        .waiting(Wait::Held(ASSIGNED_WITHIN))
        .checked(|answer| answer.error_code);
    // A coordinator that is away has lost the rebalance: members join again, as brokers that load
    // tell them. Java clients take 14 for a fault here.
    let passed = pass(On { client, call }, &group, forward).await;
    let mut answer = passed.map_err(|_| REBALANCE_IN_PROGRESS)?;
    if consumer {
        answer.assignment = names.assignment_out(&answer.assignment)?;
    }
    answer.throttle_time_ms = 0;
    Ok(answer)
}
