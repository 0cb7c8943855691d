use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{
    ApiVersionsRequest, DescribeClusterRequest, FindCoordinatorRequest, MetadataRequest,
    SaslAuthenticateRequest, SaslHandshakeRequest, TopicName,
    metadata_request::MetadataRequestTopic,
};
use kafka_protocol::protocol::{Encodable, StrBytes};

use super::super::super::{GuardError, check, check_request};
use super::*;

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

#[test]
fn tables_agree_with_the_codec_in_every_version() {
    for message in ALL {
        for version in message.versions.0..=message.versions.1 {
            let body = sample(message.api_key, version);
            let walked = check(message, version, &body);
            assert_eq!(walked, Ok(body.len()), "API {} version {version}", message.api_key);
            for cut in 0..body.len() {
                let refused = check_request(message.api_key, version, &body[..cut]);
                assert!(refused.is_err(), "API {} version {version} cut {cut}", message.api_key);
            }
        }
    }
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
