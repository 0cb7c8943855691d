//! Producer ids and transactions, as they were before KIP-890's second part: a transaction names
//! what it will touch first.

use kafka_protocol::messages::add_partitions_to_txn_response::{
    AddPartitionsToTxnPartitionResult, AddPartitionsToTxnTopicResult,
};
use kafka_protocol::messages::txn_offset_commit_response::{
    TxnOffsetCommitResponsePartition, TxnOffsetCommitResponseTopic,
};
use kafka_protocol::messages::{
    AddOffsetsToTxnRequest, AddOffsetsToTxnResponse, AddPartitionsToTxnRequest,
    AddPartitionsToTxnResponse, EndTxnRequest, EndTxnResponse, InitProducerIdRequest,
    InitProducerIdResponse, TxnOffsetCommitRequest, TxnOffsetCommitResponse,
};
use tokio::time::Instant;

use super::groups::who;
use crate::code;
use crate::group::Committed;
use crate::state::{Shared, State};

/// From this version on (of each of these APIs), a producer that is fenced hears so.
const FENCED_SINCE: i16 = 2;
/// The same of InitProducerId.
const INIT_FENCED_SINCE: i16 = 4;

/// A code in the words of a version.
fn said(code: i16, version: i16) -> i16 {
    match code {
        code::INVALID_PRODUCER_EPOCH if version >= FENCED_SINCE => code::PRODUCER_FENCED,
        code => code,
    }
}

pub(super) fn begin(
    shared: &Shared,
    asked: &InitProducerIdRequest,
    version: i16,
) -> InitProducerIdResponse {
    let mut state = shared.state.lock();
    let begun = match &asked.transactional_id {
        None => Ok((state.transactions.producer_id(), None)),
        Some(id) => {
            let known = (asked.producer_id.0, asked.producer_epoch);
            state.transactions.begin(id.as_str(), asked.transaction_timeout_ms, known)
        }
    };
    let answer = match begun {
        Ok((producer, aborted)) => {
            if let Some(aborted) = aborted {
                state.end_transaction(&aborted);
            }
            InitProducerIdResponse::default()
                .with_producer_id(producer.0.into())
                .with_producer_epoch(producer.1)
        }
        Err(code) => {
            let old = code == code::PRODUCER_FENCED && version < INIT_FENCED_SINCE;
            let code = if old { code::INVALID_PRODUCER_EPOCH } else { code };
            InitProducerIdResponse::default()
                .with_error_code(code)
                .with_producer_id((-1).into())
                .with_producer_epoch(-1)
        }
    };
    drop(state);
    shared.changed();
    answer
}

pub(super) fn add_partitions(
    shared: &Shared,
    asked: &AddPartitionsToTxnRequest,
    version: i16,
) -> AddPartitionsToTxnResponse {
    let mut state = shared.state.lock();
    let State { topics, transactions, .. } = &mut *state;
    let producer = (asked.v3_and_below_producer_id.0, asked.v3_and_below_producer_epoch);
    let wanted = asked.v3_and_below_topics.iter();
    let mut wanted = wanted.flat_map(|topic| topic.partitions.iter().map(move |i| (topic, *i)));
    let missing = wanted.any(|(topic, i)| topics.partition(topic.name.as_str(), i).is_none());
    let id = asked.v3_and_below_transactional_id.as_str();
    // All or none.
    let touched = match missing {
        true => Err(code::OPERATION_NOT_ATTEMPTED),
        false => transactions.touch(id, producer, Instant::now()),
    };
    let code = touched.as_ref().err().map_or(code::NONE, |code| said(*code, version));
    if let Ok(touched) = touched {
        for topic in &asked.v3_and_below_topics {
            let places = topic.partitions.iter().map(|index| (topic.name.to_string(), *index));
            touched.partitions.extend(places);
        }
    }
    let results = asked.v3_and_below_topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|index| {
            let there = topics.partition(topic.name.as_str(), *index).is_some();
            let code = if there { code } else { code::UNKNOWN_TOPIC_OR_PARTITION };
            AddPartitionsToTxnPartitionResult::default()
                .with_partition_index(*index)
                .with_partition_error_code(code)
        });
        AddPartitionsToTxnTopicResult::default()
            .with_name(topic.name.clone())
            .with_results_by_partition(partitions.collect())
    });
    let answer = AddPartitionsToTxnResponse::default();
    let answer = answer.with_results_by_topic_v3_and_below(results.collect());
    drop(state);
    shared.deadlines.notify_one();
    answer
}

pub(super) fn add_offsets(
    shared: &Shared,
    asked: &AddOffsetsToTxnRequest,
    version: i16,
) -> AddOffsetsToTxnResponse {
    let mut state = shared.state.lock();
    let producer = (asked.producer_id.0, asked.producer_epoch);
    let id = asked.transactional_id.as_str();
    let touched = state.transactions.touch(id, producer, Instant::now());
    let code = match touched {
        Ok(touched) => {
            touched.groups.insert(asked.group_id.to_string());
            code::NONE
        }
        Err(code) => said(code, version),
    };
    drop(state);
    shared.deadlines.notify_one();
    AddOffsetsToTxnResponse::default().with_error_code(code)
}

pub(super) fn commit_offsets(
    shared: &Shared,
    asked: &TxnOffsetCommitRequest,
    version: i16,
) -> TxnOffsetCommitResponse {
    let mut state = shared.state.lock();
    let State { topics, groups, transactions } = &mut *state;
    let producer = (asked.producer_id.0, asked.producer_epoch);
    let group_id = asked.group_id.as_str();
    let told = transactions.commits_to(asked.transactional_id.as_str(), producer, group_id);
    let member = who(&asked.member_id, asked.group_instance_id.as_ref(), asked.generation_id);
    let mut group = told.map_err(|code| said(code, version)).and_then(|()| {
        let group = groups.obtain(group_id)?;
        group.may_commit_in_transaction(&member, Instant::now())?;
        Ok(group)
    });
    let answers = asked.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|one| {
            let place = (topic.name.to_string(), one.partition_index);
            let there = topics.partition(&place.0, place.1).is_some();
            let metadata = one.committed_metadata.as_ref();
            let committed = Committed {
                offset: one.committed_offset,
                leader_epoch: one.committed_leader_epoch,
                metadata: metadata.map(|text| text.to_string()).unwrap_or_default(),
            };
            let outcome = match &mut group {
                Err(code) => Err(*code),
                Ok(_) if !there => Err(code::UNKNOWN_TOPIC_OR_PARTITION),
                Ok(group) => group.commit(place, committed, Some(producer.0)),
            };
            TxnOffsetCommitResponsePartition::default()
                .with_partition_index(one.partition_index)
                .with_error_code(outcome.err().unwrap_or(code::NONE))
        });
        TxnOffsetCommitResponseTopic::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    TxnOffsetCommitResponse::default().with_topics(answers.collect())
}

pub(super) fn end(shared: &Shared, asked: &EndTxnRequest, version: i16) -> EndTxnResponse {
    let mut state = shared.state.lock();
    let producer = (asked.producer_id.0, asked.producer_epoch);
    let id = asked.transactional_id.as_str();
    let code = match state.transactions.end(id, producer, asked.committed) {
        Ok(ending) => {
            if let Some(ending) = ending {
                state.end_transaction(&ending);
            }
            code::NONE
        }
        Err(code) => said(code, version),
    };
    drop(state);
    shared.changed();
    EndTxnResponse::default().with_error_code(code)
}
