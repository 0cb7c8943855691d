use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::create_topics_request::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig,
};
use kafka_protocol::messages::delete_records_request::{
    DeleteRecordsPartition, DeleteRecordsTopic,
};
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::{
    ApiKey, BrokerId, CreateTopicsRequest, DeleteRecordsRequest, DeleteTopicsRequest,
    DescribeConfigsRequest, RequestKind, TopicName,
};
use kafka_protocol::protocol::StrBytes;

use super::decode;
use crate::api;

fn text(text: &'static str) -> StrBytes {
    StrBytes::from_static_str(text)
}

/// A request of each version.
type Sample = Box<dyn Fn(i16) -> RequestKind>;

fn samples() -> Vec<(ApiKey, Sample)> {
    let create = |_| {
        let assignment =
            CreatableReplicaAssignment::default().with_broker_ids(vec![BrokerId(1), BrokerId(2)]);
        let config =
            CreatableTopicConfig::default().with_name(text("a")).with_value(Some(text("b")));
        let topic = CreatableTopic::default()
            .with_name(TopicName(text("t")))
            .with_assignments(vec![assignment])
            .with_configs(vec![config.clone(), config.with_value(None)]);
        CreateTopicsRequest::default().with_topics(vec![topic]).into()
    };
    let delete = |version| {
        let request = DeleteTopicsRequest::default();
        match version {
            6 => {
                let named = DeleteTopicState::default().with_name(Some(TopicName(text("t"))));
                request.with_topics(vec![named, DeleteTopicState::default()]).into()
            }
            _ => request.with_topic_names(vec![TopicName(text("t"))]).into(),
        }
    };
    let empty = |_| {
        let partition = DeleteRecordsPartition::default().with_offset(7);
        let topic = DeleteRecordsTopic::default().with_partitions(vec![partition]);
        DeleteRecordsRequest::default().with_topics(vec![topic]).into()
    };
    let describe = |_| {
        let keyed = DescribeConfigsResource::default()
            .with_resource_type(2)
            .with_configuration_keys(Some(vec![text("retention.ms")]));
        let all = keyed.clone().with_configuration_keys(None);
        DescribeConfigsRequest::default().with_resources(vec![keyed, all]).into()
    };
    vec![
        (ApiKey::CreateTopics, Box::new(create)),
        (ApiKey::DeleteTopics, Box::new(delete)),
        (ApiKey::DeleteRecords, Box::new(empty)),
        (ApiKey::DescribeConfigs, Box::new(describe)),
    ]
}

#[test]
fn the_tables_walk_exactly_what_the_codec_writes() {
    for (api, sample) in samples() {
        let (low, high) = api::range(api).expect("served");
        for version in low..=high {
            let request = sample(version);
            let mut bytes = BytesMut::new();
            request.encode(&mut bytes, version).expect("encoded");
            let bytes = bytes.freeze();
            assert_eq!(decode(api, version, bytes.clone()), Some(request), "{api:?} {version}");
            for cut in 0..bytes.len() {
                assert_eq!(decode(api, version, bytes.slice(..cut)), None, "{api:?} {version}");
            }
        }
    }
}

#[test]
fn counts_that_nothing_backs_are_refused() {
    let huge = Bytes::from_static(&[0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0]);
    for api in [ApiKey::CreateTopics, ApiKey::DeleteTopics, ApiKey::DeleteRecords] {
        let (low, _) = api::range(api).expect("served");
        assert_eq!(decode(api, low, huge.clone()), None, "{api:?}");
    }
    assert_eq!(decode(ApiKey::Metadata, 1, huge), None);
}

#[test]
fn everything_that_is_served_has_a_table() {
    for (api, low, high) in api::served() {
        for version in [low, high] {
            // Without a table nothing at all is decoded; with one, enough zeros are a request.
            let decoded = decode(api, version, Bytes::from(vec![0; 256]));
            let raw = RequestKind::decode(api, &mut Bytes::from(vec![0; 256]), version);
            assert_eq!(decoded.is_some(), raw.is_ok(), "{api:?} {version}");
        }
    }
}
