//! Asks the leaders of a topic's partitions, each once, and those that had moved once more.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use kafka_protocol::protocol::Request;

use super::{NO_LEADER, UNKNOWN_PARTITION, code};
use crate::upstream::UpstreamCluster;
use crate::upstream::relay::Forward;

/// Codes by which a broker says that it is not the one to ask: LEADER_NOT_AVAILABLE,
/// NOT_LEADER_OR_FOLLOWER, REPLICA_NOT_AVAILABLE, KAFKA_STORAGE_ERROR.
const ELSEWHERE: [i16; 4] = [NO_LEADER, 6, 9, 56];

/// A question about partitions: how it is asked and how its answers are read.
pub(super) struct Question<P, Q: Request, A> {
    /// Versions in which it may be asked.
    pub(super) versions: (i16, i16),
    /// The partition that a part of it is about.
    pub(super) partition: fn(&P) -> i32,
    /// The request about these partitions of a topic.
    pub(super) request: fn(&str, Vec<P>, i8) -> Q,
    /// The parts of an answer.
    pub(super) answers: fn(Q::Response) -> Vec<A>,
    /// The partition and error code of a part.
    pub(super) outcome: fn(&A) -> (i32, i16),
    /// A part that tells an error.
    pub(super) failed: fn(i32, i16) -> A,
}

/// Asks about partitions of a topic; one answer for each, in any order. `isolation` is handed to
/// the request.
pub(super) async fn ask<P: Clone, Q: Request, A>(
    upstream: &UpstreamCluster,
    topic: &str,
    (mut partitions, isolation): (Vec<P>, i8),
    question: &Question<P, Q, A>,
) -> Vec<A> {
    let mut answers = Vec::with_capacity(partitions.len());
    for refresh in [false, true] {
        let led = match upstream.led(topic, refresh).await {
            Ok(led) => led,
            Err(error) => {
                let fail = |part: &P| (question.failed)((question.partition)(part), code(&error));
                answers.extend(partitions.iter().map(fail));
                return answers;
            }
        };
        let mut by_leader: BTreeMap<i32, Vec<P>> = BTreeMap::new();
        let mut again = Vec::new();
        for part in partitions {
            let index = (question.partition)(&part);
            match led.broker(index) {
                None => answers.push((question.failed)(index, UNKNOWN_PARTITION)),
                Some(None) => again.push(part),
                Some(Some(broker)) => by_leader.entry(broker).or_default().push(part),
            }
        }
        let calls = by_leader.into_iter().map(|(broker, parts)| async move {
            let request = (question.request)(topic, parts.clone(), isolation);
            let forward = Forward::new(&request, question.versions);
            let answer = upstream.to_broker(broker, forward).await;
            (parts, answer.map(question.answers).unwrap_or_default())
        });
        for (mut parts, found) in join_all(calls).await {
            for answer in found {
                let (index, code) = (question.outcome)(&answer);
                if !refresh && ELSEWHERE.contains(&code) {
                    continue;
                }
                if let Some(at) = parts.iter().position(|p| (question.partition)(p) == index) {
                    parts.swap_remove(at);
                    answers.push(answer);
                }
            }
            again.append(&mut parts);
        }
        partitions = again;
        if partitions.is_empty() {
            return answers;
        }
    }
    let fail = |part: &P| (question.failed)((question.partition)(part), NO_LEADER);
    answers.extend(partitions.iter().map(fail));
    answers
}
