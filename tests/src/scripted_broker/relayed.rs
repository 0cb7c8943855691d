//! What the scripted broker answers to requests that a gateway passes on: it coordinates every
//! group, leads every partition, and keeps nothing.

use kafka_protocol::messages::produce_response::{PartitionProduceResponse, TopicProduceResponse};
use kafka_protocol::messages::{
    BrokerId, FindCoordinatorResponse, HeartbeatResponse, ProduceRequest, ProduceResponse,
};
use kafka_protocol::protocol::StrBytes;

use super::{NODE_ID, Shared};

/// Itself.
pub(super) fn find_coordinator(shared: &Shared, error: Option<i16>) -> FindCoordinatorResponse {
    FindCoordinatorResponse::default()
        .with_error_code(error.unwrap_or(0))
        .with_node_id(BrokerId(NODE_ID))
        .with_host(StrBytes::from_string(shared.address.ip().to_string()))
        .with_port(i32::from(shared.address.port()))
}

/// All is well.
pub(super) fn heartbeat(error: Option<i16>) -> HeartbeatResponse {
    HeartbeatResponse::default().with_error_code(error.unwrap_or(0))
}

/// Says that everything was appended.
pub(super) fn produce(asked: &ProduceRequest, error: Option<i16>) -> ProduceResponse {
    let topics = asked.topic_data.iter().map(|topic| {
        let partitions = topic.partition_data.iter().map(|partition| {
            PartitionProduceResponse::default()
                .with_index(partition.index)
                .with_error_code(error.unwrap_or(0))
        });
        TopicProduceResponse::default()
            .with_name(topic.name.clone())
            .with_partition_responses(partitions.collect())
    });
    ProduceResponse::default().with_responses(topics.collect())
}
