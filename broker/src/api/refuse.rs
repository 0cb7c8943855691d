//! Answers that hold nothing but an error, as a broker gives them that could not begin.

use kafka_protocol::messages::describe_configs_response::DescribeConfigsResult;
use kafka_protocol::messages::fetch_response::FetchableTopicResponse;
use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafka_protocol::messages::metadata_response::MetadataResponseTopic;
use kafka_protocol::messages::offset_for_leader_epoch_response::{
    EpochEndOffset, OffsetForLeaderTopicResult,
};
use kafka_protocol::messages::produce_response::{PartitionProduceResponse, TopicProduceResponse};
use kafka_protocol::messages::{
    ApiVersionsResponse, DescribeConfigsRequest, DescribeConfigsResponse, FetchRequest,
    FetchResponse, FindCoordinatorResponse, HeartbeatResponse, InitProducerIdResponse,
    JoinGroupResponse, ListGroupsResponse, ListOffsetsRequest, ListOffsetsResponse,
    MetadataRequest, MetadataResponse, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse,
    ProduceRequest, ProduceResponse, RequestKind, SaslAuthenticateResponse, SaslHandshakeResponse,
    SyncGroupResponse,
};

use super::Answer;
use super::fetch::failed;

/// Refuses a request with a code, in its answer or in each partition of it. Where no refusal is
/// known, the connection is closed.
pub(crate) fn refused(request: &RequestKind, code: i16) -> Answer {
    match request {
        RequestKind::Produce(asked) => Answer::say(produce(asked, code)),
        RequestKind::Fetch(asked) => Answer::say(fetch(asked, code)),
        RequestKind::ListOffsets(asked) => Answer::say(list_offsets(asked, code)),
        RequestKind::Metadata(asked) => Answer::say(metadata(asked, code)),
        RequestKind::OffsetForLeaderEpoch(asked) => Answer::say(of_epochs(asked, code)),
        RequestKind::DescribeConfigs(asked) => Answer::say(configs(asked, code)),
        RequestKind::ApiVersions(_) => {
            Answer::say(ApiVersionsResponse::default().with_error_code(code))
        }
        RequestKind::SaslHandshake(_) => {
            Answer::say(SaslHandshakeResponse::default().with_error_code(code))
        }
        RequestKind::SaslAuthenticate(_) => {
            Answer::say(SaslAuthenticateResponse::default().with_error_code(code))
        }
        RequestKind::FindCoordinator(_) => {
            Answer::say(FindCoordinatorResponse::default().with_error_code(code))
        }
        RequestKind::JoinGroup(_) => {
            Answer::say(JoinGroupResponse::default().with_error_code(code))
        }
        RequestKind::SyncGroup(_) => {
            Answer::say(SyncGroupResponse::default().with_error_code(code))
        }
        RequestKind::Heartbeat(_) => {
            Answer::say(HeartbeatResponse::default().with_error_code(code))
        }
        RequestKind::ListGroups(_) => {
            Answer::say(ListGroupsResponse::default().with_error_code(code))
        }
        RequestKind::InitProducerId(_) => {
            Answer::say(InitProducerIdResponse::default().with_error_code(code))
        }
        _ => Answer::Close,
    }
}

fn produce(asked: &ProduceRequest, code: i16) -> ProduceResponse {
    let topics = asked.topic_data.iter().map(|topic| {
        let partitions = topic.partition_data.iter().map(|data| {
            PartitionProduceResponse::default()
                .with_index(data.index)
                .with_error_code(code)
                .with_base_offset(-1)
        });
        TopicProduceResponse::default()
            .with_name(topic.name.clone())
            .with_partition_responses(partitions.collect())
    });
    ProduceResponse::default().with_responses(topics.collect())
}

fn fetch(asked: &FetchRequest, code: i16) -> FetchResponse {
    let topics = asked.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter();
        let partitions = partitions.map(|asked| failed(code).with_partition_index(asked.partition));
        FetchableTopicResponse::default()
            .with_topic(topic.topic.clone())
            .with_partitions(partitions.collect())
    });
    FetchResponse::default().with_responses(topics.collect())
}

fn list_offsets(asked: &ListOffsetsRequest, code: i16) -> ListOffsetsResponse {
    let topics = asked.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| {
            ListOffsetsPartitionResponse::default()
                .with_partition_index(asked.partition_index)
                .with_error_code(code)
                .with_timestamp(-1)
                .with_offset(-1)
        });
        ListOffsetsTopicResponse::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    ListOffsetsResponse::default().with_topics(topics.collect())
}

fn metadata(asked: &MetadataRequest, code: i16) -> MetadataResponse {
    let topics = asked.topics.iter().flatten().map(|topic| {
        MetadataResponseTopic::default().with_name(topic.name.clone()).with_error_code(code)
    });
    MetadataResponse::default().with_topics(topics.collect())
}

fn of_epochs(asked: &OffsetForLeaderEpochRequest, code: i16) -> OffsetForLeaderEpochResponse {
    let topics = asked.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| {
            EpochEndOffset::default().with_partition(asked.partition).with_error_code(code)
        });
        OffsetForLeaderTopicResult::default()
            .with_topic(topic.topic.clone())
            .with_partitions(partitions.collect())
    });
    OffsetForLeaderEpochResponse::default().with_topics(topics.collect())
}

fn configs(asked: &DescribeConfigsRequest, code: i16) -> DescribeConfigsResponse {
    let results = asked.resources.iter().map(|resource| {
        DescribeConfigsResult::default()
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name.clone())
            .with_error_code(code)
    });
    DescribeConfigsResponse::default().with_results(results.collect())
}
