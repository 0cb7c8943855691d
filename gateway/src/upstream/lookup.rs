//! Questions with one short answer: offsets of partitions, whether a topic is compacted, where an
//! epoch ends. Retried while leadership moves, within a bound.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use kafka_protocol::{
    messages::{
        DescribeConfigsRequest, ListOffsetsRequest, OffsetForLeaderEpochRequest, TopicName,
        describe_configs_request::DescribeConfigsResource,
        list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic},
        offset_for_leader_epoch_request::{OffsetForLeaderPartition, OffsetForLeaderTopic},
    },
    protocol::StrBytes,
};
use tokio::time::{Instant, sleep};

use super::{
    OffsetAt, UpstreamError,
    backoff::Backoff,
    brokers::Lane,
    codes,
    connection::Connection,
    core::Core,
    failure::Failure,
    topology::{Known, Placement},
};

/// How long one question may be repeated while leaders move or brokers restart.
pub(super) const LOOKUP_DEADLINE: Duration = Duration::from_secs(10);
/// ListOffsets versions spoken: 2 is the first that knows isolation.
const LIST_OFFSETS_VERSIONS: (i16, i16) = (2, 7);
const DESCRIBE_CONFIGS_VERSIONS: (i16, i16) = (1, 4);
const OFFSET_FOR_LEADER_EPOCH_VERSIONS: (i16, i16) = (2, 4);
/// READ_COMMITTED: the end is the last stable offset.
const COMMITTED: i8 = 1;
/// READ_UNCOMMITTED: the end is the high watermark.
const UNCOMMITTED: i8 = 0;
/// The ends of a log, as ListOffsets names them.
const LATEST: Place = Place { timestamp: -1, isolation: COMMITTED };
const EARLIEST: Place = Place { timestamp: -2, isolation: COMMITTED };
const HIGH_WATERMARK: Place = Place { timestamp: -1, isolation: UNCOMMITTED };
/// DescribeConfigs' number for topics.
const RESOURCE_TOPIC: i8 = 2;

/// A place in a log, as ListOffsets is asked for it.
#[derive(Clone, Copy)]
pub(super) struct Place {
    timestamp: i64,
    isolation: i8,
}

/// Looks up offsets; one per partition, in the order asked.
pub(super) async fn offsets(
    core: &Core,
    topic: &str,
    partitions: &[i32],
    at: OffsetAt,
) -> Result<Vec<i64>, UpstreamError> {
    let place = match at {
        OffsetAt::Earliest => EARLIEST,
        OffsetAt::Latest => LATEST,
        OffsetAt::HighWatermark => HIGH_WATERMARK,
        OffsetAt::Timestamp(ms) => Place { timestamp: ms.max(0), isolation: COMMITTED },
    };
    let mut found = look_up(core, topic, partitions, place).await?;
    // No record at or after the time: the end, as of now.
    let without: Vec<i32> =
        found.iter().filter(|(_, offset)| **offset < 0).map(|(partition, _)| *partition).collect();
    if !without.is_empty() {
        found.extend(look_up(core, topic, &without, LATEST).await?);
    }
    let offset = |partition| found.get(partition).copied().ok_or(UpstreamError::OffsetOutOfRange);
    partitions.iter().map(offset).collect()
}

async fn look_up(
    core: &Core,
    topic: &str,
    partitions: &[i32],
    place: Place,
) -> Result<BTreeMap<i32, i64>, UpstreamError> {
    let started = Instant::now();
    let mut backoff = Backoff::default();
    let mut missing: Vec<i32> = partitions.to_vec();
    let mut found = BTreeMap::new();
    let mut refresh = false;
    while !missing.is_empty() {
        let placement = core.placement(topic, refresh).await?;
        let asked = Round { core, topic, placement: &placement };
        let trouble = asked.offsets(&missing, place, &mut found).await;
        missing.retain(|partition| !found.contains_key(partition));
        let Some(failure) = trouble else { continue };
        if started.elapsed() >= LOOKUP_DEADLINE {
            return Err(failure.into_error(core.name()));
        }
        refresh = true;
        sleep(backoff.next()).await;
    }
    Ok(found)
}

/// One round of a look-up: every leader is asked once.
struct Round<'a> {
    core: &'a Core,
    topic: &'a str,
    placement: &'a Arc<Placement>,
}

impl Round<'_> {
    async fn offsets(
        &self,
        partitions: &[i32],
        place: Place,
        found: &mut BTreeMap<i32, i64>,
    ) -> Option<Failure> {
        let mut trouble = None;
        let mut by_leader: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
        for partition in partitions {
            match self.placement.leader(*partition).and_then(|leader| leader.broker) {
                Some(broker) => by_leader.entry(broker).or_default().push(*partition),
                None => trouble = Some(self.no_leader(*partition)),
            }
        }
        for (broker, partitions) in by_leader {
            match self.ask(broker, &partitions, place).await {
                Ok(answers) => {
                    for (partition, answer) in answers {
                        match answer {
                            Ok(offset) => {
                                found.insert(partition, offset);
                            }
                            Err(code) => trouble = Some(self.refused(partition, code)),
                        }
                    }
                    let unanswered = partitions.iter().find(|p| !found.contains_key(*p));
                    if let (None, Some(partition)) = (&trouble, unanswered) {
                        let text = format!("ListOffsets says nothing of partition {partition}");
                        trouble = Some(Failure::protocol(text));
                    }
                }
                Err(failure) => trouble = Some(failure),
            }
        }
        trouble
    }

    async fn ask(
        &self,
        broker: i32,
        partitions: &[i32],
        place: Place,
    ) -> Result<Vec<(i32, Result<i64, i16>)>, Failure> {
        let broker = self.core.brokers.broker(broker);
        let broker = broker.ok_or_else(|| Failure::unreachable("the leader is not listed"))?;
        let mut lease = self.core.brokers.lease(&broker, Lane::Question).await?;
        let connection = lease.connection()?;
        list_offsets(connection, self.topic, partitions, place).await
    }

    fn no_leader(&self, partition: i32) -> Failure {
        let topic = self.topic;
        Failure::unreachable(format!("partition {partition} of topic {topic} has no leader"))
    }

    fn refused(&self, partition: i32, code: i16) -> Failure {
        let topic = self.topic;
        let code = codes::name(code);
        Failure::unreachable(format!("partition {partition} of topic {topic}: {code}"))
    }
}

/// Asks one broker for offsets of partitions that it leads: an offset or an error code for each.
pub(super) async fn list_offsets(
    connection: &mut Connection,
    topic: &str,
    partitions: &[i32],
    place: Place,
) -> Result<Vec<(i32, Result<i64, i16>)>, Failure> {
    let version = connection.require((2, "ListOffsets"), LIST_OFFSETS_VERSIONS)?;
    let partitions = partitions.iter().map(|partition| {
        ListOffsetsPartition::default()
            .with_partition_index(*partition)
            .with_current_leader_epoch(-1)
            .with_timestamp(place.timestamp)
    });
    let topic = ListOffsetsTopic::default()
        .with_name(TopicName(StrBytes::from_string(topic.to_owned())))
        .with_partitions(partitions.collect());
    let request = ListOffsetsRequest::default()
        .with_replica_id((-1).into())
        .with_isolation_level(place.isolation)
        .with_topics(vec![topic]);
    let answer = connection.call(&request, version).await?;
    let parts = answer.topics.iter().flat_map(|topic| &topic.partitions);
    let parts = parts.map(|part| match part.error_code {
        0 => (part.partition_index, Ok(part.offset)),
        code => (part.partition_index, Err(code)),
    });
    Ok(parts.collect())
}

/// The first offset and the end of a partition's log, open transactions included, as its leader
/// has them.
pub(super) async fn log_span(
    connection: &mut Connection,
    topic: &str,
    partition: i32,
) -> Result<(i64, i64), Failure> {
    let mut span = [0; 2];
    for (offset, place) in span.iter_mut().zip([EARLIEST, HIGH_WATERMARK]) {
        let answers = list_offsets(connection, topic, &[partition], place).await?;
        let answer = answers.into_iter().find(|(index, _)| *index == partition);
        *offset = match answer {
            Some((_, Ok(offset))) => offset,
            Some((_, Err(code))) => return Err(Failure::protocol(codes::name(code))),
            None => {
                return Err(Failure::protocol("ListOffsets answered without the partition"));
            }
        };
    }
    Ok((span[0], span[1]))
}

/// The largest epoch not above `epoch` that the leader has, and its end there; `None`: it cannot
/// say.
pub(super) async fn epoch_end(
    connection: &mut Connection,
    topic: &str,
    partition: i32,
    epochs: (i32, i32),
) -> Result<Option<(i32, i64)>, Failure> {
    let (current, epoch) = epochs;
    let api = (23, "OffsetForLeaderEpoch");
    let Some(version) = connection.version(api.0, OFFSET_FOR_LEADER_EPOCH_VERSIONS) else {
        return Ok(None);
    };
    let partition_asked = OffsetForLeaderPartition::default()
        .with_partition(partition)
        .with_current_leader_epoch(current)
        .with_leader_epoch(epoch);
    let topic = OffsetForLeaderTopic::default()
        .with_topic(TopicName(StrBytes::from_string(topic.to_owned())))
        .with_partitions(vec![partition_asked]);
    let mut request = OffsetForLeaderEpochRequest::default().with_topics(vec![topic]);
    if version >= 3 {
        request.replica_id = (-1).into();
    }
    let answer = connection.call(&request, version).await?;
    let mut parts = answer.topics.iter().flat_map(|topic| &topic.partitions);
    let part = parts.find(|part| part.partition == partition);
    match part {
        Some(part) if part.error_code == 0 && part.end_offset >= 0 => {
            Ok(Some((part.leader_epoch, part.end_offset)))
        }
        Some(part) if part.error_code != 0 => Err(Failure::protocol(codes::name(part.error_code))),
        _ => Ok(None),
    }
}

/// Whether `cleanup.policy` contains `compact`.
pub(super) async fn is_compacted(core: &Core, topic: &str) -> Result<bool, UpstreamError> {
    let started = Instant::now();
    let mut backoff = Backoff::default();
    let mut refresh = false;
    loop {
        let placement = core.placement(topic, refresh).await?;
        let failure = match ask_cleanup_policy(core, &placement).await {
            Ok(Policy::Offered(compacted)) => return Ok(compacted),
            Ok(Policy::NotOffered) => {
                core.note_no_describe_configs();
                return Ok(false);
            }
            Ok(Policy::Refused(code)) => {
                let cluster = core.name().to_owned();
                let code = codes::name(code);
                let reason = format!("the configuration of topic {topic} may not be read: {code}");
                return Err(UpstreamError::Refused { cluster, reason });
            }
            Err(failure) => failure,
        };
        if started.elapsed() >= LOOKUP_DEADLINE {
            return Err(failure.into_error(core.name()));
        }
        refresh = true;
        sleep(backoff.next()).await;
    }
}

enum Policy {
    Offered(bool),
    NotOffered,
    Refused(i16),
}

async fn ask_cleanup_policy(core: &Core, placement: &Placement) -> Result<Policy, Failure> {
    let topic = &placement.topic;
    let mut leaders = topic.partitions.iter().filter_map(|p| placement.leader(*p)?.broker);
    let broker = leaders.find_map(|id| core.brokers.broker(id));
    let broker = broker.ok_or_else(|| Failure::unreachable("the topic has no leader"))?;
    let mut lease = core.brokers.lease(&broker, Lane::Question).await?;
    let connection = lease.connection()?;
    let Some(version) = connection.version(32, DESCRIBE_CONFIGS_VERSIONS) else {
        return Ok(Policy::NotOffered);
    };
    let keys = vec![StrBytes::from_static_str("cleanup.policy")];
    let resource = DescribeConfigsResource::default()
        .with_resource_type(RESOURCE_TOPIC)
        .with_resource_name(StrBytes::from_string(topic.name.clone()))
        .with_configuration_keys(Some(keys));
    let request = DescribeConfigsRequest::default().with_resources(vec![resource]);
    let answer = connection.call(&request, version).await?;
    let result = answer.results.first();
    let result = result.ok_or_else(|| Failure::protocol("DescribeConfigs answered nothing"))?;
    match result.error_code {
        0 => {}
        code if codes::is_about_leadership(code) => {
            return Err(Failure::unreachable(codes::name(code)));
        }
        code => return Ok(Policy::Refused(code)),
    }
    let entry = result.configs.iter().find(|entry| entry.name.as_str() == "cleanup.policy");
    let value = entry.and_then(|entry| entry.value.as_ref());
    let value = value.ok_or_else(|| Failure::protocol("DescribeConfigs: no cleanup.policy"))?;
    let mut policies = value.as_str().split(',');
    Ok(Policy::Offered(policies.any(|policy| policy.trim() == "compact")))
}

/// What a topic's absence is to callers.
pub(super) fn placement_of(
    known: Known,
    cluster: &str,
    topic: &str,
) -> Result<Arc<Placement>, UpstreamError> {
    let cluster = cluster.to_owned();
    match known {
        Known::Here(placement) => Ok(placement),
        Known::Missing | Known::Denied => {
            Err(UpstreamError::UnknownTopic { cluster, topic: topic.to_owned() })
        }
        Known::Unsure(code) => Err(UpstreamError::Unavailable {
            cluster,
            reason: format!("topic {topic}: {}", codes::name(code)),
        }),
    }
}
