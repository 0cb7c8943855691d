//! Which APIs are served, in which versions.

use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::{ApiKey, ApiVersionsResponse, ResponseKind};

use crate::code;

/// API, lowest and highest version. Fetch and Produce go by names, not by topic ids; transactions
/// are those before KIP-890.
const SERVED: &[(ApiKey, i16, i16)] = &[
    (ApiKey::Produce, 3, 11),
    (ApiKey::Fetch, 4, 12),
    (ApiKey::ListOffsets, 1, 10),
    (ApiKey::Metadata, 0, 13),
    (ApiKey::OffsetCommit, 2, 9),
    (ApiKey::OffsetFetch, 1, 9),
    (ApiKey::FindCoordinator, 0, 6),
    (ApiKey::JoinGroup, 0, 9),
    (ApiKey::Heartbeat, 0, 4),
    (ApiKey::LeaveGroup, 0, 5),
    (ApiKey::SyncGroup, 0, 5),
    (ApiKey::DescribeGroups, 0, 6),
    (ApiKey::ListGroups, 0, 5),
    (ApiKey::SaslHandshake, 0, 1),
    (ApiKey::ApiVersions, 0, 4),
    (ApiKey::CreateTopics, 2, 7),
    (ApiKey::DeleteTopics, 1, 6),
    (ApiKey::DeleteRecords, 0, 2),
    (ApiKey::InitProducerId, 0, 5),
    (ApiKey::OffsetForLeaderEpoch, 2, 4),
    (ApiKey::AddPartitionsToTxn, 0, 3),
    (ApiKey::AddOffsetsToTxn, 0, 4),
    (ApiKey::EndTxn, 0, 4),
    (ApiKey::TxnOffsetCommit, 0, 4),
    (ApiKey::DescribeConfigs, 1, 4),
    (ApiKey::SaslAuthenticate, 0, 2),
    (ApiKey::DeleteGroups, 0, 2),
    (ApiKey::OffsetDelete, 0, 0),
    (ApiKey::DescribeCluster, 0, 2),
];

/// Lowest and highest version of an API.
pub(crate) fn range(api: ApiKey) -> Option<(i16, i16)> {
    SERVED.iter().find(|(served, ..)| *served == api).map(|(_, low, high)| (*low, *high))
}

/// Whether an API is served in that version.
pub(crate) fn serves(api: ApiKey, version: i16) -> bool {
    range(api).is_some_and(|(low, high)| (low..=high).contains(&version))
}

/// Everything that is served.
#[cfg(test)]
pub(crate) fn served() -> impl Iterator<Item = (ApiKey, i16, i16)> {
    SERVED.iter().copied()
}

/// The answer to ApiVersions.
pub(crate) fn versions(version: i16) -> ResponseKind {
    let keys = SERVED.iter().map(|(api, low, high)| {
        // librdkafka takes a broker that does not name Produce 0 for one that knows no
        // compression (KAFKA-18659); Kafka names it for that reason.
        let low = if *api == ApiKey::Produce { 0 } else { *low };
        let key = ApiVersion::default().with_api_key(*api as i16);
        key.with_min_version(low).with_max_version(*high)
    });
    let known = serves(ApiKey::ApiVersions, version);
    let code = if known { code::NONE } else { code::UNSUPPORTED_VERSION };
    let answer = ApiVersionsResponse::default().with_error_code(code);
    answer.with_api_keys(keys.collect()).into()
}
