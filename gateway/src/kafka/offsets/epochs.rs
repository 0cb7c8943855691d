//! OffsetForLeaderEpoch (23), versions 2-4: where an epoch ends, by which clients find out that a
//! log was cut. Epochs are the cluster's own everywhere, so they pass as they are.

use kafka_protocol::messages::offset_for_leader_epoch_request::{
    OffsetForLeaderPartition, OffsetForLeaderTopic,
};
use kafka_protocol::messages::offset_for_leader_epoch_response::{
    EpochEndOffset, OffsetForLeaderTopicResult,
};
use kafka_protocol::messages::{
    OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, TopicName,
};
use kafka_protocol::protocol::StrBytes;

use super::leaders::{self, Question};
use super::{in_turns, real_topic};
use crate::kafka::call::{Call, Reply};
use crate::kafka::client::Client;
use crate::kafka::session::Hurry;

static QUESTION: Question<OffsetForLeaderPartition, OffsetForLeaderEpochRequest, EpochEndOffset> =
    Question {
        versions: (2, 4),
        partition: |part| part.partition,
        request: |topic, partitions, _| {
            let topic = OffsetForLeaderTopic::default()
                .with_topic(TopicName(StrBytes::from_string(topic.to_owned())))
                .with_partitions(partitions);
            OffsetForLeaderEpochRequest::default().with_topics(vec![topic])
        },
        answers: |answer| answer.topics.into_iter().flat_map(|topic| topic.partitions).collect(),
        outcome: |part| (part.partition, part.error_code),
        failed: |partition, code| {
            EpochEndOffset::default().with_partition(partition).with_error_code(code)
        },
    };

/// Answers.
pub async fn serve(client: &Client, call: &Call, hurry: &mut Hurry) -> Reply {
    let request: OffsetForLeaderEpochRequest = match call.decode() {
        Ok(request) => request,
        Err(bad) => return bad.into(),
    };
    let topics = in_turns(request.topics, |topic| ends(client, topic)).await;
    let mut parts = topics.iter().flat_map(|topic| &topic.partitions);
    if parts.any(|part| part.error_code != 0) {
        hurry.hold_errors().await;
    }
    let answer = OffsetForLeaderEpochResponse::default().with_topics(topics);
    Reply::message(&answer, call.version)
}

async fn ends(client: &Client, topic: OffsetForLeaderTopic) -> OffsetForLeaderTopicResult {
    let OffsetForLeaderTopic { topic: name, partitions, .. } = topic;
    let parts = match real_topic(client, &name) {
        Ok(real) => {
            let asked = (partitions, 0);
            leaders::ask(&client.upstream(), &real, asked, &QUESTION).await
        }
        Err(code) => {
            let failed = partitions.iter().map(|part| (QUESTION.failed)(part.partition, code));
            failed.collect()
        }
    };
    OffsetForLeaderTopicResult::default().with_topic(name).with_partitions(parts)
}
