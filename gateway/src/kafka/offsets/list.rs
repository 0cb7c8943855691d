//! ListOffsets (2), versions 1-10. Where a plan has a replay window, the log begins where the
//! window does: nothing before it is found, by whatever way it is asked for. The end is the
//! cluster's, which may be a little ahead of what this replica has read: a Fetch there waits.

use std::sync::Arc;

use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafka_protocol::messages::{ListOffsetsRequest, ListOffsetsResponse, TopicName};
use kafka_protocol::protocol::StrBytes;

use super::leaders::{self, Question};
use super::{NOT_ALLOWED, code, in_turns};
use crate::kafka::call::{Call, Reply};
use crate::kafka::client::Client;
use crate::kafka::session::Hurry;
use crate::tail::Window;

/// Names of places in a log, in place of a time.
const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const MAX_TIMESTAMP: i64 = -3;
const EARLIEST_LOCAL: i64 = -4;
const LATEST_TIERED: i64 = -5;

/// First version whose answers say the epoch of an offset.
const EPOCHS_SINCE: i16 = 4;

static QUESTION: Question<ListOffsetsPartition, ListOffsetsRequest, ListOffsetsPartitionResponse> =
    Question {
        versions: (2, 10),
        partition: |part| part.partition_index,
        request: |topic, partitions, isolation| {
            let topic = ListOffsetsTopic::default()
                .with_name(TopicName(StrBytes::from_string(topic.to_owned())))
                .with_partitions(partitions);
            ListOffsetsRequest::default()
                .with_replica_id((-1).into())
                .with_isolation_level(isolation)
                .with_topics(vec![topic])
        },
        answers: |answer| answer.topics.into_iter().flat_map(|topic| topic.partitions).collect(),
        outcome: |part| (part.partition_index, part.error_code),
        failed: |partition, code| {
            ListOffsetsPartitionResponse::default()
                .with_partition_index(partition)
                .with_error_code(code)
        },
    };

/// Answers.
pub async fn serve(client: &Client, call: &Call, hurry: &mut Hurry) -> Reply {
    let request: ListOffsetsRequest = match call.decode() {
        Ok(request) => request,
        Err(bad) => return bad.into(),
    };
    let isolation = request.isolation_level.clamp(0, 1);
    let mut topics = in_turns(request.topics, |topic| list(client, topic, isolation)).await;
    let parts = || topics.iter().flat_map(|topic| &topic.partitions);
    if parts().any(|part| part.error_code != 0) {
        hurry.hold_errors().await;
    }
    if call.version < EPOCHS_SINCE {
        let parts = topics.iter_mut().flat_map(|topic| &mut topic.partitions);
        parts.for_each(|part| part.leader_epoch = -1);
    }
    Reply::message(&ListOffsetsResponse::default().with_topics(topics), call.version)
}

async fn list(client: &Client, topic: ListOffsetsTopic, isolation: i8) -> ListOffsetsTopicResponse {
    let ListOffsetsTopic { name, mut partitions, .. } = topic;
    let answer = ListOffsetsTopicResponse::default().with_name(name.clone());
    let (real, window) = match stands_on(client, &name).await {
        Ok(found) => found,
        Err(code) => {
            let fail = |part: &ListOffsetsPartition| (QUESTION.failed)(part.partition_index, code);
            return answer.with_partitions(partitions.iter().map(fail).collect());
        }
    };
    // The epochs that the client knows are not checked: leadership is not its business here.
    partitions.iter_mut().for_each(|part| part.current_leader_epoch = -1);
    let asked = (partitions.clone(), isolation);
    let mut found = leaders::ask(&client.upstream(), &real, asked, &QUESTION).await;
    if let Some(window) = window {
        let starts = window.starts();
        for part in &mut found {
            let index = part.partition_index;
            let start = usize::try_from(index).ok().and_then(|index| starts.get(index));
            let asked = partitions.iter().find(|asked| asked.partition_index == index);
            if let (Some(start), Some(asked)) = (start, asked) {
                fit(part, asked.timestamp, *start);
            }
        }
    }
    answer.with_partitions(found)
}

/// The real topic behind a name, and the plan's replay window on it.
async fn stands_on(client: &Client, name: &str) -> Result<(String, Option<Arc<Window>>), i16> {
    let permit = client.permit(name).map_err(|_| NOT_ALLOWED)?;
    let grant = permit.grant();
    let real = &grant.endpoint.spec.topic;
    let Some(length) = grant.replay_window else {
        return Ok((real.clone(), None));
    };
    let topic = client.door.tails.open(&grant.cluster, real).await;
    let topic = topic.map_err(|error| code(&error))?;
    let window = topic.window(length).await.map_err(|error| code(&error))?;
    Ok((real.clone(), Some(window)))
}

/// Makes the log begin at `start`.
fn fit(part: &mut ListOffsetsPartitionResponse, asked: i64, start: i64) {
    if part.error_code != 0 || part.offset >= start {
        return;
    }
    part.leader_epoch = -1;
    match asked {
        EARLIEST | EARLIEST_LOCAL => part.offset = start,
        // The end cannot be before the window's beginning for long: the log was cut.
        LATEST | LATEST_TIERED => {}
        // It is hidden: as if there were no record.
        MAX_TIMESTAMP => (part.offset, part.timestamp) = (-1, -1),
        // A record at or after that time; -1 is none.
        time if part.offset >= 0 => (part.offset, part.timestamp) = (start, time),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(asked: i64, offset: i64) -> (i64, i64) {
        let mut part =
            ListOffsetsPartitionResponse::default().with_offset(offset).with_timestamp(70);
        fit(&mut part, asked, 100);
        (part.offset, part.timestamp)
    }

    #[test]
    fn nothing_before_the_window_is_found() {
        assert_eq!(fitted(EARLIEST, 5).0, 100);
        assert_eq!(fitted(EARLIEST_LOCAL, 5).0, 100);
        assert_eq!(fitted(EARLIEST, 500).0, 500);
        assert_eq!(fitted(MAX_TIMESTAMP, 5), (-1, -1));
        assert_eq!(fitted(60, 5), (100, 60));
        assert_eq!(fitted(60, 101), (101, 70));
        assert_eq!(fitted(60, -1).0, -1, "no record that late stays none");
        assert_eq!(fitted(LATEST_TIERED, -1).0, -1);
    }

    #[test]
    fn errors_stay_errors() {
        let mut part = (QUESTION.failed)(3, 5);
        fit(&mut part, EARLIEST, 100);
        assert_eq!((part.offset, part.error_code), (-1, 5));
    }
}
