//! ListGroups (16), versions 0-5: the application's own groups on all brokers; of others nothing.

use kafka_protocol::messages::{GroupId, ListGroupsRequest, ListGroupsResponse};

use super::{COORDINATOR_NOT_AVAILABLE, text, upstream_client_id};
use crate::kafka::call::{Call, Reply};
use crate::kafka::client::Client;
use crate::upstream::relay::Forward;

/// Versions that are the first to filter by state and by type.
const STATES_SINCE: i16 = 4;
const TYPES_SINCE: i16 = 5;

/// Answers ListGroups.
pub async fn serve(client: &Client, call: &Call) -> Reply {
    let request = match call.decode::<ListGroupsRequest>() {
        Ok(request) => request,
        Err(bad) => return bad.into(),
    };
    let answer = list(client, call, &request).await;
    Reply::message(&answer, call.version)
}

async fn list(client: &Client, call: &Call, request: &ListGroupsRequest) -> ListGroupsResponse {
    let lowest = match (request.types_filter.is_empty(), request.states_filter.is_empty()) {
        (false, _) => TYPES_SINCE,
        (true, false) => STATES_SINCE,
        (true, true) => 0,
    };
    let name = upstream_client_id(client, call);
    let forward = Forward::new(request, (lowest, call.version)).named(&name);
    let mut answer = ListGroupsResponse::default();
    let Ok(listed) = client.upstream().to_every(forward).await else {
        answer.error_code = COORDINATOR_NOT_AVAILABLE;
        return answer;
    };
    for of_broker in listed {
        if of_broker.error_code != 0 {
            answer.error_code = of_broker.error_code;
        }
        answer.groups.extend(of_broker.groups.into_iter().filter_map(|mut group| {
            let own = client.own_group(&group.group_id)?.to_owned();
            group.group_id = GroupId(text(own));
            Some(group)
        }));
    }
    answer
}
