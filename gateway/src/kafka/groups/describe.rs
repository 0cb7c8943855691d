//! DescribeGroups (15), versions 0-6, for the application's own groups. Rewritten: group ids,
//! client ids, the topics in what members tell each other; blanked: where members seem to come from
//! (it is the gateway) and what brokers say in words.

use kafka_protocol::messages::describe_groups_response::DescribedGroup;
use kafka_protocol::messages::{DescribeGroupsRequest, DescribeGroupsResponse, GroupId};
use kafka_protocol::protocol::StrBytes;

use super::{
    COORDINATOR_LOAD_IN_PROGRESS, INVALID_REQUEST, On, group_id, join::CONSUMER, moved,
    names::Names, pass, text,
};
use crate::kafka::call::{Call, Reply};
use crate::kafka::client::Client;
use crate::upstream::relay::Forward;

/// Most groups of one request: each is asked about by itself.
const GROUPS_MAX: usize = 1_000;
/// "Not asked for": what the gateway may do there is nobody's business.
const NO_OPERATIONS: i32 = i32::MIN;

/// Answers DescribeGroups.
pub async fn serve(client: &Client, call: &Call) -> Reply {
    let request = match call.decode::<DescribeGroupsRequest>() {
        Ok(request) => request,
        Err(bad) => return bad.into(),
    };
    let mut away = false;
    let mut groups = Vec::with_capacity(request.groups.len());
    for (n, asked) in request.groups.into_iter().enumerate() {
        let described = match n {
            GROUPS_MAX.. => Err(INVALID_REQUEST),
            // The others would be waited for as long.
            _ if away => Err(COORDINATOR_LOAD_IN_PROGRESS),
            _ => describe(client, call, &asked).await,
        };
        away |= matches!(described, Err(COORDINATOR_LOAD_IN_PROGRESS));
        let described = described.unwrap_or_else(|code| {
            DescribedGroup::default()
                .with_error_code(code)
                .with_authorized_operations(NO_OPERATIONS)
        });
        groups.push(described.with_group_id(asked));
    }
    Reply::message(&DescribeGroupsResponse::default().with_groups(groups), call.version)
}

async fn describe(client: &Client, call: &Call, asked: &GroupId) -> Result<DescribedGroup, i16> {
    let group = group_id(client, asked)?;
    let names = Names::new(client, &group);
    let request = DescribeGroupsRequest::default().with_groups(vec![GroupId(text(group.clone()))]);
    let forward = Forward::new(&request, (0, call.version)).checked(moved_in);
    let answer = pass(On { client, call }, &group, forward).await?;
    let described = answer.groups.into_iter().next();
    let mut described = described.ok_or(COORDINATOR_LOAD_IN_PROGRESS)?;
    let consumer = described.protocol_type.as_str() == CONSUMER;
    for member in &mut described.members {
        let client_id = client.own_group(&member.client_id).unwrap_or_default().to_owned();
        member.client_id = text(client_id);
        member.client_host = StrBytes::new();
        if consumer {
            member.member_metadata = names.subscription_out(&member.member_metadata)?;
            member.member_assignment = names.assignment_out(&member.member_assignment)?;
        }
    }
    described.error_message = None;
    described.authorized_operations = NO_OPERATIONS;
    Ok(described)
}

fn moved_in(answer: &DescribeGroupsResponse) -> i16 {
    moved(answer.groups.iter().map(|group| group.error_code))
}
