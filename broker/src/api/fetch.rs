//! Fetch, by topic names and without sessions (KIP-227: answering session 0 says so). Who waits is
//! woken by appends.

use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::messages::fetch_request::FetchPartition;
use kafka_protocol::messages::fetch_response::{
    AbortedTransaction, EpochEndOffset, FetchableTopicResponse, PartitionData,
};
use kafka_protocol::messages::{FetchRequest, FetchResponse};
use tokio::time::{Instant, timeout_at};

use super::partition;
use crate::code;
use crate::limits::{FETCH_BYTES_MAX, FETCH_WAIT_MAX};
use crate::log::Partition;
use crate::state::Shared;

pub(super) async fn fetch(shared: &Shared, asked: &FetchRequest) -> FetchResponse {
    if asked.session_id != 0 {
        return FetchResponse::default().with_error_code(code::FETCH_SESSION_ID_NOT_FOUND);
    }
    let wait = Duration::from_millis(u64::try_from(asked.max_wait_ms).unwrap_or(0));
    let deadline = Instant::now() + wait.min(FETCH_WAIT_MAX);
    let mut changes = shared.changes.subscribe();
    loop {
        let answer = collect(shared, asked);
        if is_enough(&answer, asked) {
            return answer;
        }
        let Ok(_place) = shared.waiting.try_acquire() else { return answer };
        if !matches!(timeout_at(deadline, changes.changed()).await, Ok(Ok(()))) {
            return answer;
        }
    }
}

/// Whether an answer is worth sending before its time is up.
fn is_enough(answer: &FetchResponse, asked: &FetchRequest) -> bool {
    let mut partitions = answer.responses.iter().flat_map(|topic| &topic.partitions).peekable();
    if partitions.peek().is_none() {
        return true;
    }
    let mut bytes = 0;
    for partition in partitions {
        if partition.error_code != 0 || partition.diverging_epoch.end_offset >= 0 {
            return true;
        }
        bytes += partition.records.as_ref().map_or(0, Bytes::len);
    }
    bytes >= usize::try_from(asked.min_bytes).unwrap_or(0)
}

/// What there is now.
fn collect(shared: &Shared, asked: &FetchRequest) -> FetchResponse {
    let state = shared.state.lock();
    let bytes_max = usize::try_from(asked.max_bytes).unwrap_or(0).min(FETCH_BYTES_MAX);
    let mut budget = Budget { left: bytes_max, empty: true };
    let committed = asked.isolation_level == 1;
    let topics = asked.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| {
            let found = partition(&state.topics, &topic.topic, asked.partition);
            let answer = found.and_then(|found| read(found, asked, committed, &mut budget));
            let answer = answer.unwrap_or_else(failed);
            answer.with_partition_index(asked.partition)
        });
        FetchableTopicResponse::default()
            .with_topic(topic.topic.clone())
            .with_partitions(partitions.collect())
    });
    FetchResponse::default().with_responses(topics.collect())
}

/// Bytes that an answer may still take.
struct Budget {
    left: usize,
    /// Nothing is in it yet: the first batch goes along, whatever its size (KIP-74).
    empty: bool,
}

fn read(
    found: &Partition,
    asked: &FetchPartition,
    committed: bool,
    budget: &mut Budget,
) -> Result<PartitionData, i16> {
    if found.fetch_error != 0 {
        return Err(found.fetch_error);
    }
    found.check_epoch(asked.current_leader_epoch)?;
    let offset = asked.fetch_offset;
    let answer = PartitionData::default()
        .with_high_watermark(found.end())
        .with_last_stable_offset(found.last_stable())
        .with_log_start_offset(found.log_start)
        .with_records(Some(Bytes::new()));
    if let Some((epoch, end)) = found.divergence(asked.last_fetched_epoch, offset) {
        let diverging = EpochEndOffset::default().with_epoch(epoch).with_end_offset(end);
        return Ok(answer.with_diverging_epoch(diverging).with_aborted_transactions(None));
    }
    if offset < found.log_start || offset > found.end() {
        return Err(code::OFFSET_OUT_OF_RANGE);
    }
    let span = (offset, found.visible_end(committed));
    let own = usize::try_from(asked.partition_max_bytes).unwrap_or(0);
    let (records, next) = found.read(span, own.min(budget.left), budget.empty);
    budget.left = budget.left.saturating_sub(records.len());
    budget.empty &= records.is_empty();
    let aborted = committed.then(|| {
        let aborted = found.aborted(offset, next).map(|(producer, first)| {
            AbortedTransaction::default().with_producer_id(producer.into()).with_first_offset(first)
        });
        aborted.collect()
    });
    Ok(answer.with_aborted_transactions(aborted).with_records(Some(records)))
}

/// The answer for a partition that cannot be read.
pub(super) fn failed(code: i16) -> PartitionData {
    PartitionData::default()
        .with_error_code(code)
        .with_high_watermark(-1)
        .with_last_stable_offset(-1)
        .with_log_start_offset(-1)
        .with_aborted_transactions(None)
        .with_records(Some(Bytes::new()))
}
