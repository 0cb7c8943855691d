//! What the scripted broker answers when it behaves, one function per API. Versions are those of a
//! broker between Kafka 2.7 and 4: wide enough for every client of the tests.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult,
};
use kafka_protocol::messages::fetch_response::{FetchableTopicResponse, PartitionData};
use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::offset_for_leader_epoch_response::{
    EpochEndOffset, OffsetForLeaderTopicResult,
};
use kafka_protocol::messages::{
    ApiKey, ApiVersionsResponse, BrokerId, DescribeConfigsRequest, DescribeConfigsResponse,
    FetchRequest, FetchResponse, ListOffsetsRequest, ListOffsetsResponse, MetadataRequest,
    MetadataResponse, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, ProduceRequest,
    TopicName,
};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};

use super::log::{Partition, Topic, code};
use super::session::asks;
use super::{FetchAsk, NODE_ID, Shared, relayed};

/// API, lowest and highest version. Produce before version 3 is named and not served: without it
/// librdkafka takes the broker for one that knows no record batches.
const VERSIONS: [(ApiKey, i16, i16); 11] = [
    (ApiKey::Produce, 0, 9),
    (ApiKey::Fetch, 4, 12),
    (ApiKey::ListOffsets, 1, 7),
    (ApiKey::Metadata, 1, 12),
    (ApiKey::FindCoordinator, 0, 3),
    (ApiKey::Heartbeat, 0, 4),
    (ApiKey::SaslHandshake, 0, 1),
    (ApiKey::ApiVersions, 0, 3),
    (ApiKey::SaslAuthenticate, 0, 2),
    (ApiKey::OffsetForLeaderEpoch, 2, 4),
    (ApiKey::DescribeConfigs, 1, 4),
];
/// A fetch waits at most this long, whatever it asks for.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// An answer's body and the version that it is encoded in.
pub(super) struct Answered {
    pub(super) body: Vec<u8>,
    pub(super) version: i16,
}

pub(super) fn encoded<T: Encodable>(answer: &T, version: i16) -> anyhow::Result<Answered> {
    let mut body = BytesMut::new();
    answer.encode(&mut body, version)?;
    Ok(Answered { body: body.to_vec(), version })
}

/// Answers a request of a client that is logged in.
pub(super) async fn to(
    shared: &Shared,
    api: ApiKey,
    version: i16,
    mut body: Bytes,
    error: Option<i16>,
) -> anyhow::Result<Answered> {
    let known = VERSIONS.iter().find(|(known, ..)| *known == api);
    let served = known.is_some_and(|(_, low, high)| (*low..=*high).contains(&version));
    anyhow::ensure!(served, "{api:?} {version} is not served");
    let body = &mut body;
    match api {
        ApiKey::Metadata => {
            encoded(&metadata(shared, &MetadataRequest::decode(body, version)?, error), version)
        }
        ApiKey::ListOffsets => {
            let asked = ListOffsetsRequest::decode(body, version)?;
            encoded(&list_offsets(shared, &asked, error), version)
        }
        ApiKey::Fetch => {
            encoded(&fetch(shared, &FetchRequest::decode(body, version)?, error).await, version)
        }
        ApiKey::OffsetForLeaderEpoch => {
            let asked = OffsetForLeaderEpochRequest::decode(body, version)?;
            encoded(&offset_for_leader_epoch(shared, &asked, error), version)
        }
        ApiKey::DescribeConfigs => {
            let asked = DescribeConfigsRequest::decode(body, version)?;
            encoded(&describe_configs(shared, &asked, error), version)
        }
        ApiKey::FindCoordinator => encoded(&relayed::find_coordinator(shared, error), version),
        ApiKey::Heartbeat => encoded(&relayed::heartbeat(error), version),
        ApiKey::Produce => {
            encoded(&relayed::produce(&ProduceRequest::decode(body, version)?, error), version)
        }
        other => anyhow::bail!("{other:?} is not served"),
    }
}

/// Which APIs are served. An unknown version is answered in version 0, as KIP-511 wants it.
pub(super) fn api_versions(version: i16, error: Option<i16>) -> anyhow::Result<Answered> {
    let served = (0..=3).contains(&version);
    let keys = VERSIONS.iter().map(|(api, low, high)| {
        ApiVersion::default()
            .with_api_key(*api as i16)
            .with_min_version(*low)
            .with_max_version(*high)
    });
    let code = error.unwrap_or(if served { 0 } else { code::UNSUPPORTED_VERSION });
    let answer = ApiVersionsResponse::default().with_error_code(code).with_api_keys(keys.collect());
    encoded(&answer, if served { version } else { 0 })
}

fn metadata(shared: &Shared, asked: &MetadataRequest, error: Option<i16>) -> MetadataResponse {
    let topics = shared.topics.lock();
    let answers = match &asked.topics {
        None => topics.iter().map(|topic| topic_metadata(topic, error)).collect(),
        Some(names) => {
            let names = names.iter().filter_map(|topic| topic.name.clone());
            names.map(|name| named_metadata(&topics, name, error)).collect()
        }
    };
    let broker = MetadataResponseBroker::default()
        .with_node_id(BrokerId(NODE_ID))
        .with_host(StrBytes::from_string(shared.address.ip().to_string()))
        .with_port(i32::from(shared.address.port()));
    MetadataResponse::default()
        .with_brokers(vec![broker])
        .with_cluster_id(Some(StrBytes::from_static_str("scripted")))
        .with_controller_id(BrokerId(NODE_ID))
        .with_topics(answers)
}

fn named_metadata(topics: &[Topic], name: TopicName, error: Option<i16>) -> MetadataResponseTopic {
    match topics.iter().find(|topic| topic.name == name.as_str()) {
        Some(topic) => topic_metadata(topic, error),
        None => MetadataResponseTopic::default()
            .with_error_code(error.unwrap_or(code::UNKNOWN_TOPIC_OR_PARTITION))
            .with_name(Some(name)),
    }
}

fn topic_metadata(topic: &Topic, error: Option<i16>) -> MetadataResponseTopic {
    let partitions = topic.partitions.iter().zip(0..).map(|(partition, index)| {
        let leader = if partition.metadata_error == 0 { NODE_ID } else { -1 };
        MetadataResponsePartition::default()
            .with_error_code(partition.metadata_error)
            .with_partition_index(index)
            .with_leader_id(BrokerId(leader))
            .with_leader_epoch(partition.leader_epoch)
            .with_replica_nodes(vec![BrokerId(NODE_ID)])
            .with_isr_nodes(vec![BrokerId(NODE_ID)])
    });
    MetadataResponseTopic::default()
        .with_error_code(error.unwrap_or(topic.error))
        .with_name(Some(crate::kafka::wire::topic_name(&topic.name)))
        // 32 hex digits are always an id.
        .with_topic_id(format!("{:032x}", topic.id).parse().unwrap_or_default())
        .with_partitions(partitions.collect())
}

fn list_offsets(
    shared: &Shared,
    asked: &ListOffsetsRequest,
    error: Option<i16>,
) -> ListOffsetsResponse {
    let topics = shared.topics.lock();
    let committed = asked.isolation_level == 1;
    let answers = asked.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| {
            let answer = ListOffsetsPartitionResponse::default()
                .with_partition_index(asked.partition_index)
                .with_timestamp(-1)
                .with_offset(-1);
            let Some(found) = partition(&topics, &topic.name, asked.partition_index) else {
                return answer.with_error_code(code::UNKNOWN_TOPIC_OR_PARTITION);
            };
            let refusal = error.unwrap_or(found.list_error);
            if refusal != 0 {
                return answer.with_error_code(refusal);
            }
            let (offset, time) = look_up(found, asked.timestamp, committed);
            answer.with_offset(offset).with_timestamp(time).with_leader_epoch(found.leader_epoch)
        });
        ListOffsetsTopicResponse::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    ListOffsetsResponse::default().with_topics(answers.collect())
}

fn look_up(partition: &Partition, time: i64, committed: bool) -> (i64, i64) {
    match time {
        -1 if committed => (partition.stable(), -1),
        -1 => (partition.high_watermark, -1),
        -2 => (partition.log_start, -1),
        -3 => {
            let all = partition.batches.iter().flat_map(|batch| &batch.timestamps);
            all.copied().max_by_key(|(_, time)| *time).unwrap_or((-1, -1))
        }
        time => partition.offset_at(time).unwrap_or((-1, -1)),
    }
}

/// Waits for data as long as the client allows.
async fn fetch(shared: &Shared, asked: &FetchRequest, error: Option<i16>) -> FetchResponse {
    let asks = asks(asked);
    let wait = Duration::from_millis(u64::try_from(asked.max_wait_ms).unwrap_or(0)).min(WAIT_MAX);
    let deadline = tokio::time::Instant::now() + wait;
    let mut changes = shared.changes.subscribe();
    loop {
        let answers = fetch_now(shared, &asks, error);
        let bytes = answers.iter().filter_map(|(_, answer)| answer.records.as_ref());
        let bytes: usize = bytes.map(Bytes::len).sum();
        let urgent = answers
            .iter()
            .any(|(_, answer)| answer.error_code != 0 || answer.diverging_epoch.end_offset >= 0);
        let enough = bytes >= usize::try_from(asked.min_bytes).unwrap_or(0);
        let waited = tokio::time::timeout_at(deadline, changes.changed());
        if enough || urgent || !matches!(waited.await, Ok(Ok(()))) {
            return FetchResponse::default().with_responses(by_topic(answers));
        }
    }
}

fn fetch_now(
    shared: &Shared,
    asks: &[FetchAsk],
    error: Option<i16>,
) -> Vec<(String, PartitionData)> {
    let topics = shared.topics.lock();
    let one = |ask: &FetchAsk| {
        let found = partition(&topics, &ask.topic, ask.partition);
        let failed = |code| {
            PartitionData::default()
                .with_partition_index(ask.partition)
                .with_error_code(code)
                .with_high_watermark(-1)
                .with_records(Some(Bytes::new()))
        };
        let answer = match (error, found) {
            (Some(error), _) => failed(error),
            (None, None) => failed(code::UNKNOWN_TOPIC_OR_PARTITION),
            (None, Some(found)) => found.fetch(ask),
        };
        (ask.topic.clone(), answer)
    };
    asks.iter().map(one).collect()
}

fn by_topic(answers: Vec<(String, PartitionData)>) -> Vec<FetchableTopicResponse> {
    let mut topics: Vec<FetchableTopicResponse> = Vec::new();
    for (name, answer) in answers {
        match topics.iter_mut().find(|topic| topic.topic.as_str() == name) {
            Some(topic) => topic.partitions.push(answer),
            None => topics.push(
                FetchableTopicResponse::default()
                    .with_topic(crate::kafka::wire::topic_name(&name))
                    .with_partitions(vec![answer]),
            ),
        }
    }
    topics
}

fn offset_for_leader_epoch(
    shared: &Shared,
    asked: &OffsetForLeaderEpochRequest,
    error: Option<i16>,
) -> OffsetForLeaderEpochResponse {
    let topics = shared.topics.lock();
    let answers = asked.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| {
            let answer = EpochEndOffset::default().with_partition(asked.partition);
            let found = partition(&topics, &topic.topic, asked.partition);
            match (error, found) {
                (Some(error), _) => answer.with_error_code(error),
                (None, None) => answer.with_error_code(code::UNKNOWN_TOPIC_OR_PARTITION),
                (None, Some(found)) => {
                    let (epoch, end) = found.end_of_epoch(asked.leader_epoch);
                    answer.with_leader_epoch(epoch).with_end_offset(end)
                }
            }
        });
        OffsetForLeaderTopicResult::default()
            .with_topic(topic.topic.clone())
            .with_partitions(partitions.collect())
    });
    OffsetForLeaderEpochResponse::default().with_topics(answers.collect())
}

fn describe_configs(
    shared: &Shared,
    asked: &DescribeConfigsRequest,
    error: Option<i16>,
) -> DescribeConfigsResponse {
    let topics = shared.topics.lock();
    let answers = asked.resources.iter().map(|resource| {
        let answer = DescribeConfigsResult::default()
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name.clone());
        let found = topics.iter().find(|topic| topic.name == resource.resource_name.as_str());
        match (error, found) {
            (Some(error), _) => answer.with_error_code(error),
            (None, None) => answer.with_error_code(code::UNKNOWN_TOPIC_OR_PARTITION),
            (None, Some(topic)) => {
                let keys = resource.configuration_keys.as_ref();
                let wanted = |name: &str| {
                    keys.is_none_or(|keys| keys.iter().any(|key| key.as_str() == name))
                };
                let configs = topic.config.iter().filter(|(name, _)| wanted(name));
                let configs = configs.map(|(name, value)| {
                    DescribeConfigsResourceResult::default()
                        .with_name(StrBytes::from_string(name.clone()))
                        .with_value(Some(StrBytes::from_string(value.clone())))
                });
                answer.with_configs(configs.collect())
            }
        }
    });
    DescribeConfigsResponse::default().with_results(answers.collect())
}

fn partition<'a>(topics: &'a [Topic], name: &str, index: i32) -> Option<&'a Partition> {
    let topic = topics.iter().find(|topic| topic.name == name)?;
    topic.partitions.get(usize::try_from(index).ok()?)
}
