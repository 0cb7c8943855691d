//! AddPartitionsToTxn (24, versions 0-3), AddOffsetsToTxn (25, 0-4) and EndTxn (26, 0-4).
//! Rewritten: transactional and group ids, addresses to topics and back. The transaction's state is
//! its coordinator's.

use kafka_protocol::messages::add_partitions_to_txn_response::{
    AddPartitionsToTxnPartitionResult, AddPartitionsToTxnTopicResult,
};
use kafka_protocol::messages::{
    AddOffsetsToTxnRequest, AddOffsetsToTxnResponse, AddPartitionsToTxnRequest,
    AddPartitionsToTxnResponse, EndTxnRequest, EndTxnResponse, GroupId, TopicName, TransactionalId,
};
use kafka_protocol::protocol::{Request, StrBytes};

use super::{OPERATION_NOT_ATTEMPTED, TOPIC_AUTHORIZATION_FAILED, transaction_id};
use crate::kafka::call::{Call, Reply};
use crate::kafka::client::Client;
use crate::kafka::groups::{COORDINATOR_LOAD_IN_PROGRESS, group_id, moved, upstream_client_id};
use crate::upstream::relay::{Coordinator, Forward};

/// Answers AddPartitionsToTxn.
pub async fn add_partitions(client: &Client, call: &Call) -> Reply {
    let request = match call.decode::<AddPartitionsToTxnRequest>() {
        Ok(request) => request,
        Err(bad) => return bad.into(),
    };
    let topics = match try_add_partitions(client, call, &request).await {
        Ok(topics) => topics,
        Err(code) => all_partitions(&request, || code),
    };
    let answer = AddPartitionsToTxnResponse::default().with_results_by_topic_v3_and_below(topics);
    Reply::message(&answer, call.version)
}

async fn try_add_partitions(
    client: &Client,
    call: &Call,
    request: &AddPartitionsToTxnRequest,
) -> Result<Vec<AddPartitionsToTxnTopicResult>, i16> {
    let id = transaction_id(client, &request.v3_and_below_transactional_id)?;
    let mut inward = request.clone();
    let mut addresses = Vec::with_capacity(inward.v3_and_below_topics.len());
    let topics = &mut inward.v3_and_below_topics;
    let permits: Vec<_> = topics.iter().map(|topic| client.write_permit(&topic.name)).collect();
    if permits.iter().any(Result::is_err) {
        // As brokers have it: all or nothing.
        let mut codes = permits.iter().map(|permit| match permit {
            Ok(_) => OPERATION_NOT_ATTEMPTED,
            Err(_) => TOPIC_AUTHORIZATION_FAILED,
        });
        return Ok(all_partitions(request, || codes.next().unwrap_or(OPERATION_NOT_ATTEMPTED)));
    }
    for (topic, permit) in topics.iter_mut().zip(permits.into_iter().flatten()) {
        let real = TopicName(StrBytes::from_string(permit.grant().endpoint.spec.topic.clone()));
        addresses.push((real.clone(), std::mem::replace(&mut topic.name, real)));
    }
    inward.v3_and_below_transactional_id = id.clone();
    let forward = Forward::new(&inward, (0, call.version)).checked(|answer| {
        let topics = answer.results_by_topic_v3_and_below.iter();
        let partitions = topics.flat_map(|topic| &topic.results_by_partition);
        moved(partitions.map(|partition| partition.partition_error_code))
    });
    let answer = to_coordinator(client, call, (&id, forward)).await?;
    let topics = answer.results_by_topic_v3_and_below.into_iter().filter_map(|mut topic| {
        let place = addresses.iter().position(|(real, _)| *real == topic.name)?;
        topic.name = addresses.swap_remove(place).1;
        Some(topic)
    });
    Ok(topics.collect())
}

fn all_partitions(
    request: &AddPartitionsToTxnRequest,
    mut code: impl FnMut() -> i16,
) -> Vec<AddPartitionsToTxnTopicResult> {
    let topics = request.v3_and_below_topics.iter().map(|topic| {
        let code = code();
        let partitions = topic.partitions.iter().map(|partition| {
            AddPartitionsToTxnPartitionResult::default()
                .with_partition_index(*partition)
                .with_partition_error_code(code)
        });
        AddPartitionsToTxnTopicResult::default()
            .with_name(topic.name.clone())
            .with_results_by_partition(partitions.collect())
    });
    topics.collect()
}

/// Answers AddOffsetsToTxn.
pub async fn add_offsets(client: &Client, call: &Call) -> Reply {
    let request = match call.decode::<AddOffsetsToTxnRequest>() {
        Ok(request) => request,
        Err(bad) => return bad.into(),
    };
    let code = try_add_offsets(client, call, request).await.unwrap_or_else(|code| code);
    Reply::message(&AddOffsetsToTxnResponse::default().with_error_code(code), call.version)
}

async fn try_add_offsets(
    client: &Client,
    call: &Call,
    mut request: AddOffsetsToTxnRequest,
) -> Result<i16, i16> {
    let id = transaction_id(client, &request.transactional_id)?;
    request.group_id = GroupId(StrBytes::from_string(group_id(client, &request.group_id)?));
    request.transactional_id = id.clone();
    let forward = Forward::new(&request, (0, call.version)).checked(|answer| answer.error_code);
    Ok(to_coordinator(client, call, (&id, forward)).await?.error_code)
}

/// Answers EndTxn.
pub async fn end(client: &Client, call: &Call) -> Reply {
    let request = match call.decode::<EndTxnRequest>() {
        Ok(request) => request,
        Err(bad) => return bad.into(),
    };
    let code = try_end(client, call, request).await.unwrap_or_else(|code| code);
    Reply::message(&EndTxnResponse::default().with_error_code(code), call.version)
}

async fn try_end(client: &Client, call: &Call, mut request: EndTxnRequest) -> Result<i16, i16> {
    let id = transaction_id(client, &request.transactional_id)?;
    request.transactional_id = id.clone();
    let forward = Forward::new(&request, (0, call.version)).checked(|answer| answer.error_code);
    Ok(to_coordinator(client, call, (&id, forward)).await?.error_code)
}

async fn to_coordinator<Q: Request>(
    client: &Client,
    call: &Call,
    (id, forward): (&TransactionalId, Forward<'_, Q>),
) -> Result<Q::Response, i16> {
    let name = upstream_client_id(client, call);
    let upstream = client.upstream();
    let answer = upstream.to_coordinator(Coordinator::Transaction(id), forward.named(&name)).await;
    answer.map_err(|_| COORDINATOR_LOAD_IN_PROGRESS)
}
