//! DeleteGroups (42), versions 0-2, for the application's own groups. Rewritten: group ids.

use kafka_protocol::messages::delete_groups_response::DeletableGroupResult;
use kafka_protocol::messages::{DeleteGroupsRequest, DeleteGroupsResponse, GroupId};

use super::{COORDINATOR_LOAD_IN_PROGRESS, INVALID_REQUEST, On, group_id, moved, pass, text};
use crate::kafka::call::{Call, Reply};
use crate::kafka::client::Client;
use crate::upstream::relay::Forward;

/// Most groups of one request: each is deleted by itself.
const GROUPS_MAX: usize = 1_000;

/// Answers DeleteGroups.
pub async fn serve(client: &Client, call: &Call) -> Reply {
    let request = match call.decode::<DeleteGroupsRequest>() {
        Ok(request) => request,
        Err(bad) => return bad.into(),
    };
    let mut away = false;
    let mut results = Vec::with_capacity(request.groups_names.len());
    for (n, asked) in request.groups_names.into_iter().enumerate() {
        let deleted = match n {
            GROUPS_MAX.. => Err(INVALID_REQUEST),
            // The others would be waited for as long.
            _ if away => Err(COORDINATOR_LOAD_IN_PROGRESS),
            _ => delete(client, call, &asked).await,
        };
        away |= matches!(deleted, Err(COORDINATOR_LOAD_IN_PROGRESS));
        let code = deleted.unwrap_or_else(|code| code);
        let result = DeletableGroupResult::default().with_group_id(asked).with_error_code(code);
        results.push(result);
    }
    Reply::message(&DeleteGroupsResponse::default().with_results(results), call.version)
}

async fn delete(client: &Client, call: &Call, asked: &GroupId) -> Result<i16, i16> {
    let group = group_id(client, asked)?;
    let request =
        DeleteGroupsRequest::default().with_groups_names(vec![GroupId(text(group.clone()))]);
    // Sent twice it would find nothing.
    let forward = Forward::new(&request, (0, call.version)).checked(moved_in).once();
    let answer = pass(On { client, call }, &group, forward).await?;
    let result = answer.results.first().ok_or(COORDINATOR_LOAD_IN_PROGRESS)?;
    Ok(result.error_code)
}

fn moved_in(answer: &DeleteGroupsResponse) -> i16 {
    moved(answer.results.iter().map(|result| result.error_code))
}
