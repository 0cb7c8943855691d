//! OffsetCommit (8), versions 2-9. Rewritten: the group's id, addresses to topics and back. What is
//! not granted is answered with 29 and goes no further; offsets are never changed.

use std::collections::HashSet;

use kafka_protocol::messages::offset_commit_request::OffsetCommitRequestTopic;
use kafka_protocol::messages::offset_commit_response::{
    OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use kafka_protocol::messages::{GroupId, OffsetCommitRequest, OffsetCommitResponse, TopicName};

use super::{On, group_id, moved, names::Names, note_committed, pass, text};
use crate::kafka::call::{Call, Reply};
use crate::kafka::client::Client;
use crate::upstream::relay::Forward;

/// Answers OffsetCommit.
pub async fn serve(client: &Client, call: &Call) -> Reply {
    let request = match call.decode::<OffsetCommitRequest>() {
        Ok(request) => request,
        Err(bad) => return bad.into(),
    };
    let topics = match group_id(client, &request.group_id) {
        Ok(group) => commit(client, call, &group, request).await,
        Err(code) => request.topics.iter().map(|topic| all(topic, code)).collect(),
    };
    let answer = OffsetCommitResponse::default().with_topics(topics);
    Reply::message(&answer, call.version)
}

async fn commit(
    client: &Client,
    call: &Call,
    group: &str,
    mut request: OffsetCommitRequest,
) -> Vec<OffsetCommitResponseTopic> {
    let mut names = Names::new(client, group);
    let topics = std::mem::take(&mut request.topics);
    let (passed, mut answers) = names.admit(topics, |topic| &mut topic.name, all);
    if passed.is_empty() {
        return answers;
    }
    request.group_id = GroupId(text(group.to_owned()));
    request.topics = passed;
    let forward = Forward::new(&request, (2, call.version)).checked(moved_in);
    let committed = match pass(On { client, call }, group, forward).await {
        Ok(answer) => {
            note(client, (group, &names), &request.topics, &answer);
            answer.topics
        }
        Err(code) => request.topics.iter().map(|topic| all(topic, code)).collect(),
    };
    // Only what was asked about, under the address that was used.
    answers.extend(committed.into_iter().filter_map(|mut topic| {
        topic.name = TopicName(text(names.address(&topic.name)?));
        Some(topic)
    }));
    answers
}

/// Remembers what the coordinator took.
fn note(
    client: &Client,
    (group, names): (&str, &Names<'_>),
    asked: &[OffsetCommitRequestTopic],
    answer: &OffsetCommitResponse,
) {
    for topic in asked {
        let Some(address) = names.address(&topic.name) else { continue };
        let outcomes = answer.topics.iter().find(|outcome| outcome.name == topic.name);
        let taken: HashSet<i32> = outcomes
            .into_iter()
            .flat_map(|outcome| &outcome.partitions)
            .filter(|part| part.error_code == 0)
            .map(|part| part.partition_index)
            .collect();
        let offsets =
            topic.partitions.iter().map(|part| (part.partition_index, part.committed_offset));
        let offsets = offsets.filter(|(partition, _)| taken.contains(partition));
        note_committed(client, (group, &address), offsets);
    }
}

fn moved_in(answer: &OffsetCommitResponse) -> i16 {
    let partitions = answer.topics.iter().flat_map(|topic| &topic.partitions);
    moved(partitions.map(|partition| partition.error_code))
}

/// The same code for all partitions of a topic.
fn all(topic: &OffsetCommitRequestTopic, code: i16) -> OffsetCommitResponseTopic {
    let partitions = topic.partitions.iter().map(|partition| {
        OffsetCommitResponsePartition::default()
            .with_partition_index(partition.partition_index)
            .with_error_code(code)
    });
    OffsetCommitResponseTopic::default()
        .with_name(topic.name.clone())
        .with_partitions(partitions.collect())
}
