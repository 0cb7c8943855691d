//! Batches on their way to the brokers that lead their partitions: one request for each broker, at
//! once; those that moved go once more, with the same bytes.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::messages::produce_response::{LeaderIdAndEpoch, PartitionProduceResponse};
use kafka_protocol::messages::{ProduceRequest, ProduceResponse, TransactionalId};

use super::batch::Cost;
use super::{REQUEST_TIMED_OUT, TOPIC_AUTHORIZATION_FAILED, refusal};
use crate::authz::WritePermit;
use crate::upstream::relay::{Forward, Led, Lost, Wait};
use crate::upstream::{UpstreamCluster, UpstreamError};
use crate::wire::produce_writer;

const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
const LEADER_NOT_AVAILABLE: i16 = 5;
const NOT_LEADER_OR_FOLLOWER: i16 = 6;

/// One partition's batch on its way.
pub(super) struct Item {
    place: (usize, i32),
    records: Bytes,
    granted: Option<(WritePermit, Cost)>,
    answer: Option<PartitionProduceResponse>,
    /// Said no for sure, so that it may be asked again.
    moved: bool,
}

impl Item {
    /// A batch; its place is the topic's in the request, and the partition.
    pub(super) fn new(
        place: (usize, i32),
        records: Option<Bytes>,
        verdict: Result<(WritePermit, Cost), i16>,
    ) -> Self {
        let records = records.unwrap_or_default();
        let mut item = Self { place, records, granted: None, answer: None, moved: false };
        match verdict {
            Ok(granted) => item.granted = Some(granted),
            Err(code) => item.refuse(code),
        }
        item
    }

    pub(super) fn place(&self) -> (usize, i32) {
        self.place
    }

    pub(super) fn granted(&self) -> Option<(&WritePermit, Cost)> {
        self.granted.as_ref().map(|(permit, cost)| (permit, *cost))
    }

    /// What a leader took.
    pub(super) fn written(&self) -> Option<(&WritePermit, Cost)> {
        let written = self.answer.as_ref().is_some_and(|answer| answer.error_code == 0);
        self.granted().filter(|_| written)
    }

    pub(super) fn is_refused(&self) -> bool {
        self.answer.is_some()
    }

    pub(super) fn refuse(&mut self, code: i16) {
        self.answer = Some(refusal(self.place.1, code));
    }

    /// The answer for the client: of brokers nothing but numbers about the log.
    pub(super) fn answer(self) -> PartitionProduceResponse {
        let mut answer =
            self.answer.unwrap_or_else(|| refusal(self.place.1, NOT_LEADER_OR_FOLLOWER));
        answer.error_message = None;
        answer.current_leader = LeaderIdAndEpoch::default();
        answer.unknown_tagged_fields.clear();
        for error in &mut answer.record_errors {
            error.batch_index_error_message = None;
        }
        answer
    }

    fn topic(&self) -> Option<&str> {
        self.granted.as_ref().map(|(permit, _)| permit.grant().endpoint.spec.topic.as_str())
    }
}

/// How the batches of one request are sent.
pub(super) struct Batches {
    pub(super) transactional_id: Option<TransactionalId>,
    pub(super) acks: i16,
    pub(super) timeout: Duration,
    /// The client's version.
    pub(super) version: i16,
    /// In whose name.
    pub(super) name: String,
}

impl Batches {
    /// Sends what is not refused; each item then has its answer.
    pub(super) async fn send(&self, upstream: &UpstreamCluster, mut items: Vec<Item>) -> Vec<Item> {
        for again in [false, true] {
            let open: Vec<&mut Item> =
                items.iter_mut().filter(|item| item.answer.is_none() || item.moved).collect();
            if open.is_empty() {
                break;
            }
            self.round(upstream, open, again).await;
        }
        items
    }

    async fn round(&self, upstream: &UpstreamCluster, items: Vec<&mut Item>, again: bool) {
        let mut led: BTreeMap<String, Result<Led, UpstreamError>> = BTreeMap::new();
        let mut by_broker: BTreeMap<i32, Vec<&mut Item>> = BTreeMap::new();
        for item in items {
            item.moved = false;
            let Some(topic) = item.topic().map(str::to_owned) else {
                item.refuse(TOPIC_AUTHORIZATION_FAILED);
                continue;
            };
            if !led.contains_key(&topic) {
                led.insert(topic.clone(), upstream.led(&topic, again).await);
            }
            match led.get(&topic).map(|led| leader(led, item.place.1)) {
                Some(Ok(broker)) => by_broker.entry(broker).or_default().push(item),
                Some(Err(code)) => {
                    item.refuse(code);
                    item.moved = true;
                }
                None => item.refuse(NOT_LEADER_OR_FOLLOWER),
            }
        }
        let sent = by_broker.into_iter().map(|(broker, items)| self.to(upstream, broker, items));
        futures_util::future::join_all(sent).await;
    }

    async fn to(&self, upstream: &UpstreamCluster, broker: i32, items: Vec<&mut Item>) {
        let mut topics: BTreeMap<&str, Vec<(i32, Bytes)>> = BTreeMap::new();
        for item in &items {
            let Some(topic) = item.topic() else { continue };
            topics.entry(topic).or_default().push((item.place.1, item.records.clone()));
        }
        let write = |version| {
            let topics = topics.iter().map(|(topic, batches)| (*topic, batches.as_slice()));
            produce_writer::write(version, self.terms(), topics)
        };
        let highest = self.version.min(produce_writer::VERSION_MAX);
        // The codec would copy the batches.
        let empty = ProduceRequest::default();
        let forward = Forward::new(&empty, (produce_writer::VERSION_MIN, highest))
            .waiting(Wait::Produce(self.timeout))
            .named(&self.name)
            .written(&write)
            .once();
        let answered = upstream.to_broker(broker, forward).await;
        drop(topics);
        match answered {
            Ok(answer) => take(answer, items),
            // Whether they were appended nobody knows: sending them again is the client's decision.
            Err(Lost { sent: true, .. }) => {
                items.into_iter().for_each(|item| item.refuse(REQUEST_TIMED_OUT));
            }
            Err(Lost { sent: false, .. }) => items.into_iter().for_each(|item| {
                item.refuse(NOT_LEADER_OR_FOLLOWER);
                item.moved = true;
            }),
        }
    }

    fn terms(&self) -> produce_writer::Terms<'_> {
        produce_writer::Terms {
            transactional_id: self.transactional_id.as_ref().map(|id| id.as_str()),
            acks: self.acks,
            timeout_ms: i32::try_from(self.timeout.as_millis()).unwrap_or(i32::MAX),
        }
    }
}

fn leader(led: &Result<Led, UpstreamError>, partition: i32) -> Result<i32, i16> {
    match led {
        Ok(led) => match led.broker(partition) {
            Some(Some(broker)) => Ok(broker),
            Some(None) => Err(LEADER_NOT_AVAILABLE),
            None => Err(UNKNOWN_TOPIC_OR_PARTITION),
        },
        Err(UpstreamError::UnknownTopic { .. }) => Err(UNKNOWN_TOPIC_OR_PARTITION),
        Err(_) => Err(NOT_LEADER_OR_FOLLOWER),
    }
}

fn take(answer: ProduceResponse, items: Vec<&mut Item>) {
    let mut answers: BTreeMap<(String, i32), PartitionProduceResponse> = BTreeMap::new();
    for topic in answer.responses {
        for partition in topic.partition_responses {
            answers.insert((topic.name.to_string(), partition.index), partition);
        }
    }
    for item in items {
        let key = (item.topic().unwrap_or_default().to_owned(), item.place.1);
        match answers.remove(&key) {
            Some(answer) => {
                item.moved = is_led_elsewhere(answer.error_code);
                item.answer = Some(answer);
            }
            None => item.refuse(REQUEST_TIMED_OUT),
        }
    }
}

/// The broker did not append because it does not lead the partition.
fn is_led_elsewhere(code: i16) -> bool {
    matches!(code, UNKNOWN_TOPIC_OR_PARTITION | LEADER_NOT_AVAILABLE | NOT_LEADER_OR_FOLLOWER)
}
