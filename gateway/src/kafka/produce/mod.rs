//! Produce (0), versions 3-13, and the transactions around it. Rewritten: addresses or virtual ids
//! to topics and back, transactional ids. Batches reach their leader byte for byte. Brokers' names
//! and words never reach the client.
//!
//! One request of a connection is served at a time, and answered before the next: so each leader
//! gets a connection's batches in their order. A batch is sent a second time only when its leader
//! said that it did not take it.

mod admission;
mod batch;
pub mod init;
mod leaders;
pub mod offsets;
pub mod transaction;

use std::time::Duration;

use kafka_protocol::messages::produce_request::TopicProduceData;
use kafka_protocol::messages::produce_response::{PartitionProduceResponse, TopicProduceResponse};
use kafka_protocol::messages::{ProduceRequest, ProduceResponse, TransactionalId};
use kafka_protocol::protocol::StrBytes;

use self::leaders::{Batches, Item};
use super::call::{Call, CloseReason, Reply};
use super::client::{Client, UnknownId};
use super::groups::ID_BYTES_MAX;
use crate::authz::WritePermit;

const REQUEST_TIMED_OUT: i16 = 7;
const INVALID_REQUIRED_ACKS: i16 = 21;
const TOPIC_AUTHORIZATION_FAILED: i16 = 29;
const CLUSTER_AUTHORIZATION_FAILED: i16 = 31;
const INVALID_REQUEST: i16 = 42;
const TRANSACTIONAL_ID_AUTHORIZATION_FAILED: i16 = 53;
const OPERATION_NOT_ATTEMPTED: i16 = 55;
const UNKNOWN_TOPIC_ID: i16 = 100;

/// The first version that names topics by id.
const IDS_SINCE: i16 = 13;
/// No answer is wanted.
const NO_ACKS: i16 = 0;
/// The leader's own log is enough.
const LEADER_ACKS: i16 = 1;
/// All replicas in sync.
const ALL_ACKS: i16 = -1;
/// The longest that replicas are waited for: clients wait half a minute by themselves.
const TIMEOUT_MAX: Duration = Duration::from_secs(60);

/// Answers Produce.
pub async fn serve(client: &Client, call: &Call) -> Reply {
    let request = match call.decode::<ProduceRequest>() {
        Ok(request) => request,
        Err(bad) => return bad.into(),
    };
    let acks = request.acks;
    let topics = produce(client, call, request).await;
    if acks == NO_ACKS {
        let codes = topics.iter().flat_map(|topic| &topic.partition_responses);
        let refused = codes.into_iter().any(|partition| partition.error_code != 0);
        return match refused {
            // The only way to say it, and brokers do so too.
            true => Reply::Close(CloseReason::Unanswerable),
            false => Reply::Nothing,
        };
    }
    Reply::message(&ProduceResponse::default().with_responses(topics), call.version)
}

async fn produce(
    client: &Client,
    call: &Call,
    request: ProduceRequest,
) -> Vec<TopicProduceResponse> {
    let ProduceRequest { transactional_id, acks, timeout_ms, topic_data, .. } = request;
    let mut topics = Vec::with_capacity(topic_data.len());
    let mut items = Vec::new();
    for (place, topic) in topic_data.into_iter().enumerate() {
        let granted = granted(client, call, &topic).await;
        for partition in topic.partition_data {
            let verdict = granted.clone().and_then(|permit| {
                let cost = batch::check(partition.records.as_ref(), call.version)?;
                Ok((permit, cost))
            });
            items.push(Item::new((place, partition.index), partition.records, verdict));
        }
        topics.push((topic.name, topic.topic_id));
    }
    let id = transactional_id.map(|id| transaction_id(client, &id)).transpose();
    let id = match (id, acks) {
        (Ok(id), NO_ACKS | LEADER_ACKS | ALL_ACKS) => id,
        (Ok(_), _) => return answer(topics, refuse_all(items, INVALID_REQUIRED_ACKS)),
        (Err(code), _) => return answer(topics, refuse_all(items, code)),
    };
    // A transaction that lost a part of itself must not look whole.
    if id.is_some() && items.iter().any(Item::is_refused) {
        return answer(topics, refuse_all(items, OPERATION_NOT_ATTEMPTED));
    }
    if !admission::admit(client, &items).await {
        return answer(topics, refuse_all(items, REQUEST_TIMED_OUT));
    }
    let timeout = u64::try_from(timeout_ms).unwrap_or(0);
    let batches = Batches {
        transactional_id: id,
        // Also where the client wants no answer: the next batch must not overtake this one, and a
        // refusal must be known.
        acks: if acks == NO_ACKS { LEADER_ACKS } else { acks },
        timeout: Duration::from_millis(timeout).min(TIMEOUT_MAX),
        version: call.version,
        name: super::groups::upstream_client_id(client, call),
    };
    let items = batches.send(&client.upstream(), items).await;
    for (permit, cost) in items.iter().filter_map(Item::written) {
        client.wrote(permit, cost.events.into(), cost.bytes);
    }
    answer(topics, items)
}

/// What was granted, if the client may write there.
async fn granted(
    client: &Client,
    call: &Call,
    topic: &TopicProduceData,
) -> Result<WritePermit, i16> {
    let permit = if call.version >= IDS_SINCE {
        let sight = client.sight_by_id(topic.topic_id.as_bytes()).await;
        let sight = sight.map_err(|why| match why {
            UnknownId::Nothing => UNKNOWN_TOPIC_ID,
            UnknownId::NotAllowed => TOPIC_AUTHORIZATION_FAILED,
        })?;
        client.write_permit(sight.grant().endpoint.spec.address())
    } else {
        client.write_permit(&topic.name)
    };
    permit.map_err(|_| TOPIC_AUTHORIZATION_FAILED)
}

/// The same code for every part that is not refused for another reason.
fn refuse_all(mut items: Vec<Item>, code: i16) -> Vec<Item> {
    items.iter_mut().filter(|item| !item.is_refused()).for_each(|item| item.refuse(code));
    items
}

fn answer(
    topics: Vec<(kafka_protocol::messages::TopicName, uuid::Uuid)>,
    items: Vec<Item>,
) -> Vec<TopicProduceResponse> {
    let mut answers: Vec<TopicProduceResponse> = topics
        .into_iter()
        .map(|(name, id)| TopicProduceResponse::default().with_name(name).with_topic_id(id))
        .collect();
    for item in items {
        let (place, _) = item.place();
        if let Some(answer) = answers.get_mut(place) {
            answer.partition_responses.push(item.answer());
        }
    }
    answers
}

/// A transactional id as it is on the backend cluster.
fn transaction_id(client: &Client, id: &TransactionalId) -> Result<TransactionalId, i16> {
    match id.len() {
        1..=ID_BYTES_MAX => Ok(TransactionalId(StrBytes::from_string(client.group(id)))),
        _ => Err(INVALID_REQUEST),
    }
}

/// A refusal of a partition.
fn refusal(partition: i32, code: i16) -> PartitionProduceResponse {
    PartitionProduceResponse::default()
        .with_index(partition)
        .with_error_code(code)
        .with_base_offset(-1)
}

/// Whether the client may write anything at all.
fn may_write(client: &Client) -> bool {
    client.sights().iter().any(|sight| sight.grant().endpoint.spec.direction.allows_producing())
}
