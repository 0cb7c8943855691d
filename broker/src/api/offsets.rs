//! ListOffsets and OffsetForLeaderEpoch: where logs begin, end, and are at a time.

use kafka_protocol::messages::list_offsets_request::ListOffsetsPartition;
use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafka_protocol::messages::offset_for_leader_epoch_response::{
    EpochEndOffset, OffsetForLeaderTopicResult,
};
use kafka_protocol::messages::{
    ListOffsetsRequest, ListOffsetsResponse, OffsetForLeaderEpochRequest,
    OffsetForLeaderEpochResponse,
};

use super::partition;
use crate::log::Partition;
use crate::state::Shared;

/// What is asked for instead of a time.
const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const MAX_TIMESTAMP: i64 = -3;
/// Earliest on the broker itself (KIP-405): all there is.
const EARLIEST_LOCAL: i64 = -4;

pub(super) fn list(shared: &Shared, asked: &ListOffsetsRequest) -> ListOffsetsResponse {
    let state = shared.state.lock();
    let committed = asked.isolation_level == 1;
    let topics = asked.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| {
            let found = partition(&state.topics, &topic.name, asked.partition_index);
            answered(found, asked, committed)
        });
        ListOffsetsTopicResponse::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    ListOffsetsResponse::default().with_topics(topics.collect())
}

fn answered(
    found: Result<&Partition, i16>,
    asked: &ListOffsetsPartition,
    committed: bool,
) -> ListOffsetsPartitionResponse {
    let answer = ListOffsetsPartitionResponse::default()
        .with_partition_index(asked.partition_index)
        .with_timestamp(-1)
        .with_offset(-1);
    let known = found.and_then(|found| {
        found.check_epoch(asked.current_leader_epoch)?;
        Ok(found)
    });
    match known {
        Err(code) => answer.with_error_code(code),
        Ok(found) => match look_up(found, asked.timestamp, committed) {
            None => answer,
            Some((offset, time)) => answer
                .with_offset(offset)
                .with_timestamp(time)
                .with_leader_epoch(found.leader_epoch),
        },
    }
}

/// Offset and time of what is asked for, if there is such a record. Times are of records that the
/// reader may see.
fn look_up(partition: &Partition, time: i64, committed: bool) -> Option<(i64, i64)> {
    let visible = partition.visible_end(committed);
    let seen = |found: Option<(i64, i64)>| found.filter(|(offset, _)| *offset < visible);
    match time {
        LATEST => Some((visible, -1)),
        EARLIEST | EARLIEST_LOCAL => Some((partition.log_start, -1)),
        MAX_TIMESTAMP => seen(partition.latest()),
        time if time < 0 => None,
        time => seen(partition.offset_at(time)),
    }
}

pub(super) fn of_epochs(
    shared: &Shared,
    asked: &OffsetForLeaderEpochRequest,
) -> OffsetForLeaderEpochResponse {
    let state = shared.state.lock();
    let topics = asked.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| {
            let answer = EpochEndOffset::default().with_partition(asked.partition);
            let found = partition(&state.topics, &topic.topic, asked.partition);
            let end = found.and_then(|found| {
                found.check_epoch(asked.current_leader_epoch)?;
                Ok(found.end_of_epoch(asked.leader_epoch))
            });
            match end {
                Ok((epoch, end)) => answer.with_leader_epoch(epoch).with_end_offset(end),
                Err(code) => answer.with_error_code(code),
            }
        });
        OffsetForLeaderTopicResult::default()
            .with_topic(topic.topic.clone())
            .with_partitions(partitions.collect())
    });
    OffsetForLeaderEpochResponse::default().with_topics(topics.collect())
}
