//! The error codes that an answer tells, wherever they stand in it: what leaves is counted in one
//! place, whoever answered.

use std::iter::once;

use kafka_protocol::messages::{
    AddOffsetsToTxnResponse, AddPartitionsToTxnResponse, ApiVersionsResponse, DeleteGroupsResponse,
    DescribeClusterResponse, DescribeGroupsResponse, EndTxnResponse, FindCoordinatorResponse,
    HeartbeatResponse, InitProducerIdResponse, JoinGroupResponse, LeaveGroupResponse,
    ListGroupsResponse, ListOffsetsResponse, MetadataResponse, OffsetCommitResponse,
    OffsetDeleteResponse, OffsetFetchResponse, OffsetForLeaderEpochResponse, ProduceResponse,
    SaslAuthenticateResponse, SaslHandshakeResponse, SyncGroupResponse, TxnOffsetCommitResponse,
};
use smallvec::SmallVec;

/// Different codes of one answer that are told apart; what is beyond counts as unknown.
const CODES_MAX: usize = 32;
/// The codes that Kafka has had so far, and some to come: brokers may say anything.
const KNOWN: std::ops::RangeInclusive<i16> = -1..=150;
/// No error.
const NONE: i16 = 0;
/// Stands for codes that are not known.
const UNKNOWN: i16 = i16::MIN;

/// The error codes of one answer, and how often each stands in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errors(SmallVec<[(i16, u64); 2]>);

impl Errors {
    /// Of these codes those that say an error.
    pub fn of(codes: impl IntoIterator<Item = i16>) -> Self {
        let mut errors = Self::default();
        codes.into_iter().filter(|code| *code != NONE).for_each(|code| errors.note(code));
        errors
    }

    fn note(&mut self, code: i16) {
        let known = KNOWN.contains(&code) && self.0.len() < CODES_MAX;
        let known = known || self.0.iter().any(|(noted, _)| *noted == code);
        let code = if known { code } else { UNKNOWN };
        match self.0.iter_mut().find(|(noted, _)| *noted == code) {
            Some((_, times)) => *times += 1,
            None => self.0.push((code, 1)),
        }
    }

    /// Metric labels and how often each was told: a closed set.
    pub fn labels(&self) -> impl Iterator<Item = (String, u64)> {
        self.0.iter().map(|(code, times)| match *code {
            UNKNOWN => ("unknown".to_owned(), *times),
            code => (code.to_string(), *times),
        })
    }
}

/// An answer that tells codes, 0 where all is well.
pub trait Tells {
    /// All of them.
    fn codes(&self) -> impl Iterator<Item = i16>;
}

impl Tells for ApiVersionsResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        once(self.error_code)
    }
}

impl Tells for SaslHandshakeResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        once(self.error_code)
    }
}

impl Tells for SaslAuthenticateResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        once(self.error_code)
    }
}

impl Tells for MetadataResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        let topics = self.topics.iter().flat_map(|topic| {
            let partitions = topic.partitions.iter().map(|partition| partition.error_code);
            once(topic.error_code).chain(partitions)
        });
        once(self.error_code).chain(topics)
    }
}

impl Tells for FindCoordinatorResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        once(self.error_code).chain(self.coordinators.iter().map(|found| found.error_code))
    }
}

impl Tells for DescribeClusterResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        once(self.error_code)
    }
}

impl Tells for ListOffsetsResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        let partitions = self.topics.iter().flat_map(|topic| &topic.partitions);
        partitions.map(|partition| partition.error_code)
    }
}

impl Tells for OffsetForLeaderEpochResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        let partitions = self.topics.iter().flat_map(|topic| &topic.partitions);
        partitions.map(|partition| partition.error_code)
    }
}

impl Tells for OffsetCommitResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        let partitions = self.topics.iter().flat_map(|topic| &topic.partitions);
        partitions.map(|partition| partition.error_code)
    }
}

impl Tells for OffsetFetchResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        let partitions = self.topics.iter().flat_map(|topic| &topic.partitions);
        let groups = self.groups.iter().flat_map(|group| {
            let partitions = group.topics.iter().flat_map(|topic| &topic.partitions);
            once(group.error_code).chain(partitions.map(|partition| partition.error_code))
        });
        once(self.error_code).chain(partitions.map(|partition| partition.error_code)).chain(groups)
    }
}

impl Tells for OffsetDeleteResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        let partitions = self.topics.iter().flat_map(|topic| &topic.partitions);
        once(self.error_code).chain(partitions.map(|partition| partition.error_code))
    }
}

impl Tells for JoinGroupResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        once(self.error_code)
    }
}

impl Tells for SyncGroupResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        once(self.error_code)
    }
}

impl Tells for HeartbeatResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        once(self.error_code)
    }
}

impl Tells for LeaveGroupResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        once(self.error_code).chain(self.members.iter().map(|member| member.error_code))
    }
}

impl Tells for DescribeGroupsResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        self.groups.iter().map(|group| group.error_code)
    }
}

impl Tells for ListGroupsResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        once(self.error_code)
    }
}

impl Tells for DeleteGroupsResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        self.results.iter().map(|result| result.error_code)
    }
}

impl Tells for ProduceResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        let partitions = self.responses.iter().flat_map(|topic| &topic.partition_responses);
        partitions.map(|partition| partition.error_code)
    }
}

impl Tells for InitProducerIdResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        once(self.error_code)
    }
}

impl Tells for AddPartitionsToTxnResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        let topics = self.results_by_topic_v3_and_below.iter();
        let partitions = topics.flat_map(|topic| &topic.results_by_partition);
        partitions.map(|partition| partition.partition_error_code)
    }
}

impl Tells for AddOffsetsToTxnResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        once(self.error_code)
    }
}

impl Tells for EndTxnResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        once(self.error_code)
    }
}

impl Tells for TxnOffsetCommitResponse {
    fn codes(&self) -> impl Iterator<Item = i16> {
        let partitions = self.topics.iter().flat_map(|topic| &topic.partitions);
        partitions.map(|partition| partition.error_code)
    }
}

#[cfg(test)]
mod tests {
    use kafka_protocol::messages::offset_fetch_response::{
        OffsetFetchResponseGroup, OffsetFetchResponsePartitions, OffsetFetchResponseTopics,
    };

    use super::*;

    fn labels(errors: &Errors) -> Vec<(String, u64)> {
        errors.labels().collect()
    }

    #[test]
    fn codes_are_found_wherever_they_stand() {
        let part = |code| OffsetFetchResponsePartitions::default().with_error_code(code);
        let topic =
            OffsetFetchResponseTopics::default().with_partitions(vec![part(29), part(0), part(29)]);
        let group = |code| OffsetFetchResponseGroup::default().with_error_code(code);
        let answer = OffsetFetchResponse::default()
            .with_groups(vec![group(14).with_topics(vec![topic]), group(0)]);
        let errors = Errors::of(answer.codes());
        assert_eq!(labels(&errors), [("14".to_owned(), 1), ("29".to_owned(), 2)]);
        assert_eq!(Errors::of(JoinGroupResponse::default().codes()), Errors::default());
    }

    #[test]
    fn whatever_a_broker_says_the_labels_are_a_closed_set() {
        let errors = Errors::of(i16::MIN..=i16::MAX);
        assert!(labels(&errors).len() <= CODES_MAX + 1, "{errors:?}");
        assert_eq!(
            labels(&Errors::of([-1, 777, 778])),
            [("-1".to_owned(), 1), ("unknown".to_owned(), 2)]
        );
        assert_eq!(labels(&errors).iter().map(|(_, times)| times).sum::<u64>(), 65_535);
    }
}
