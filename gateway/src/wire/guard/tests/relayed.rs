//! Samples of the answers that are passed on to clients.

use bytes::Bytes;
use kafka_protocol::messages::add_partitions_to_txn_response::{
    AddPartitionsToTxnPartitionResult, AddPartitionsToTxnTopicResult,
};
use kafka_protocol::messages::delete_groups_response::DeletableGroupResult;
use kafka_protocol::messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};
use kafka_protocol::messages::find_coordinator_response::Coordinator;
use kafka_protocol::messages::join_group_response::JoinGroupResponseMember;
use kafka_protocol::messages::leave_group_response::MemberResponse;
use kafka_protocol::messages::list_groups_response::ListedGroup;
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
use kafka_protocol::messages::produce_response::{
    BatchIndexAndErrorMessage, LeaderIdAndEpoch, NodeEndpoint, PartitionProduceResponse,
    TopicProduceResponse,
};
use kafka_protocol::messages::txn_offset_commit_response::{
    TxnOffsetCommitResponsePartition, TxnOffsetCommitResponseTopic,
};
use kafka_protocol::messages::{
    AddOffsetsToTxnResponse, AddPartitionsToTxnResponse, DeleteGroupsResponse,
    DescribeGroupsResponse, EndTxnResponse, FindCoordinatorResponse, GroupId, HeartbeatResponse,
    InitProducerIdResponse, JoinGroupResponse, LeaveGroupResponse, ListGroupsResponse,
    OffsetCommitResponse, OffsetDeleteResponse, OffsetFetchResponse, ProduceResponse,
    SyncGroupResponse, TopicName, TxnOffsetCommitResponse,
};
use kafka_protocol::protocol::Decodable;

use super::{encoded, text};

fn topic() -> TopicName {
    TopicName(text("orders"))
}

fn group() -> GroupId {
    GroupId(text("main/billing/g"))
}

const BLOB: Bytes = Bytes::from_static(b"\x00\x01blob");

/// A sample with every array filled.
pub(super) fn sample(api_key: i16, version: i16) -> Vec<u8> {
    match api_key {
        0 => produce(version),
        8 => {
            let topic = OffsetCommitResponseTopic::default()
                .with_name(topic())
                .with_partitions(vec![OffsetCommitResponsePartition::default()]);
            encoded(&OffsetCommitResponse::default().with_topics(vec![topic]), version)
        }
        9 => offset_fetch(version),
        10 => find_coordinator(version),
        11 => join_group(version),
        12 => encoded(&HeartbeatResponse::default(), version),
        13 => {
            let member = MemberResponse::default().with_member_id(text("m"));
            let members = if version >= 3 { vec![member] } else { Vec::new() };
            encoded(&LeaveGroupResponse::default().with_members(members), version)
        }
        14 => encoded(&SyncGroupResponse::default().with_assignment(BLOB), version),
        15 => describe_groups(version),
        16 => {
            let listed = ListedGroup::default().with_group_id(group());
            encoded(&ListGroupsResponse::default().with_groups(vec![listed]), version)
        }
        42 => {
            let result = DeletableGroupResult::default().with_group_id(group());
            encoded(&DeleteGroupsResponse::default().with_results(vec![result]), version)
        }
        47 => {
            let topic = OffsetDeleteResponseTopic::default()
                .with_name(topic())
                .with_partitions(vec![OffsetDeleteResponsePartition::default()]);
            encoded(&OffsetDeleteResponse::default().with_topics(vec![topic]), version)
        }
        other => transactional(other, version),
    }
}

fn transactional(api_key: i16, version: i16) -> Vec<u8> {
    match api_key {
        22 => encoded(&InitProducerIdResponse::default(), version),
        24 => {
            let topic = AddPartitionsToTxnTopicResult::default()
                .with_name(topic())
                .with_results_by_partition(vec![AddPartitionsToTxnPartitionResult::default()]);
            let answer = AddPartitionsToTxnResponse::default()
                .with_results_by_topic_v3_and_below(vec![topic]);
            encoded(&answer, version)
        }
        25 => encoded(&AddOffsetsToTxnResponse::default(), version),
        26 => encoded(&EndTxnResponse::default(), version),
        28 => {
            let topic = TxnOffsetCommitResponseTopic::default()
                .with_name(topic())
                .with_partitions(vec![TxnOffsetCommitResponsePartition::default()]);
            encoded(&TxnOffsetCommitResponse::default().with_topics(vec![topic]), version)
        }
        other => panic!("no sample of API {other}"),
    }
}

fn produce(version: i16) -> Vec<u8> {
    let mut partition = PartitionProduceResponse::default();
    let mut answer = ProduceResponse::default();
    if version >= 8 {
        let error = BatchIndexAndErrorMessage::default().with_batch_index(1);
        partition.record_errors = vec![error];
    }
    if version >= 10 {
        partition.current_leader = LeaderIdAndEpoch::default().with_leader_id(3.into());
        answer.node_endpoints = vec![NodeEndpoint::default().with_host(text("broker"))];
    }
    let mut topic_answer =
        TopicProduceResponse::default().with_partition_responses(vec![partition]);
    if version <= 12 {
        topic_answer.name = topic();
    }
    encoded(&answer.with_responses(vec![topic_answer]), version)
}

fn offset_fetch(version: i16) -> Vec<u8> {
    if version >= 8 {
        let mut topics = OffsetFetchResponseTopics::default()
            .with_partitions(vec![OffsetFetchResponsePartitions::default()]);
        if version <= 9 {
            topics.name = topic();
        }
        let answered =
            OffsetFetchResponseGroup::default().with_group_id(group()).with_topics(vec![topics]);
        return encoded(&OffsetFetchResponse::default().with_groups(vec![answered]), version);
    }
    let topics = OffsetFetchResponseTopic::default()
        .with_name(topic())
        .with_partitions(vec![OffsetFetchResponsePartition::default()]);
    encoded(&OffsetFetchResponse::default().with_topics(vec![topics]), version)
}

fn find_coordinator(version: i16) -> Vec<u8> {
    let mut answer = FindCoordinatorResponse::default();
    match version >= 4 {
        true => answer.coordinators = vec![Coordinator::default().with_key(text("g"))],
        false => answer.host = text("broker"),
    }
    encoded(&answer, version)
}

fn join_group(version: i16) -> Vec<u8> {
    let member = JoinGroupResponseMember::default().with_member_id(text("m")).with_metadata(BLOB);
    let mut answer = JoinGroupResponse::default()
        .with_protocol_name(Some(text("range")))
        .with_members(vec![member.clone(), member]);
    answer.skip_assignment = version >= 9;
    encoded(&answer, version)
}

fn describe_groups(version: i16) -> Vec<u8> {
    let member = DescribedGroupMember::default()
        .with_member_id(text("m"))
        .with_member_metadata(BLOB)
        .with_member_assignment(BLOB);
    let described = DescribedGroup::default().with_group_id(group()).with_members(vec![member]);
    encoded(&DescribeGroupsResponse::default().with_groups(vec![described]), version)
}

/// Whether the codec decodes an answer.
pub(super) fn decodes(api_key: i16, bytes: &mut Bytes, version: i16) -> bool {
    match api_key {
        0 => ProduceResponse::decode(bytes, version).is_ok(),
        8 => OffsetCommitResponse::decode(bytes, version).is_ok(),
        9 => OffsetFetchResponse::decode(bytes, version).is_ok(),
        10 => FindCoordinatorResponse::decode(bytes, version).is_ok(),
        11 => JoinGroupResponse::decode(bytes, version).is_ok(),
        12 => HeartbeatResponse::decode(bytes, version).is_ok(),
        13 => LeaveGroupResponse::decode(bytes, version).is_ok(),
        14 => SyncGroupResponse::decode(bytes, version).is_ok(),
        15 => DescribeGroupsResponse::decode(bytes, version).is_ok(),
        16 => ListGroupsResponse::decode(bytes, version).is_ok(),
        22 => InitProducerIdResponse::decode(bytes, version).is_ok(),
        24 => AddPartitionsToTxnResponse::decode(bytes, version).is_ok(),
        25 => AddOffsetsToTxnResponse::decode(bytes, version).is_ok(),
        26 => EndTxnResponse::decode(bytes, version).is_ok(),
        28 => TxnOffsetCommitResponse::decode(bytes, version).is_ok(),
        42 => DeleteGroupsResponse::decode(bytes, version).is_ok(),
        47 => OffsetDeleteResponse::decode(bytes, version).is_ok(),
        other => panic!("no codec of API {other}"),
    }
}
