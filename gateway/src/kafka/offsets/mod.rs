//! Questions about offsets, passed on to the leaders of partitions: ListOffsets and
//! OffsetForLeaderEpoch. Names are translated, and nothing else but what a replay window hides: it
//! is a log start of its own.

mod epochs;
mod leaders;
mod list;

use futures_util::future::join_all;

use super::client::Client;
use crate::upstream::UpstreamError;

pub use self::epochs::serve as serve_epochs;
pub use self::list::serve as serve_list;

/// TOPIC_AUTHORIZATION_FAILED: also for topics that do not exist.
const NOT_ALLOWED: i16 = 29;
const UNKNOWN_PARTITION: i16 = 3;
const NO_LEADER: i16 = 5;

/// Topics of one request that are asked about at once: the connections to a broker are everybody's.
const TOPICS_AT_ONCE: usize = 16;

/// Asks about the topics of a request, some at once; the answers in their order.
async fn in_turns<T, F: Future>(topics: Vec<T>, ask: impl Fn(T) -> F) -> Vec<F::Output> {
    let mut answers = Vec::with_capacity(topics.len());
    let mut topics = topics.into_iter().peekable();
    while topics.peek().is_some() {
        let some = topics.by_ref().take(TOPICS_AT_ONCE).map(&ask);
        answers.extend(join_all(some).await);
    }
    answers
}

/// What a client is told when the cluster gave no answer.
fn code(error: &UpstreamError) -> i16 {
    match error {
        UpstreamError::UnknownTopic { .. } => UNKNOWN_PARTITION,
        _ => NO_LEADER,
    }
}

/// The real topic behind a name.
fn real_topic(client: &Client, name: &str) -> Result<String, i16> {
    let permit = client.permit(name).map_err(|_| NOT_ALLOWED)?;
    Ok(permit.grant().endpoint.spec.topic.clone())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn a_request_about_many_topics_does_not_take_all_connections() {
        let (now, most) = (Cell::new(0), Cell::new(0));
        let (now, most) = (&now, &most);
        let answers = in_turns((0..100).collect(), |topic: usize| async move {
            now.set(now.get() + 1);
            most.set(most.get().max(now.get()));
            tokio::task::yield_now().await;
            now.set(now.get() - 1);
            topic
        });
        assert_eq!(answers.await, (0..100).collect::<Vec<_>>());
        assert_eq!(most.get(), TOPICS_AT_ONCE);
    }
}
