//! The one table of what the Kafka door serves: every API that the message codec knows, the
//! versions it knows, and what was decided about it. What is refused is not advertised; a client
//! that sends it anyway is disconnected, as brokers do.

use kafka_protocol::messages::ApiKey;

/// One API and what was decided about it.
#[derive(Clone, Copy, Debug)]
pub struct Api {
    /// API key.
    pub key: i16,
    /// Its name, as a metric label.
    pub name: &'static str,
    /// The codec's versions when this was decided: a codec that learns more fails a test, so that
    /// somebody decides anew.
    pub codec: (i16, i16),
    /// What was decided.
    pub how: How,
}

/// What is done with an API's requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Answered here, in versions from–to.
    Terminated(i16, i16),
    /// Rewritten and forwarded to a broker, in versions from–to.
    Forwarded(i16, i16),
    /// Not served.
    Refused,
}

impl Api {
    const fn new(key: i16, name: &'static str, codec: (i16, i16), how: How) -> Self {
        Self { key, name, codec, how }
    }

    /// Lowest and highest version served.
    pub fn served(&self) -> Option<(i16, i16)> {
        match self.how {
            How::Terminated(low, high) | How::Forwarded(low, high) => Some((low, high)),
            How::Refused => None,
        }
    }

    /// Lowest and highest version that ApiVersions names.
    pub fn advertised(&self) -> Option<(i16, i16)> {
        // librdkafka before 2.11 takes from the list what else a broker can do: without Produce 3
        // it does not fetch, without 7 it reads no zstd, and where 0 is missing it silently does
        // not compress (KAFKA-18659). So all versions are named, also while none is served.
        if self.key == ApiKey::Produce as i16 {
            return Some((0, self.served().map_or(PRODUCE_NAMED, |(_, high)| high)));
        }
        // In the same way every librdkafka logs in only where SaslHandshake 0 is in its range,
        // though version 0 is refused.
        self.served()
    }
}

/// The highest version of Produce that is named while none is served: by topic name, as those
/// clients know it.
const PRODUCE_NAMED: i16 = 12;

/// The API of a key.
pub fn api(key: i16) -> Option<&'static Api> {
    ALL.binary_search_by_key(&key, |api| api.key).ok().and_then(|at| ALL.get(at))
}

/// The API of a key, if it is served in this version.
pub fn served(key: i16, version: i16) -> Option<&'static Api> {
    let api = api(key)?;
    let (low, high) = api.served()?;
    (low..=high).contains(&version).then_some(api)
}

/// Whether an answer's header ends with tagged fields. ApiVersions' never does: a client cannot
/// know yet what the gateway speaks (KIP-511).
pub fn answers_flexibly(key: i16, version: i16) -> bool {
    ApiKey::try_from(key).is_ok_and(|api| api.response_header_version(version) >= 1)
}

/// Every API that the codec knows, by key.
#[rustfmt::skip]
pub static ALL: &[Api] = &[
    Api::new(0, "Produce", (3, 13), How::Forwarded(3, 13)),
    Api::new(1, "Fetch", (4, 18), How::Terminated(4, 17)),
    Api::new(2, "ListOffsets", (1, 10), How::Forwarded(1, 10)),
    Api::new(3, "Metadata", (0, 13), How::Terminated(0, 13)),
    Api::new(8, "OffsetCommit", (2, 10), How::Forwarded(2, 9)),
    Api::new(9, "OffsetFetch", (1, 10), How::Forwarded(1, 9)),
    Api::new(10, "FindCoordinator", (0, 6), How::Terminated(0, 6)),
    Api::new(11, "JoinGroup", (0, 9), How::Forwarded(0, 9)),
    Api::new(12, "Heartbeat", (0, 4), How::Forwarded(0, 4)),
    Api::new(13, "LeaveGroup", (0, 5), How::Forwarded(0, 5)),
    Api::new(14, "SyncGroup", (0, 5), How::Forwarded(0, 5)),
    Api::new(15, "DescribeGroups", (0, 6), How::Forwarded(0, 6)),
    Api::new(16, "ListGroups", (0, 5), How::Forwarded(0, 5)),
    Api::new(17, "SaslHandshake", (0, 1), How::Terminated(0, 1)),
    Api::new(18, "ApiVersions", (0, 4), How::Terminated(0, 4)),
    Api::new(19, "CreateTopics", (2, 7), How::Refused),
    Api::new(20, "DeleteTopics", (1, 6), How::Refused),
    Api::new(21, "DeleteRecords", (0, 2), How::Refused),
    Api::new(22, "InitProducerId", (0, 6), How::Forwarded(0, 5)),
    Api::new(23, "OffsetForLeaderEpoch", (2, 4), How::Forwarded(2, 4)),
    Api::new(24, "AddPartitionsToTxn", (0, 5), How::Forwarded(0, 3)),
    Api::new(25, "AddOffsetsToTxn", (0, 4), How::Forwarded(0, 4)),
    Api::new(26, "EndTxn", (0, 5), How::Forwarded(0, 4)),
    Api::new(27, "WriteTxnMarkers", (1, 1), How::Refused),
    Api::new(28, "TxnOffsetCommit", (0, 5), How::Forwarded(0, 4)),
    Api::new(29, "DescribeAcls", (1, 3), How::Refused),
    Api::new(30, "CreateAcls", (1, 3), How::Refused),
    Api::new(31, "DeleteAcls", (1, 3), How::Refused),
    Api::new(32, "DescribeConfigs", (1, 4), How::Refused),
    Api::new(33, "AlterConfigs", (0, 2), How::Refused),
    Api::new(34, "AlterReplicaLogDirs", (1, 2), How::Refused),
    Api::new(35, "DescribeLogDirs", (1, 4), How::Refused),
    Api::new(36, "SaslAuthenticate", (0, 2), How::Terminated(0, 2)),
    Api::new(37, "CreatePartitions", (0, 3), How::Refused),
    Api::new(38, "CreateDelegationToken", (1, 3), How::Refused),
    Api::new(39, "RenewDelegationToken", (1, 2), How::Refused),
    Api::new(40, "ExpireDelegationToken", (1, 2), How::Refused),
    Api::new(41, "DescribeDelegationToken", (1, 3), How::Refused),
    Api::new(42, "DeleteGroups", (0, 2), How::Forwarded(0, 2)),
    Api::new(43, "ElectLeaders", (0, 2), How::Refused),
    Api::new(44, "IncrementalAlterConfigs", (0, 1), How::Refused),
    Api::new(45, "AlterPartitionReassignments", (0, 1), How::Refused),
    Api::new(46, "ListPartitionReassignments", (0, 0), How::Refused),
    Api::new(47, "OffsetDelete", (0, 0), How::Forwarded(0, 0)),
    Api::new(48, "DescribeClientQuotas", (0, 1), How::Refused),
    Api::new(49, "AlterClientQuotas", (0, 1), How::Refused),
    Api::new(50, "DescribeUserScramCredentials", (0, 0), How::Refused),
    Api::new(51, "AlterUserScramCredentials", (0, 0), How::Refused),
    Api::new(52, "Vote", (0, 2), How::Refused),
    Api::new(53, "BeginQuorumEpoch", (0, 1), How::Refused),
    Api::new(54, "EndQuorumEpoch", (0, 1), How::Refused),
    Api::new(55, "DescribeQuorum", (0, 2), How::Refused),
    Api::new(56, "AlterPartition", (2, 3), How::Refused),
    Api::new(57, "UpdateFeatures", (0, 2), How::Refused),
    Api::new(58, "Envelope", (0, 0), How::Refused),
    Api::new(59, "FetchSnapshot", (0, 1), How::Refused),
    Api::new(60, "DescribeCluster", (0, 2), How::Terminated(0, 2)),
    Api::new(61, "DescribeProducers", (0, 0), How::Refused),
    Api::new(62, "BrokerRegistration", (0, 4), How::Refused),
    Api::new(63, "BrokerHeartbeat", (0, 1), How::Refused),
    Api::new(64, "UnregisterBroker", (0, 0), How::Refused),
    Api::new(65, "DescribeTransactions", (0, 0), How::Refused),
    Api::new(66, "ListTransactions", (0, 2), How::Refused),
    Api::new(67, "AllocateProducerIds", (0, 0), How::Refused),
    // KIP-848: the broker would match regular expressions over real topics.
    Api::new(68, "ConsumerGroupHeartbeat", (0, 1), How::Refused),
    Api::new(69, "ConsumerGroupDescribe", (0, 1), How::Refused),
    Api::new(70, "ControllerRegistration", (0, 0), How::Refused),
    // KIP-714: a request a client saved.
    Api::new(71, "GetTelemetrySubscriptions", (0, 0), How::Refused),
    Api::new(72, "PushTelemetry", (0, 0), How::Refused),
    Api::new(73, "AssignReplicasToDirs", (0, 0), How::Refused),
    Api::new(74, "ListConfigResources", (0, 1), How::Refused),
    // Java falls back to Metadata.
    Api::new(75, "DescribeTopicPartitions", (0, 0), How::Refused),
    // KIP-932: the acknowledge state lives in the broker.
    Api::new(76, "ShareGroupHeartbeat", (1, 1), How::Refused),
    Api::new(77, "ShareGroupDescribe", (1, 1), How::Refused),
    Api::new(78, "ShareFetch", (1, 1), How::Refused),
    Api::new(79, "ShareAcknowledge", (1, 1), How::Refused),
    Api::new(80, "AddRaftVoter", (0, 0), How::Refused),
    Api::new(81, "RemoveRaftVoter", (0, 0), How::Refused),
    Api::new(82, "UpdateRaftVoter", (0, 0), How::Refused),
    Api::new(83, "InitializeShareGroupState", (0, 0), How::Refused),
    Api::new(84, "ReadShareGroupState", (0, 0), How::Refused),
    Api::new(85, "WriteShareGroupState", (0, 0), How::Refused),
    Api::new(86, "DeleteShareGroupState", (0, 0), How::Refused),
    Api::new(87, "ReadShareGroupStateSummary", (0, 0), How::Refused),
    Api::new(90, "DescribeShareGroupOffsets", (0, 0), How::Refused),
    Api::new(91, "AlterShareGroupOffsets", (0, 0), How::Refused),
    Api::new(92, "DeleteShareGroupOffsets", (0, 0), How::Refused),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_decided_about_every_version_that_the_codec_knows() {
        let known = ApiKey::iter().map(|key| {
            let versions = key.valid_versions();
            (key as i16, format!("{key:?}"), (versions.min, versions.max))
        });
        let decided = ALL.iter().map(|api| (api.key, api.name.to_owned(), api.codec));
        assert_eq!(known.collect::<Vec<_>>(), decided.collect::<Vec<_>>());
    }

    #[test]
    fn what_is_served_can_be_decoded_under_guard() {
        for api in ALL {
            let Some((low, high)) = api.served() else { continue };
            assert!(low <= high && low >= api.codec.0 && high <= api.codec.1, "{api:?}");
            for version in [low, high] {
                let checked = crate::wire::guard::check_request(api.key, version, &[]);
                let described = checked != Err(crate::wire::guard::GuardError::Undescribed);
                assert!(described, "no table for {} {version}", api.name);
            }
        }
    }

    #[test]
    fn versions_outside_of_the_table_are_not_served() {
        assert!(served(3, 13).is_some() && served(3, 14).is_none() && served(3, -1).is_none());
        assert!(
            served(19, 5).is_none() && served(-1, 0).is_none() && served(i16::MAX, 0).is_none()
        );
        assert_eq!(api(17).and_then(Api::advertised), Some((0, 1)));
        assert_eq!(api(0).and_then(Api::advertised).map(|(low, _)| low), Some(0));
    }
}
