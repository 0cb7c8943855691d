//! Produce, by topic names.

use bytes::Bytes;
use gateway::wire::record_batch::BatchHeader;
use kafka_protocol::messages::produce_response::{PartitionProduceResponse, TopicProduceResponse};
use kafka_protocol::messages::{ProduceRequest, ProduceResponse};

use super::Answer;
use crate::code;
use crate::log::{Incoming, Terms};
use crate::state::{Shared, State, now_ms};

pub(super) fn produce(shared: &Shared, asked: ProduceRequest) -> Answer {
    let known_acks = matches!(asked.acks, -1..=1);
    let mut failed = false;
    let topics = asked.topic_data.into_iter().map(|topic| {
        let partitions = topic.partition_data.into_iter().map(|data| {
            let place = (topic.name.as_str(), data.index);
            let bytes = data.records.unwrap_or_default();
            let header = BatchHeader::parse(&bytes);
            let transactional = header.is_ok_and(|header| header.is_transactional());
            let outcome = if !known_acks {
                Err(code::INVALID_REQUIRED_ACKS)
            } else if transactional && asked.transactional_id.is_none() {
                // Nobody says whose transaction it is.
                Err(code::TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
            } else {
                append(shared, place, bytes)
            };
            failed |= outcome.is_err();
            let answer = PartitionProduceResponse::default().with_index(data.index);
            match outcome {
                Ok(appended) => answer
                    .with_base_offset(appended.base)
                    .with_log_append_time_ms(appended.time)
                    .with_log_start_offset(appended.log_start),
                Err(code) => answer
                    .with_error_code(code)
                    .with_base_offset(-1)
                    .with_log_append_time_ms(-1)
                    .with_log_start_offset(-1),
            }
        });
        TopicProduceResponse::default()
            .with_name(topic.name.clone())
            .with_partition_responses(partitions.collect())
    });
    let answer = ProduceResponse::default().with_responses(topics.collect());
    match asked.acks {
        // There is no other way to tell a producer that wants no answers.
        0 if failed => Answer::Close,
        0 => Answer::Nothing,
        _ => Answer::say(answer),
    }
}

struct Appended {
    base: i64,
    /// The broker's time, where records get it; -1 otherwise.
    time: i64,
    log_start: i64,
}

fn append(shared: &Shared, place: (&str, i32), bytes: Bytes) -> Result<Appended, i16> {
    const NOT_THERE: i16 = code::UNKNOWN_TOPIC_OR_PARTITION;
    let rules = shared.state.lock().topics.get(place.0).ok_or(NOT_THERE)?.rules();
    // Outside of the lock: it decompresses.
    let batch = Incoming::check(bytes, &rules)?;
    let terms = Terms { rules, now_ms: now_ms() };
    let mut state = shared.state.lock();
    let State { topics, transactions, .. } = &mut *state;
    let producer = (batch.header.producer_id, batch.header.producer_epoch);
    let transactional = batch.header.is_transactional();
    if transactional && !transactions.touches(producer, place.0, place.1) {
        return Err(code::INVALID_TXN_STATE);
    }
    let partition = topics.partition_mut(place.0, place.1).ok_or(NOT_THERE)?;
    let base = partition.append(&batch, &terms)?;
    let log_start = partition.log_start;
    topics.bound();
    drop(state);
    shared.changed();
    Ok(Appended { base, time: if rules.append_time { terms.now_ms } else { -1 }, log_start })
}
