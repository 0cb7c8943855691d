use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{
    FetchRequest, ListOffsetsRequest, OffsetForLeaderEpochRequest, TopicName,
    fetch_request::{FetchPartition, FetchTopic, ForgottenTopic, ReplicaState},
    list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic},
    offset_for_leader_epoch_request::{OffsetForLeaderPartition, OffsetForLeaderTopic},
};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};

use super::super::super::trial::{self, Sample};
use super::*;

fn name() -> TopicName {
    TopicName(StrBytes::from_static_str("orders"))
}

fn encoded(message: &impl Encodable, version: i16) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    message.encode(&mut bytes, version).unwrap();
    bytes.to_vec()
}

/// A request with every array and every known tagged field filled.
fn fetch(version: i16) -> Vec<u8> {
    let mut partition = FetchPartition::default().with_fetch_offset(9).with_partition_max_bytes(1);
    let mut topic = FetchTopic::default();
    let mut forgotten = ForgottenTopic::default().with_partitions(vec![1, 2]);
    let mut request = FetchRequest::default().with_max_wait_ms(500).with_min_bytes(1);
    if version >= 17 {
        partition.replica_directory_id = vec![3; 16].try_into().unwrap();
    }
    match version >= 13 {
        true => {
            topic.topic_id = vec![7; 16].try_into().unwrap();
            forgotten.topic_id = vec![7; 16].try_into().unwrap();
        }
        false => {
            topic.topic = name();
            forgotten.topic = name();
        }
    }
    topic.partitions = vec![partition.clone(), partition];
    request.topics = vec![topic.clone(), topic];
    if version >= 7 {
        request.forgotten_topics_data = vec![forgotten];
    }
    if version >= 11 {
        request.rack_id = StrBytes::from_static_str("zone");
    }
    if version >= 12 {
        request.cluster_id = Some(StrBytes::from_static_str("cluster"));
    }
    if version >= 15 {
        request.replica_state = ReplicaState::default().with_replica_epoch(4);
    }
    encoded(&request, version)
}

fn list_offsets(version: i16) -> Vec<u8> {
    let partition = ListOffsetsPartition::default().with_timestamp(-2);
    let topic = ListOffsetsTopic::default()
        .with_name(name())
        .with_partitions(vec![partition.clone(), partition]);
    encoded(&ListOffsetsRequest::default().with_topics(vec![topic.clone(), topic]), version)
}

fn epochs(version: i16) -> Vec<u8> {
    let partition = OffsetForLeaderPartition::default().with_leader_epoch(3);
    let topic = OffsetForLeaderTopic::default()
        .with_topic(name())
        .with_partitions(vec![partition.clone(), partition]);
    encoded(&OffsetForLeaderEpochRequest::default().with_topics(vec![topic]), version)
}

fn sample(message: &Message, version: i16) -> Vec<u8> {
    match message.api_key {
        1 => fetch(version),
        2 => list_offsets(version),
        23 => epochs(version),
        other => panic!("no sample of API {other}"),
    }
}

fn decodes(api_key: i16, version: i16, bytes: &[u8]) -> bool {
    let bytes = &mut Bytes::copy_from_slice(bytes);
    match api_key {
        1 => FetchRequest::decode(bytes, version).is_ok(),
        2 => ListOffsetsRequest::decode(bytes, version).is_ok(),
        23 => OffsetForLeaderEpochRequest::decode(bytes, version).is_ok(),
        other => panic!("no codec of API {other}"),
    }
}

fn samples() -> impl Iterator<Item = Sample> {
    trial::samples(ALL.iter().copied(), sample)
}

#[test]
fn tables_hold() {
    trial::tables_hold(samples(), decodes);
}
