//! Real messages pass, hostile ones do not; and whatever passes, the codec decodes without asking
//! for more memory than the bytes justify.

use bytes::{Bytes, BytesMut};
use kafka_protocol::{
    messages::{
        ApiVersionsResponse, DescribeConfigsResponse, ListOffsetsResponse, MetadataResponse,
        OffsetForLeaderEpochResponse, SaslAuthenticateResponse, SaslHandshakeResponse, TopicName,
        api_versions_response::{ApiVersion, FinalizedFeatureKey, SupportedFeatureKey},
        describe_configs_response::{
            DescribeConfigsResourceResult, DescribeConfigsResult, DescribeConfigsSynonym,
        },
        list_offsets_response::{ListOffsetsPartitionResponse, ListOffsetsTopicResponse},
        metadata_response::{
            MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
        },
        offset_for_leader_epoch_response::{EpochEndOffset, OffsetForLeaderTopicResult},
    },
    protocol::{Decodable, Encodable, StrBytes},
};

use super::trial::{self, Sample};
use super::*;

mod relayed;

fn text(text: &'static str) -> StrBytes {
    StrBytes::from_static_str(text)
}

fn encoded(message: &impl Encodable, version: i16) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    message.encode(&mut bytes, version).unwrap();
    bytes.to_vec()
}

/// One message of every described API and version, with every array filled.
fn samples() -> impl Iterator<Item = Sample> {
    trial::samples(answers::ALL.iter().copied(), |message, version| {
        sample(message.api_key, version)
    })
}

fn sample(api_key: i16, version: i16) -> Vec<u8> {
    match api_key {
        2 => {
            let partition = ListOffsetsPartitionResponse::default().with_offset(9);
            let topic = ListOffsetsTopicResponse::default()
                .with_name(TopicName(text("orders")))
                .with_partitions(vec![partition.clone(), partition]);
            let answer = ListOffsetsResponse::default().with_topics(vec![topic]);
            encoded(&answer, version)
        }
        3 => metadata(version),
        17 => {
            let mechanisms = vec![text("PLAIN"), text("SCRAM-SHA-512")];
            let answer = SaslHandshakeResponse::default().with_mechanisms(mechanisms);
            encoded(&answer, version)
        }
        18 => api_versions(version),
        23 => {
            let topic = OffsetForLeaderTopicResult::default()
                .with_topic(TopicName(text("orders")))
                .with_partitions(vec![EpochEndOffset::default()]);
            let answer = OffsetForLeaderEpochResponse::default().with_topics(vec![topic]);
            encoded(&answer, version)
        }
        32 => describe_configs(version),
        36 => {
            let answer = SaslAuthenticateResponse::default()
                .with_error_message(None)
                .with_auth_bytes(Bytes::from_static(b"r=nonce"));
            encoded(&answer, version)
        }
        other => relayed::sample(other, version),
    }
}

fn metadata(version: i16) -> Vec<u8> {
    let broker = MetadataResponseBroker::default().with_host(text("localhost")).with_port(9092);
    let mut partition = MetadataResponsePartition::default()
        .with_replica_nodes(vec![1.into(), 2.into()])
        .with_isr_nodes(vec![1.into()]);
    if version >= 5 {
        partition.offline_replicas = vec![2.into()];
    }
    let topic = MetadataResponseTopic::default()
        .with_name(Some(TopicName(text("orders"))))
        .with_partitions(vec![partition.clone(), partition]);
    let answer = MetadataResponse::default()
        .with_brokers(vec![broker])
        .with_topics(vec![topic.clone(), topic]);
    encoded(&answer, version)
}

fn api_versions(version: i16) -> Vec<u8> {
    let mut answer = ApiVersionsResponse::default();
    answer.api_keys = vec![ApiVersion::default().with_api_key(3), ApiVersion::default()];
    if version >= 3 {
        let name = text("metadata.version");
        answer.supported_features = vec![SupportedFeatureKey::default().with_name(name.clone())];
        answer.finalized_features = vec![FinalizedFeatureKey::default().with_name(name)];
        answer.finalized_features_epoch = 7;
        answer.zk_migration_ready = true;
    }
    encoded(&answer, version)
}

fn describe_configs(version: i16) -> Vec<u8> {
    let synonym = DescribeConfigsSynonym::default()
        .with_name(text("log.cleanup.policy"))
        .with_value(Some(text("delete")));
    let entry = DescribeConfigsResourceResult::default()
        .with_name(text("cleanup.policy"))
        .with_value(Some(text("compact")))
        .with_documentation(if version >= 3 { None } else { Some(text("")) })
        .with_synonyms(vec![synonym]);
    let result = DescribeConfigsResult::default()
        .with_resource_name(text("orders"))
        .with_configs(vec![entry]);
    let answer = DescribeConfigsResponse::default().with_results(vec![result]);
    encoded(&answer, version)
}

fn decodes(api_key: i16, version: i16, bytes: &[u8]) -> bool {
    let mut bytes = Bytes::copy_from_slice(bytes);
    let bytes = &mut bytes;
    match api_key {
        2 => ListOffsetsResponse::decode(bytes, version).is_ok(),
        3 => MetadataResponse::decode(bytes, version).is_ok(),
        17 => SaslHandshakeResponse::decode(bytes, version).is_ok(),
        18 => ApiVersionsResponse::decode(bytes, version).is_ok(),
        23 => OffsetForLeaderEpochResponse::decode(bytes, version).is_ok(),
        32 => DescribeConfigsResponse::decode(bytes, version).is_ok(),
        36 => SaslAuthenticateResponse::decode(bytes, version).is_ok(),
        other => relayed::decodes(other, bytes, version),
    }
}

#[test]
fn tables_hold() {
    trial::tables_hold(samples(), decodes);
}

#[test]
fn bytes_after_the_message_are_tolerated() {
    for (message, version, mut bytes) in samples() {
        let length = bytes.len();
        bytes.extend([0xff; 3]);
        assert_eq!(check_answer(message.api_key, version, &bytes), Ok(length));
    }
}

#[test]
fn what_is_not_described_is_refused() {
    assert_eq!(check_answer(3, 14, &[0; 64]), Err(GuardError::Undescribed));
    assert_eq!(check_answer(3, -1, &[0; 64]), Err(GuardError::Undescribed));
    assert_eq!(check_answer(1, 12, &[0; 64]), Err(GuardError::Undescribed));
}

#[test]
fn counts_that_end_the_process_are_refused() {
    // Metadata 1: brokers. The nine bytes that made the codec ask for 154 GB.
    for count in [i32::MAX, i32::MAX / 2, 1_000_000, -2, i32::MIN] {
        let mut body = count.to_be_bytes().to_vec();
        body.extend([0; 5]);
        assert_eq!(check_answer(3, 1, &body), Err(WireError::BadLength.into()));
    }
    // Metadata 9: the same as a compact count of five bytes.
    let mut body = vec![0; 4];
    body.extend([0xff, 0xff, 0xff, 0xff, 0x0f]);
    body.extend([0; 100]);
    assert_eq!(check_answer(3, 9, &body), Err(WireError::BadLength.into()));
    // A count that the remaining bytes could hold as bytes, but not as elements.
    let mut body = vec![0; 4];
    body.push(100);
    body.extend([0; 99]);
    assert_eq!(check_answer(3, 9, &body), Err(WireError::BadLength.into()));
    // ApiVersions 3, a feature count inside a tagged field.
    let mut body = vec![0, 0, 1, 0, 0, 0, 0, 1, 0, 5];
    body.extend([0xff, 0xff, 0xff, 0xff, 0x0f]);
    assert_eq!(check_answer(18, 3, &body), Err(WireError::BadLength.into()));
}

#[test]
fn endless_varints_and_tag_bombs_are_refused() {
    let head = [0, 0, 1, 0, 0, 0, 0]; // ApiVersions 3: no error, no APIs, no throttling
    for tags in [
        &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff][..], // a varint that never ends
        &[0xff, 0xff, 0xff, 0xff, 0x1f],                 // one of more than 32 bits
        &[0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0],           // four billion tags
        &[2, 9, 0, 9, 0],                                // the same tag twice
        &[2, 9, 0, 8, 0],                                // tags that go down
        &[1, 9, 5, 0],                                   // a tag longer than the message
        &[1, 3, 2, 0, 0],                                // a known tag of the wrong size
        &[1, 1, 3, 0, 0, 0],                             // a known tag that is too short
    ] {
        let body = [&head[..], tags].concat();
        assert!(check_answer(18, 3, &body).is_err(), "{tags:?}");
    }
    let fine = [&head[..], &[2, 8, 1, 0xaa, 9, 0]].concat();
    assert_eq!(check_answer(18, 3, &fine), Ok(fine.len()));
}
