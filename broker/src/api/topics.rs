//! CreateTopics, DeleteTopics and DeleteRecords.

use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::create_topics_response::CreatableTopicResult;
use kafka_protocol::messages::delete_records_response::{
    DeleteRecordsPartitionResult, DeleteRecordsTopicResult,
};
use kafka_protocol::messages::delete_topics_response::DeletableTopicResult;
use kafka_protocol::messages::{
    BrokerId, CreateTopicsRequest, CreateTopicsResponse, DeleteRecordsRequest,
    DeleteRecordsResponse, DeleteTopicsRequest, DeleteTopicsResponse,
};
use uuid::Uuid;

use super::{text, topic_name};
use crate::code;
use crate::log::{Refused, Topics};
use crate::server::NODE_ID;
use crate::state::{Shared, State};

/// Partitions of a topic whose creator leaves it to the broker.
const PARTITIONS_DEFAULT: i32 = 1;
/// From this version on topics to delete are named in structures.
const STRUCTURES_SINCE: i16 = 6;

pub(super) fn create(shared: &Shared, asked: &CreateTopicsRequest) -> CreateTopicsResponse {
    let mut state = shared.state.lock();
    let one = |topic: &CreatableTopic| {
        let result = CreatableTopicResult::default().with_name(topic.name.clone());
        match create_one(&mut state.topics, topic, asked.validate_only) {
            Ok((id, partitions)) => result
                .with_topic_id(id)
                .with_num_partitions(partitions)
                .with_replication_factor(1)
                .with_configs(Some(Vec::new())),
            Err(refused) => result
                .with_error_code(refused.code)
                .with_error_message(Some(text(refused.message)))
                .with_num_partitions(-1)
                .with_replication_factor(-1),
        }
    };
    CreateTopicsResponse::default().with_topics(asked.topics.iter().map(one).collect())
}

fn create_one(
    topics: &mut Topics,
    asked: &CreatableTopic,
    only_check: bool,
) -> Result<(Uuid, i32), Refused> {
    let assigned = &asked.assignments;
    let here = |brokers: &[BrokerId]| brokers == [BrokerId(NODE_ID)];
    if !matches!(asked.replication_factor, -1 | 1)
        || !assigned.iter().all(|assigned| here(&assigned.broker_ids))
    {
        let message = "this cluster has one broker: one replica each";
        return Err(Refused::new(code::INVALID_REPLICATION_FACTOR, message));
    }
    let count = match asked.num_partitions {
        _ if !assigned.is_empty() => i32::try_from(assigned.len()).unwrap_or(i32::MAX),
        -1 => PARTITIONS_DEFAULT,
        count => count,
    };
    let partitions = usize::try_from(count).unwrap_or(0);
    let value = |value: &Option<_>| value.as_ref().map(ToString::to_string).unwrap_or_default();
    let config = asked.configs.iter().map(|entry| (entry.name.to_string(), value(&entry.value)));
    let config: Vec<_> = config.collect();
    let name = asked.name.as_str();
    if only_check {
        topics.check(name, partitions, &config)?;
        return Ok((Uuid::nil(), count));
    }
    topics.create(name, partitions, config).map(|topic| (topic.id, count))
}

pub(super) fn delete(
    shared: &Shared,
    asked: &DeleteTopicsRequest,
    version: i16,
) -> DeleteTopicsResponse {
    let mut state = shared.state.lock();
    let responses = if version < STRUCTURES_SINCE {
        let names = asked.topic_names.iter();
        names.map(|name| deleted(&mut state, Some(name.as_str()), Uuid::nil())).collect()
    } else {
        let topics = asked.topics.iter().map(|topic| {
            deleted(&mut state, topic.name.as_ref().map(|name| name.as_str()), topic.topic_id)
        });
        topics.collect()
    };
    drop(state);
    // Who waits for its records hears that it is gone.
    shared.changed();
    DeleteTopicsResponse::default().with_responses(responses)
}

fn deleted(state: &mut State, name: Option<&str>, id: Uuid) -> DeletableTopicResult {
    let (name, missing) = match name {
        Some(name) => (Some(name.to_owned()), code::UNKNOWN_TOPIC_OR_PARTITION),
        None => (state.topics.name_of(id).map(str::to_owned), code::UNKNOWN_TOPIC_ID),
    };
    let there = name.as_ref().is_some_and(|name| state.delete_topic(name));
    DeletableTopicResult::default()
        .with_name(name.as_deref().map(topic_name))
        .with_topic_id(id)
        .with_error_code(if there { code::NONE } else { missing })
}

pub(super) fn delete_records(
    shared: &Shared,
    asked: &DeleteRecordsRequest,
) -> DeleteRecordsResponse {
    let mut state = shared.state.lock();
    let topics = asked.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|partition| {
            let result = DeleteRecordsPartitionResult::default()
                .with_partition_index(partition.partition_index);
            let place = (topic.name.as_str(), partition.partition_index);
            match cut(&mut state.topics, place, partition.offset) {
                Ok(low) => result.with_low_watermark(low),
                Err(code) => result.with_low_watermark(-1).with_error_code(code),
            }
        });
        DeleteRecordsTopicResult::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    DeleteRecordsResponse::default().with_topics(topics.collect())
}

/// Cuts a log before an offset (-1: all there is); answers where it begins.
fn cut(topics: &mut Topics, (name, index): (&str, i32), offset: i64) -> Result<i64, i16> {
    let partition = topics.partition_mut(name, index);
    let partition = partition.ok_or(code::UNKNOWN_TOPIC_OR_PARTITION)?;
    let offset = if offset == -1 { partition.end() } else { offset };
    if offset < 0 || offset > partition.end() {
        return Err(code::OFFSET_OUT_OF_RANGE);
    }
    partition.delete_before(offset);
    Ok(partition.log_start)
}
