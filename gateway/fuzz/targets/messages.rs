//! Messages of the protocol: guard first, then the codec. What the guard lets through is decoded in
//! bounded memory; a line for each message that the gateway decodes.

use bytes::Bytes;
use gateway::kafka::{BadRequest, Call};
use gateway::wire::{fetch_answer, guard};
use kafka_protocol::messages::*;
use kafka_protocol::protocol::Decodable;

/// Frames of a client, as they come: header, guard, codec.
pub(crate) fn requests(data: &[u8]) {
    let Ok(call) = Call::read(Bytes::copy_from_slice(data)) else {
        return;
    };
    let decoded = match call.api {
        0 => call.decode::<ProduceRequest>().map(drop),
        1 => call.decode::<FetchRequest>().map(drop),
        2 => call.decode::<ListOffsetsRequest>().map(drop),
        3 => call.decode::<MetadataRequest>().map(drop),
        8 => call.decode::<OffsetCommitRequest>().map(drop),
        9 => call.decode::<OffsetFetchRequest>().map(drop),
        10 => call.decode::<FindCoordinatorRequest>().map(drop),
        11 => call.decode::<JoinGroupRequest>().map(drop),
        12 => call.decode::<HeartbeatRequest>().map(drop),
        13 => call.decode::<LeaveGroupRequest>().map(drop),
        14 => call.decode::<SyncGroupRequest>().map(drop),
        15 => call.decode::<DescribeGroupsRequest>().map(drop),
        16 => call.decode::<ListGroupsRequest>().map(drop),
        17 => call.decode::<SaslHandshakeRequest>().map(drop),
        18 => call.decode::<ApiVersionsRequest>().map(drop),
        22 => call.decode::<InitProducerIdRequest>().map(drop),
        23 => call.decode::<OffsetForLeaderEpochRequest>().map(drop),
        24 => call.decode::<AddPartitionsToTxnRequest>().map(drop),
        25 => call.decode::<AddOffsetsToTxnRequest>().map(drop),
        26 => call.decode::<EndTxnRequest>().map(drop),
        28 => call.decode::<TxnOffsetCommitRequest>().map(drop),
        36 => call.decode::<SaslAuthenticateRequest>().map(drop),
        42 => call.decode::<DeleteGroupsRequest>().map(drop),
        47 => call.decode::<OffsetDeleteRequest>().map(drop),
        60 => call.decode::<DescribeClusterRequest>().map(drop),
        other => {
            let checked = guard::check_request(other, call.version, &call.body);
            assert_eq!(checked, Err(guard::GuardError::Undescribed), "API {other} is not here");
            Err(BadRequest::Undescribed)
        }
    };
    if decoded.is_ok() {
        assert!(guard::check_request(call.api, call.version, &call.body).is_ok());
    }
}

/// Answers of a broker: two bytes choose the API and the version.
pub(crate) fn answers(data: &[u8]) {
    let Some((&[api, version], body)) = data.split_first_chunk::<2>() else {
        return;
    };
    let (api, version) = (i16::from(api % 75), i16::from(version % 18));
    let body = Bytes::copy_from_slice(body);
    let _ = fetch_answer::read(&body, 4 + version % 10);
    let Ok(taken) = guard::check_answer(api, version, &body) else { return };
    assert!(taken <= body.len());
    let _ = match api {
        0 => decoded::<ProduceResponse>(body, version),
        2 => decoded::<ListOffsetsResponse>(body, version),
        3 => decoded::<MetadataResponse>(body, version),
        8 => decoded::<OffsetCommitResponse>(body, version),
        9 => decoded::<OffsetFetchResponse>(body, version),
        10 => decoded::<FindCoordinatorResponse>(body, version),
        11 => decoded::<JoinGroupResponse>(body, version),
        12 => decoded::<HeartbeatResponse>(body, version),
        13 => decoded::<LeaveGroupResponse>(body, version),
        14 => decoded::<SyncGroupResponse>(body, version),
        15 => decoded::<DescribeGroupsResponse>(body, version),
        16 => decoded::<ListGroupsResponse>(body, version),
        17 => decoded::<SaslHandshakeResponse>(body, version),
        18 => decoded::<ApiVersionsResponse>(body, version),
        22 => decoded::<InitProducerIdResponse>(body, version),
        23 => decoded::<OffsetForLeaderEpochResponse>(body, version),
        24 => decoded::<AddPartitionsToTxnResponse>(body, version),
        25 => decoded::<AddOffsetsToTxnResponse>(body, version),
        26 => decoded::<EndTxnResponse>(body, version),
        28 => decoded::<TxnOffsetCommitResponse>(body, version),
        32 => decoded::<DescribeConfigsResponse>(body, version),
        36 => decoded::<SaslAuthenticateResponse>(body, version),
        42 => decoded::<DeleteGroupsResponse>(body, version),
        47 => decoded::<OffsetDeleteResponse>(body, version),
        other => panic!("answers of API {other} are not here"),
    };
}

fn decoded<A: Decodable>(mut body: Bytes, version: i16) -> bool {
    A::decode(&mut body, version).is_ok()
}
