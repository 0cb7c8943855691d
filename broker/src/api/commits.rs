//! OffsetCommit, OffsetFetch and OffsetDelete.

use std::collections::BTreeMap;

use kafka_protocol::messages::offset_commit_response::{
    OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use kafka_protocol::messages::offset_delete_response::{
    OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};
use kafka_protocol::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};
use kafka_protocol::messages::{
    OffsetCommitRequest, OffsetCommitResponse, OffsetDeleteRequest, OffsetDeleteResponse,
    OffsetFetchRequest, OffsetFetchResponse,
};
use kafka_protocol::protocol::StrBytes;
use tokio::time::Instant;

use super::groups::who;
use super::{text, topic_name};
use crate::code;
use crate::group::{Committed, Group};
use crate::state::{Shared, State};

/// From this version on, several groups are asked about at once.
const GROUPS_SINCE: i16 = 8;

pub(super) fn commit(shared: &Shared, asked: &OffsetCommitRequest) -> OffsetCommitResponse {
    let member = who(
        &asked.member_id,
        asked.group_instance_id.as_ref(),
        asked.generation_id_or_member_epoch,
    );
    let mut state = shared.state.lock();
    let State { topics, groups, .. } = &mut *state;
    let id = asked.group_id.as_str();
    // A generation of a group that is not there is none.
    let absent = groups.get(id).is_none() && member.generation >= 0;
    let group = if absent { Err(code::ILLEGAL_GENERATION) } else { groups.obtain(id) };
    let mut group = group.and_then(|group| {
        group.may_commit(&member, Instant::now())?;
        Ok(group)
    });
    let answers = asked.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|one| {
            let place = (topic.name.to_string(), one.partition_index);
            let there = topics.partition(&place.0, place.1).is_some();
            let metadata = one.committed_metadata.as_ref();
            let committed = Committed {
                offset: one.committed_offset,
                leader_epoch: one.committed_leader_epoch,
                metadata: metadata.map(|text| text.to_string()).unwrap_or_default(),
            };
            let outcome = match &mut group {
                Err(code) => Err(*code),
                Ok(_) if !there => Err(code::UNKNOWN_TOPIC_OR_PARTITION),
                Ok(group) => group.commit(place, committed, None),
            };
            OffsetCommitResponsePartition::default()
                .with_partition_index(one.partition_index)
                .with_error_code(outcome.err().unwrap_or(code::NONE))
        });
        OffsetCommitResponseTopic::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    OffsetCommitResponse::default().with_topics(answers.collect())
}

/// Topics and partitions, with what is told of each.
type Told = BTreeMap<String, Vec<(i32, Result<Option<Committed>, i16>)>>;

pub(super) fn fetch(
    shared: &Shared,
    asked: &OffsetFetchRequest,
    version: i16,
) -> OffsetFetchResponse {
    let state = shared.state.lock();
    if version < GROUPS_SINCE {
        let wanted = asked.topics.as_ref().map(|topics| {
            let names = topics.iter();
            names.map(|one| (one.name.to_string(), one.partition_indexes.clone())).collect()
        });
        let told = told(state.groups.get(asked.group_id.as_str()), wanted, asked.require_stable);
        let topics = told.into_iter().map(|(name, partitions)| {
            OffsetFetchResponseTopic::default()
                .with_name(topic_name(&name))
                .with_partitions(partitions.into_iter().map(single).collect())
        });
        return OffsetFetchResponse::default().with_topics(topics.collect());
    }
    let groups = asked.groups.iter().map(|group| {
        let wanted = group.topics.as_ref().map(|topics| {
            let names = topics.iter();
            names.map(|one| (one.name.to_string(), one.partition_indexes.clone())).collect()
        });
        let told = told(state.groups.get(group.group_id.as_str()), wanted, asked.require_stable);
        let topics = told.into_iter().map(|(name, partitions)| {
            OffsetFetchResponseTopics::default()
                .with_name(topic_name(&name))
                .with_partitions(partitions.into_iter().map(of_many).collect())
        });
        OffsetFetchResponseGroup::default()
            .with_group_id(group.group_id.clone())
            .with_topics(topics.collect())
    });
    OffsetFetchResponse::default().with_groups(groups.collect())
}

/// What a group has committed: of everything, or of what is wanted.
fn told(group: Option<&Group>, wanted: Option<Vec<(String, Vec<i32>)>>, stable: bool) -> Told {
    let mut told = Told::new();
    let one = |topic: &str, partition: i32| {
        let undecided = group.is_some_and(|group| group.is_undecided(topic, partition));
        match undecided && stable {
            true => Err(code::UNSTABLE_OFFSET_COMMIT),
            false => Ok(group.and_then(|group| group.committed(topic, partition)).cloned()),
        }
    };
    match wanted {
        Some(wanted) => {
            for (topic, partitions) in wanted {
                let each = partitions.into_iter().map(|index| (index, one(&topic, index)));
                let each: Vec<_> = each.collect();
                told.entry(topic).or_default().extend(each);
            }
        }
        None => {
            for (topic, index, _) in group.into_iter().flat_map(Group::all_committed) {
                told.entry(topic.to_owned()).or_default().push((index, one(topic, index)));
            }
        }
    }
    told
}

/// Offset, leader epoch, metadata and code as answers carry them.
fn values(outcome: Result<Option<Committed>, i16>) -> (i64, i32, StrBytes, i16) {
    match outcome {
        Ok(Some(committed)) => {
            (committed.offset, committed.leader_epoch, text(committed.metadata), code::NONE)
        }
        Ok(None) => (-1, -1, StrBytes::default(), code::NONE),
        Err(code) => (-1, -1, StrBytes::default(), code),
    }
}

fn single((index, outcome): (i32, Result<Option<Committed>, i16>)) -> OffsetFetchResponsePartition {
    let (offset, epoch, metadata, code) = values(outcome);
    OffsetFetchResponsePartition::default()
        .with_partition_index(index)
        .with_committed_offset(offset)
        .with_committed_leader_epoch(epoch)
        .with_metadata(Some(metadata))
        .with_error_code(code)
}

fn of_many(
    (index, outcome): (i32, Result<Option<Committed>, i16>),
) -> OffsetFetchResponsePartitions {
    let (offset, epoch, metadata, code) = values(outcome);
    OffsetFetchResponsePartitions::default()
        .with_partition_index(index)
        .with_committed_offset(offset)
        .with_committed_leader_epoch(epoch)
        .with_metadata(Some(metadata))
        .with_error_code(code)
}

pub(super) fn delete(shared: &Shared, asked: &OffsetDeleteRequest) -> OffsetDeleteResponse {
    let mut state = shared.state.lock();
    let State { topics, groups, .. } = &mut *state;
    let refused = |code| OffsetDeleteResponse::default().with_error_code(code);
    let Some(group) = groups.get_mut(asked.group_id.as_str()) else {
        return refused(code::GROUP_ID_NOT_FOUND);
    };
    if !group.is_of_consumers() {
        return refused(code::NON_EMPTY_GROUP);
    }
    let answers = asked.topics.iter().map(|topic| {
        let name = topic.name.as_str();
        let read = group.reads(name);
        let partitions = topic.partitions.iter().map(|one| {
            let index = one.partition_index;
            let code = if topics.partition(name, index).is_none() {
                code::UNKNOWN_TOPIC_OR_PARTITION
            } else if read {
                code::GROUP_SUBSCRIBED_TO_TOPIC
            } else {
                group.uncommit(name, index);
                code::NONE
            };
            OffsetDeleteResponsePartition::default()
                .with_partition_index(index)
                .with_error_code(code)
        });
        OffsetDeleteResponseTopic::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    OffsetDeleteResponse::default().with_topics(answers.collect())
}
