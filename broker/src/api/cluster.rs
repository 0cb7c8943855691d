//! Metadata and DescribeCluster: the one node, and the topics. Nothing is created by asking.

use kafka_protocol::messages::describe_cluster_response::DescribeClusterBroker;
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::{
    BrokerId, DescribeClusterRequest, DescribeClusterResponse, MetadataRequest, MetadataResponse,
};

use super::{text, topic_name};
use crate::code;
use crate::log::{Topic, Topics, is_name};
use crate::server::NODE_ID;
use crate::state::Shared;

/// DescribeCluster is asked about brokers (1), or about controllers.
const BROKERS: i8 = 1;

pub(super) fn metadata(shared: &Shared, asked: &MetadataRequest, version: i16) -> MetadataResponse {
    let state = shared.state.lock();
    let all = || state.topics.iter().map(|(name, topic)| found(name, topic)).collect();
    let topics = match &asked.topics {
        None => all(),
        // Before version 1 there is no other way to ask for all.
        Some(none) if version == 0 && none.is_empty() => all(),
        Some(wanted) => wanted.iter().map(|wanted| described(&state.topics, wanted)).collect(),
    };
    let (host, port) = place(shared);
    let broker = MetadataResponseBroker::default()
        .with_node_id(BrokerId(NODE_ID))
        .with_host(text(host))
        .with_port(port);
    MetadataResponse::default()
        .with_brokers(vec![broker])
        .with_cluster_id(Some(text(shared.cluster_id.as_str())))
        .with_controller_id(BrokerId(NODE_ID))
        .with_topics(topics)
}

/// The broker's host and port.
pub(super) fn place(shared: &Shared) -> (String, i32) {
    let address = *shared.address.read();
    (address.ip().to_string(), i32::from(address.port()))
}

fn described(topics: &Topics, wanted: &MetadataRequestTopic) -> MetadataResponseTopic {
    let missing = MetadataResponseTopic::default().with_topic_id(wanted.topic_id);
    let Some(name) = &wanted.name else {
        let name = topics.name_of(wanted.topic_id);
        let topic = name.and_then(|name| Some((name, topics.get(name)?)));
        return match topic {
            Some((name, topic)) => found(name, topic),
            None => missing.with_error_code(code::UNKNOWN_TOPIC_ID),
        };
    };
    match topics.get(name.as_str()) {
        Some(topic) => found(name.as_str(), topic),
        None => {
            let named = is_name(name.as_str());
            let code = if named { code::UNKNOWN_TOPIC_OR_PARTITION } else { code::INVALID_TOPIC };
            missing.with_error_code(code).with_name(Some(name.clone()))
        }
    }
}

fn found(name: &str, topic: &Topic) -> MetadataResponseTopic {
    let partitions = topic.partitions.iter().zip(0..).map(|(partition, index)| {
        MetadataResponsePartition::default()
            .with_partition_index(index)
            .with_leader_id(BrokerId(NODE_ID))
            .with_leader_epoch(partition.leader_epoch)
            .with_replica_nodes(vec![BrokerId(NODE_ID)])
            .with_isr_nodes(vec![BrokerId(NODE_ID)])
    });
    MetadataResponseTopic::default()
        .with_name(Some(topic_name(name)))
        .with_topic_id(topic.id)
        .with_partitions(partitions.collect())
}

pub(super) fn describe(shared: &Shared, asked: &DescribeClusterRequest) -> DescribeClusterResponse {
    let answer = DescribeClusterResponse::default().with_endpoint_type(asked.endpoint_type);
    if asked.endpoint_type != BROKERS {
        let message = text("this is a broker: it does not tell controllers");
        return answer
            .with_error_code(code::MISMATCHED_ENDPOINT_TYPE)
            .with_error_message(Some(message));
    }
    let (host, port) = place(shared);
    let broker = DescribeClusterBroker::default()
        .with_broker_id(BrokerId(NODE_ID))
        .with_host(text(host))
        .with_port(port);
    answer
        .with_cluster_id(text(shared.cluster_id.as_str()))
        .with_controller_id(BrokerId(NODE_ID))
        .with_brokers(vec![broker])
}
