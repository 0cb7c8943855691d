//! Fetch requests, live and cold, and what their answers become. Fetch sessions are not used.

use std::collections::HashMap;

use kafka_protocol::{
    messages::{FetchRequest, TopicName, fetch_request},
    protocol::StrBytes,
};

use super::{
    AbortedTransaction, Fetched, Isolation,
    classify::{Classified, classify},
    connection::Connection,
    failure::Failure,
};
use crate::metrics::Metrics;
use crate::wire::fetch_answer::{self, PartitionAnswer, TopicRef};

/// One topic-partition to fetch.
pub(super) struct Ask<'a> {
    pub(super) topic: &'a str,
    /// All zero: not known.
    pub(super) topic_id: [u8; 16],
    pub(super) partition: i32,
    pub(super) offset: i64,
    /// -1: not known.
    pub(super) leader_epoch: i32,
    /// -1: not to be compared.
    pub(super) last_fetched_epoch: i32,
}

/// What a Fetch request asks for as a whole.
pub(super) struct Terms {
    pub(super) wait_ms: i32,
    pub(super) bytes_max: i32,
    pub(super) partition_bytes_max: i32,
    pub(super) isolation: Isolation,
}

/// The Fetch version to speak: topics are named by id when all ids are known.
pub(super) fn version(connection: &Connection, asks: &[Ask<'_>]) -> Result<i16, Failure> {
    let with_ids = asks.iter().all(|ask| ask.topic_id != [0; 16]);
    let highest = match with_ids {
        true => fetch_answer::VERSION_MAX,
        false => fetch_answer::TOPIC_IDS_SINCE - 1,
    };
    connection.require((1, "Fetch"), (fetch_answer::VERSION_MIN, highest))
}

/// Builds a request; partitions keep the order given, in which brokers fill an answer (KIP-74).
pub(super) fn request(asks: &[Ask<'_>], terms: &Terms, version: i16) -> FetchRequest {
    let mut topics: Vec<fetch_request::FetchTopic> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for ask in asks {
        let place = *places.entry(ask.topic).or_insert_with(|| {
            topics.push(topic(ask, version));
            topics.len() - 1
        });
        if let Some(topic) = topics.get_mut(place) {
            topic.partitions.push(partition(ask, terms, version));
        }
    }
    FetchRequest::default()
        .with_max_wait_ms(terms.wait_ms)
        .with_min_bytes(1)
        .with_max_bytes(terms.bytes_max)
        .with_isolation_level(level(terms.isolation))
        .with_session_id(0)
        .with_session_epoch(-1)
        .with_topics(topics)
}

/// How Kafka numbers it.
fn level(isolation: Isolation) -> i8 {
    match isolation {
        Isolation::Uncommitted => 0,
        Isolation::Committed => 1,
    }
}

fn topic(ask: &Ask<'_>, version: i16) -> fetch_request::FetchTopic {
    let mut topic = fetch_request::FetchTopic::default();
    if version < fetch_answer::TOPIC_IDS_SINCE {
        topic.topic = TopicName(StrBytes::from_string(ask.topic.to_owned()));
    } else if let Ok(id) = ask.topic_id.to_vec().try_into() {
        topic.topic_id = id;
    }
    topic
}

fn partition(ask: &Ask<'_>, terms: &Terms, version: i16) -> fetch_request::FetchPartition {
    let partition = fetch_request::FetchPartition::default()
        .with_partition(ask.partition)
        .with_current_leader_epoch(ask.leader_epoch)
        .with_fetch_offset(ask.offset)
        .with_log_start_offset(-1)
        .with_partition_max_bytes(terms.partition_bytes_max);
    match version >= fetch_answer::FLEXIBLE_SINCE {
        true => partition.with_last_fetched_epoch(ask.last_fetched_epoch),
        false => partition,
    }
}

/// Whether an answer's part belongs to what was asked.
pub(super) fn belongs(part: &PartitionAnswer, ask: &Ask<'_>) -> bool {
    let topic = match &part.topic {
        TopicRef::Name(name) => **name == *ask.topic,
        TopicRef::Id(id) => *id == ask.topic_id,
    };
    topic && part.partition == ask.partition
}

/// Turns an answer's part without an error into what readers get; counts its bytes.
pub(super) fn fetched(
    part: PartitionAnswer,
    asked: i64,
    (path, isolation): (&'static str, Isolation),
    metrics: &Metrics,
) -> (Fetched, Classified) {
    let labels = vec![("path", path.to_owned())];
    let bytes = part.records.len() as u64;
    metrics.upstream_bytes.get_or_create(&labels).inc_by(bytes);
    let aborted: Vec<AbortedTransaction> = part
        .aborted
        .iter()
        .map(|&(producer_id, first_offset)| AbortedTransaction { producer_id, first_offset })
        .collect();
    let end = match part.high_watermark {
        end if end > asked => end,
        _ => i64::MAX,
    };
    let known = (isolation == Isolation::Committed).then_some(aborted.as_slice());
    let mut classified = classify(part.records, asked, end, known);
    let fetched = Fetched {
        batches: std::mem::take(&mut classified.batches),
        aborted,
        high_watermark: part.high_watermark,
        last_stable_offset: part.last_stable_offset,
        log_start_offset: part.log_start_offset,
    };
    for _ in 0..classified.corrupt_count {
        count_error(metrics, "CORRUPT_BATCH");
    }
    (fetched, classified)
}

/// Counts a Fetch error by its code's name.
pub(super) fn count_error(metrics: &Metrics, code: &'static str) {
    let labels = vec![("code", code.to_owned())];
    metrics.upstream_fetch_errors.get_or_create(&labels).inc();
}
