//! Where the partitions of topics begin and end, and how fast they grow. What cannot be found out
//! is a note on the topic, never the end of the look.

use std::collections::BTreeMap;

use catalog::inspect::PartitionSpan;
use kafka_protocol::{
    messages::{
        ListOffsetsRequest, TopicName,
        list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic},
    },
    protocol::StrBytes,
};
use time::OffsetDateTime;

use super::topics::Found;
use crate::upstream::{brokers::Lane, codes, core::Core, failure::Failure};

const LIST_OFFSETS_VERSIONS: (i16, i16) = (2, 7);
/// READ_COMMITTED: the end is what transactions have decided.
const COMMITTED: i8 = 1;
const EARLIEST: i64 = -2;
const LATEST: i64 = -1;
/// Partitions of one page that are asked about; topics beyond them have a note instead.
const PARTITIONS_PER_PAGE_MAX: usize = 20_000;
/// Over how long the rate is taken, in seconds.
const RATE_SECONDS: i32 = 300;

/// Topic and partition.
type At = (usize, i32);

/// What one leader is asked: partitions by topic.
type Asked = BTreeMap<usize, Vec<i32>>;

/// Offsets by topic and partition, or an error's code.
type Told = BTreeMap<At, Result<i64, i16>>;

/// Asks each leader three questions: beginnings, ends, and where the last minutes begin.
pub(super) async fn fill(core: &Core, topics: &mut [Found]) {
    let mut by_leader: BTreeMap<i32, Asked> = BTreeMap::new();
    let mut room = PARTITIONS_PER_PAGE_MAX;
    for (index, topic) in topics.iter_mut().enumerate() {
        let Some(left) = room.checked_sub(topic.leaders.len()) else {
            topic.report.notes.push("too many partitions at once: ask for it alone".to_owned());
            continue;
        };
        room = left;
        for (partition, leader) in &topic.leaders {
            by_leader.entry(*leader).or_default().entry(index).or_default().push(*partition);
        }
    }
    let minutes_ago = (OffsetDateTime::now_utc().unix_timestamp() - i64::from(RATE_SECONDS)) * 1000;
    for (leader, asked) in by_leader {
        let answers = async {
            let earliest = ask(core, leader, (topics, &asked), EARLIEST).await?;
            let latest = ask(core, leader, (topics, &asked), LATEST).await?;
            let since = ask(core, leader, (topics, &asked), minutes_ago).await?;
            Ok::<_, Failure>([earliest, latest, since])
        };
        match answers.await {
            Ok(answers) => take(topics, &asked, &answers),
            Err(failure) => {
                for index in asked.keys() {
                    if let Some(topic) = topics.get_mut(*index) {
                        topic.report.notes.push(format!("its offsets: {}", failure.reason));
                    }
                }
            }
        }
    }
    for topic in topics {
        topic.report.spans.sort_unstable_by_key(|span| span.partition);
        topic.report.notes.dedup();
        if topic.report.spans.len() < topic.report.partitions {
            topic.report.records_per_second = None;
        }
    }
}

async fn ask(
    core: &Core,
    leader: i32,
    (topics, asked): (&[Found], &Asked),
    timestamp: i64,
) -> Result<Told, Failure> {
    let broker = core.brokers.broker(leader);
    let broker = broker.ok_or_else(|| Failure::unreachable("the leader is not listed"))?;
    let mut lease = core.brokers.lease(&broker, Lane::Question).await?;
    let connection = lease.connection()?;
    let version = connection.require((2, "ListOffsets"), LIST_OFFSETS_VERSIONS)?;
    let one = |partition: &i32| {
        ListOffsetsPartition::default()
            .with_partition_index(*partition)
            .with_current_leader_epoch(-1)
            .with_timestamp(timestamp)
    };
    let parts = asked.iter().filter_map(|(index, partitions)| {
        let name = topics.get(*index)?.report.name.clone();
        let topic = ListOffsetsTopic::default()
            .with_name(TopicName(StrBytes::from_string(name)))
            .with_partitions(partitions.iter().map(one).collect());
        Some(topic)
    });
    let request = ListOffsetsRequest::default()
        .with_replica_id((-1).into())
        .with_isolation_level(COMMITTED)
        .with_topics(parts.collect());
    let answer = connection.call(&request, version).await?;
    let mut told = Told::new();
    let names: BTreeMap<&str, usize> = asked
        .keys()
        .filter_map(|index| Some((topics.get(*index)?.report.name.as_str(), *index)))
        .collect();
    for topic in &answer.topics {
        let Some(index) = names.get(topic.name.0.as_str()) else { continue };
        for part in &topic.partitions {
            let offset = match part.error_code {
                0 => Ok(part.offset),
                code => Err(code),
            };
            told.insert((*index, part.partition_index), offset);
        }
    }
    Ok(told)
}

fn take(topics: &mut [Found], asked: &Asked, [earliest, latest, since]: &[Told; 3]) {
    for (index, partitions) in asked {
        let Some(topic) = topics.get_mut(*index) else { continue };
        let report = &mut topic.report;
        for partition in partitions {
            let at = (*index, *partition);
            let (earliest, latest) = match (earliest.get(&at), latest.get(&at)) {
                (Some(Ok(earliest)), Some(Ok(latest))) => (*earliest, *latest),
                (Some(Err(code)), _) | (_, Some(Err(code))) => {
                    report.notes.push(format!("its offsets: {}", codes::name(*code)));
                    continue;
                }
                _ => {
                    report.notes.push("its offsets: the leader says nothing".to_owned());
                    continue;
                }
            };
            report.spans.push(PartitionSpan { partition: *partition, earliest, latest });
            // No record that young: nothing came.
            let grown = match since.get(&at) {
                Some(Ok(since)) if *since >= 0 => latest.saturating_sub(*since).max(0),
                _ => 0,
            };
            let grown = i32::try_from(grown).unwrap_or(i32::MAX);
            let rate = f64::from(grown) / f64::from(RATE_SECONDS);
            *report.records_per_second.get_or_insert(0.0) += rate;
        }
    }
}
