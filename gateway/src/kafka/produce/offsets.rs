//! TxnOffsetCommit (28), versions 0-4: offsets that are committed with a transaction. Rewritten as
//! in OffsetCommit, and the transactional id.

use kafka_protocol::messages::txn_offset_commit_request::TxnOffsetCommitRequestTopic;
use kafka_protocol::messages::txn_offset_commit_response::{
    TxnOffsetCommitResponsePartition, TxnOffsetCommitResponseTopic,
};
use kafka_protocol::messages::{
    GroupId, TopicName, TxnOffsetCommitRequest, TxnOffsetCommitResponse,
};

use kafka_protocol::protocol::StrBytes;

use super::transaction_id;
use crate::kafka::call::{Call, Reply};
use crate::kafka::client::Client;
use crate::kafka::groups::{Names, On, group_id, moved, pass};
use crate::upstream::relay::Forward;

/// Answers TxnOffsetCommit.
pub async fn serve(client: &Client, call: &Call) -> Reply {
    let request = match call.decode::<TxnOffsetCommitRequest>() {
        Ok(request) => request,
        Err(bad) => return bad.into(),
    };
    let id = transaction_id(client, &request.transactional_id);
    let checked = id.and_then(|id| Ok((id, group_id(client, &request.group_id)?)));
    let topics = match checked {
        Ok((id, group)) => {
            commit(On { client, call }, &group, request.with_transactional_id(id)).await
        }
        Err(code) => request.topics.iter().map(|topic| all(topic, code)).collect(),
    };
    let answer = TxnOffsetCommitResponse::default().with_topics(topics);
    Reply::message(&answer, call.version)
}

async fn commit(
    on: On<'_>,
    group: &str,
    mut request: TxnOffsetCommitRequest,
) -> Vec<TxnOffsetCommitResponseTopic> {
    let mut names = Names::new(on.client, group);
    let topics = std::mem::take(&mut request.topics);
    let (passed, mut answers) = names.admit(topics, |topic| &mut topic.name, all);
    if passed.is_empty() {
        return answers;
    }
    request.group_id = GroupId(StrBytes::from_string(group.to_owned()));
    request.topics = passed;
    // Before version 3 an offset could not be fenced by its member: what the client says counts.
    let forward = Forward::new(&request, (0, on.call.version)).checked(moved_in);
    let committed = match pass(on, group, forward).await {
        Ok(answer) => answer.topics,
        Err(code) => request.topics.iter().map(|topic| all(topic, code)).collect(),
    };
    answers.extend(committed.into_iter().filter_map(|mut topic| {
        topic.name = TopicName(StrBytes::from_string(names.address(&topic.name)?));
        Some(topic)
    }));
    answers
}

fn moved_in(answer: &TxnOffsetCommitResponse) -> i16 {
    let partitions = answer.topics.iter().flat_map(|topic| &topic.partitions);
    moved(partitions.map(|partition| partition.error_code))
}

fn all(topic: &TxnOffsetCommitRequestTopic, code: i16) -> TxnOffsetCommitResponseTopic {
    let partitions = topic.partitions.iter().map(|partition| {
        TxnOffsetCommitResponsePartition::default()
            .with_partition_index(partition.partition_index)
            .with_error_code(code)
    });
    TxnOffsetCommitResponseTopic::default()
        .with_name(topic.name.clone())
        .with_partitions(partitions.collect())
}
