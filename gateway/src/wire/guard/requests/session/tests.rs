use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{
    ApiVersionsRequest, DescribeClusterRequest, FindCoordinatorRequest, MetadataRequest,
    SaslAuthenticateRequest, SaslHandshakeRequest, TopicName,
    metadata_request::MetadataRequestTopic,
};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};

use super::super::super::trial::{self, Sample};
use super::super::super::{GuardError, REQUEST_ELEMENTS_MAX, check_request};
use super::*;
use crate::wire::WireError;

fn text(text: &'static str) -> StrBytes {
    StrBytes::from_static_str(text)
}

fn encoded(message: &impl Encodable, version: i16) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    message.encode(&mut bytes, version).unwrap();
    bytes.to_vec()
}

/// A request with every array filled.
fn sample(api_key: i16, version: i16) -> Vec<u8> {
    match api_key {
        3 => {
            let topic = MetadataRequestTopic::default().with_name(Some(TopicName(text("orders"))));
            encoded(&MetadataRequest::default().with_topics(Some(vec![topic; 2])), version)
        }
        10 if version < 4 => {
            encoded(&FindCoordinatorRequest::default().with_key(text("g")), version)
        }
        10 => {
            let keys = vec![text("a"), text("group")];
            encoded(&FindCoordinatorRequest::default().with_coordinator_keys(keys), version)
        }
        17 => encoded(&SaslHandshakeRequest::default().with_mechanism(text("PLAIN")), version),
        18 if version < 3 => encoded(&ApiVersionsRequest::default(), version),
        18 => {
            let named = ApiVersionsRequest::default().with_client_software_name(text("rdkafka"));
            encoded(&named.with_client_software_version(text("1")), version)
        }
        36 => {
            let token = Bytes::from_static(b"\0user\0secret");
            encoded(&SaslAuthenticateRequest::default().with_auth_bytes(token), version)
        }
        60 => encoded(&DescribeClusterRequest::default().with_endpoint_type(1), version),
        other => panic!("no sample of API {other}"),
    }
}

fn decodes(api_key: i16, version: i16, bytes: &[u8]) -> bool {
    let bytes = &mut Bytes::copy_from_slice(bytes);
    match api_key {
        3 => MetadataRequest::decode(bytes, version).is_ok(),
        10 => FindCoordinatorRequest::decode(bytes, version).is_ok(),
        17 => SaslHandshakeRequest::decode(bytes, version).is_ok(),
        18 => ApiVersionsRequest::decode(bytes, version).is_ok(),
        36 => SaslAuthenticateRequest::decode(bytes, version).is_ok(),
        60 => DescribeClusterRequest::decode(bytes, version).is_ok(),
        other => panic!("no codec of API {other}"),
    }
}

fn samples() -> impl Iterator<Item = Sample> {
    trial::samples(ALL.iter().copied(), |message, version| sample(message.api_key, version))
}

#[test]
fn tables_hold() {
    trial::tables_hold(samples(), decodes);
}

#[test]
fn elements_of_a_byte_do_not_become_hundreds_of_megabytes() {
    // ListGroups 4: an array of empty strings, each one byte here and 32 in memory.
    let states = |count: u32| {
        let states = vec![1; count as usize];
        [&varint(count + 1)[..], &states, &[0]].concat()
    };
    let most = u32::try_from(REQUEST_ELEMENTS_MAX).unwrap();
    assert_eq!(check_request(16, 4, &states(most)), Ok(most as usize + 4));
    let one_more = check_request(16, 4, &states(most + 1));
    assert_eq!(one_more, Err(WireError::TooLarge.into()));
    // SaslAuthenticate 2: what the codec keeps of tags that nobody knows.
    let tagged = |count: u8| {
        let tags = (0..count).flat_map(|tag| [tag, 0]);
        [&[1, count][..], &tags.collect::<Vec<u8>>()].concat()
    };
    assert_eq!(check_request(36, 2, &tagged(32)), Ok(66));
    assert_eq!(check_request(36, 2, &tagged(33)), Err(WireError::TooLarge.into()));
}

fn varint(mut value: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value as u8 & 0x7f) | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

#[test]
fn counts_that_end_the_process_are_refused() {
    let nine_bytes = [&i32::MAX.to_be_bytes()[..], &[0; 5]].concat();
    assert!(matches!(check_request(3, 4, &nine_bytes), Err(GuardError::Wire(_))));
    let compact = [0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 0];
    assert!(matches!(check_request(3, 12, &compact), Err(GuardError::Wire(_))));
    assert!(matches!(
        check_request(10, 4, &[&[0], &compact[..]].concat()),
        Err(GuardError::Wire(_))
    ));
    assert_eq!(check_request(19, 5, &nine_bytes), Err(GuardError::Undescribed));
}
