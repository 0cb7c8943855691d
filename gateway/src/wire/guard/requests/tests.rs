//! Requests that are passed on: tables against the codec, in every version.

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::add_partitions_to_txn_request::AddPartitionsToTxnTopic;
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::offset_delete_request::{
    OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
};
use kafka_protocol::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use kafka_protocol::messages::txn_offset_commit_request::{
    TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic,
};
use kafka_protocol::messages::*;
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};

use super::super::trial::{self, Sample};
use super::*;

const BLOB: Bytes = Bytes::from_static(b"\x00\x01blob");

fn text(text: &'static str) -> StrBytes {
    StrBytes::from_static_str(text)
}

fn group() -> GroupId {
    GroupId(text("billing"))
}

fn topic() -> TopicName {
    TopicName(text("orders"))
}

fn encoded(message: &impl Encodable, version: i16) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    message.encode(&mut bytes, version).unwrap();
    bytes.to_vec()
}

/// A request with every array filled.
fn sample(api_key: i16, version: i16) -> Vec<u8> {
    match api_key {
        0 => produce(version),
        8 => {
            let mut request = OffsetCommitRequest::default().with_group_id(group());
            let partition = OffsetCommitRequestPartition::default().with_committed_offset(5);
            let topic = OffsetCommitRequestTopic::default()
                .with_name(topic())
                .with_partitions(vec![partition.clone(), partition]);
            request.topics = vec![topic];
            encoded(&request, version)
        }
        9 => offset_fetch(version),
        11 => {
            let protocol =
                JoinGroupRequestProtocol::default().with_name(text("range")).with_metadata(BLOB);
            let request = JoinGroupRequest::default()
                .with_group_id(group())
                .with_protocols(vec![protocol.clone(), protocol]);
            encoded(&request, version)
        }
        12 => encoded(&HeartbeatRequest::default().with_group_id(group()), version),
        13 => {
            let mut request = LeaveGroupRequest::default().with_group_id(group());
            match version >= 3 {
                true => request.members = vec![MemberIdentity::default(); 2],
                false => request.member_id = text("m"),
            }
            encoded(&request, version)
        }
        14 => {
            let assignment = SyncGroupRequestAssignment::default().with_assignment(BLOB);
            let request = SyncGroupRequest::default()
                .with_group_id(group())
                .with_assignments(vec![assignment]);
            encoded(&request, version)
        }
        15 => encoded(&DescribeGroupsRequest::default().with_groups(vec![group()]), version),
        16 => {
            let mut request = ListGroupsRequest::default();
            if version >= 4 {
                request.states_filter = vec![text("Stable")];
            }
            if version >= 5 {
                request.types_filter = vec![text("classic")];
            }
            encoded(&request, version)
        }
        42 => encoded(&DeleteGroupsRequest::default().with_groups_names(vec![group()]), version),
        47 => {
            let topic = OffsetDeleteRequestTopic::default()
                .with_name(topic())
                .with_partitions(vec![OffsetDeleteRequestPartition::default()]);
            encoded(&OffsetDeleteRequest::default().with_topics(vec![topic]), version)
        }
        other => transactional(other, version),
    }
}

fn transactional(api_key: i16, version: i16) -> Vec<u8> {
    let id = || TransactionalId(text("billing-tx"));
    match api_key {
        22 => {
            let request = InitProducerIdRequest::default().with_transactional_id(Some(id()));
            encoded(&request, version)
        }
        24 => {
            let topic =
                AddPartitionsToTxnTopic::default().with_name(topic()).with_partitions(vec![0, 1]);
            let request = AddPartitionsToTxnRequest::default()
                .with_v3_and_below_transactional_id(id())
                .with_v3_and_below_topics(vec![topic]);
            encoded(&request, version)
        }
        25 => {
            let request = AddOffsetsToTxnRequest::default()
                .with_transactional_id(id())
                .with_group_id(group());
            encoded(&request, version)
        }
        26 => encoded(&EndTxnRequest::default().with_transactional_id(id()), version),
        28 => {
            let topic = TxnOffsetCommitRequestTopic::default()
                .with_name(topic())
                .with_partitions(vec![TxnOffsetCommitRequestPartition::default()]);
            let request = TxnOffsetCommitRequest::default()
                .with_transactional_id(id())
                .with_group_id(group())
                .with_topics(vec![topic]);
            encoded(&request, version)
        }
        other => panic!("no sample of API {other}"),
    }
}

fn produce(version: i16) -> Vec<u8> {
    let partition = PartitionProduceData::default().with_records(Some(BLOB));
    let mut data =
        TopicProduceData::default().with_partition_data(vec![partition.clone(), partition]);
    if version <= 12 {
        data.name = topic();
    }
    encoded(&ProduceRequest::default().with_topic_data(vec![data]), version)
}

fn offset_fetch(version: i16) -> Vec<u8> {
    let mut request = OffsetFetchRequest::default();
    if version >= 8 {
        let topics = OffsetFetchRequestTopics::default()
            .with_name(topic())
            .with_partition_indexes(vec![0, 1]);
        let asked = OffsetFetchRequestGroup::default()
            .with_group_id(group())
            .with_topics(Some(vec![topics]));
        request.groups = vec![asked.clone(), asked.with_topics(None)];
    } else {
        let topics = OffsetFetchRequestTopic::default()
            .with_name(topic())
            .with_partition_indexes(vec![0, 1]);
        request.group_id = group();
        request.topics = Some(vec![topics]);
    }
    encoded(&request, version)
}

fn decodes(api_key: i16, version: i16, bytes: &[u8]) -> bool {
    let bytes = &mut Bytes::copy_from_slice(bytes);
    match api_key {
        0 => ProduceRequest::decode(bytes, version).is_ok(),
        8 => OffsetCommitRequest::decode(bytes, version).is_ok(),
        9 => OffsetFetchRequest::decode(bytes, version).is_ok(),
        11 => JoinGroupRequest::decode(bytes, version).is_ok(),
        12 => HeartbeatRequest::decode(bytes, version).is_ok(),
        13 => LeaveGroupRequest::decode(bytes, version).is_ok(),
        14 => SyncGroupRequest::decode(bytes, version).is_ok(),
        15 => DescribeGroupsRequest::decode(bytes, version).is_ok(),
        16 => ListGroupsRequest::decode(bytes, version).is_ok(),
        22 => InitProducerIdRequest::decode(bytes, version).is_ok(),
        24 => AddPartitionsToTxnRequest::decode(bytes, version).is_ok(),
        25 => AddOffsetsToTxnRequest::decode(bytes, version).is_ok(),
        26 => EndTxnRequest::decode(bytes, version).is_ok(),
        28 => TxnOffsetCommitRequest::decode(bytes, version).is_ok(),
        42 => DeleteGroupsRequest::decode(bytes, version).is_ok(),
        47 => OffsetDeleteRequest::decode(bytes, version).is_ok(),
        other => panic!("no codec of API {other}"),
    }
}

fn samples() -> impl Iterator<Item = Sample> {
    let messages = groups::ALL.iter().chain(produce::ALL).copied();
    trial::samples(messages, |message, version| sample(message.api_key, version))
}

#[test]
fn tables_hold() {
    trial::tables_hold(samples(), decodes);
}
