//! What the broker answers, one file for each group of APIs.

mod cluster;
mod commits;
mod configs;
mod fetch;
mod groups;
mod offsets;
mod produce;
mod refuse;
mod topics;
mod transactions;
mod versions;

use kafka_protocol::messages::{RequestKind, ResponseKind, TopicName};
use kafka_protocol::protocol::StrBytes;

use crate::log::{Partition, Topics};
use crate::state::Shared;

pub(crate) use refuse::refused;
#[cfg(test)]
pub(crate) use versions::{range, served};
pub(crate) use versions::{serves, versions};

/// Who asks.
pub(crate) struct Asker {
    /// The API version.
    pub(crate) version: i16,
    /// What the client calls itself.
    pub(crate) client_id: String,
    /// Where it is.
    pub(crate) host: String,
}

/// What comes of a request.
pub(crate) enum Answer {
    /// An answer.
    Say(Box<ResponseKind>),
    /// Nothing, and the connection goes on.
    Nothing,
    /// The connection is closed.
    Close,
}

impl Answer {
    pub(crate) fn say(answer: impl Into<ResponseKind>) -> Answer {
        Answer::Say(Box::new(answer.into()))
    }
}

/// Answers a request. What need not wait is done at the first poll.
pub(crate) async fn answer(shared: &Shared, asker: &Asker, request: RequestKind) -> Answer {
    let version = asker.version;
    match request {
        RequestKind::Metadata(asked) => Answer::say(cluster::metadata(shared, &asked, version)),
        RequestKind::DescribeCluster(asked) => Answer::say(cluster::describe(shared, &asked)),
        RequestKind::DescribeConfigs(asked) => Answer::say(configs::describe(shared, &asked)),
        RequestKind::CreateTopics(asked) => Answer::say(topics::create(shared, &asked)),
        RequestKind::DeleteTopics(asked) => Answer::say(topics::delete(shared, &asked, version)),
        RequestKind::DeleteRecords(asked) => Answer::say(topics::delete_records(shared, &asked)),
        RequestKind::Produce(asked) => produce::produce(shared, asked),
        RequestKind::Fetch(asked) => Answer::say(fetch::fetch(shared, &asked).await),
        RequestKind::ListOffsets(asked) => Answer::say(offsets::list(shared, &asked)),
        RequestKind::OffsetForLeaderEpoch(asked) => Answer::say(offsets::of_epochs(shared, &asked)),
        RequestKind::FindCoordinator(asked) => Answer::say(groups::find(shared, &asked, version)),
        RequestKind::JoinGroup(asked) => Answer::say(groups::join(shared, asker, asked).await),
        RequestKind::SyncGroup(asked) => Answer::say(groups::sync(shared, asked).await),
        RequestKind::Heartbeat(asked) => Answer::say(groups::heartbeat(shared, &asked)),
        RequestKind::LeaveGroup(asked) => Answer::say(groups::leave(shared, &asked, version)),
        RequestKind::ListGroups(asked) => Answer::say(groups::list(shared, &asked)),
        RequestKind::DescribeGroups(asked) => {
            Answer::say(groups::describe(shared, &asked, version))
        }
        RequestKind::DeleteGroups(asked) => Answer::say(groups::delete(shared, &asked)),
        RequestKind::OffsetCommit(asked) => Answer::say(commits::commit(shared, &asked)),
        RequestKind::OffsetFetch(asked) => Answer::say(commits::fetch(shared, &asked, version)),
        RequestKind::OffsetDelete(asked) => Answer::say(commits::delete(shared, &asked)),
        RequestKind::InitProducerId(asked) => {
            Answer::say(transactions::begin(shared, &asked, version))
        }
        RequestKind::AddPartitionsToTxn(asked) => {
            Answer::say(transactions::add_partitions(shared, &asked, version))
        }
        RequestKind::AddOffsetsToTxn(asked) => {
            Answer::say(transactions::add_offsets(shared, &asked, version))
        }
        RequestKind::TxnOffsetCommit(asked) => {
            Answer::say(transactions::commit_offsets(shared, &asked, version))
        }
        RequestKind::EndTxn(asked) => Answer::say(transactions::end(shared, &asked, version)),
        _ => Answer::Close,
    }
}

/// A partition, or the code for that there is none.
fn partition<'a>(topics: &'a Topics, name: &TopicName, index: i32) -> Result<&'a Partition, i16> {
    topics.partition(name.as_str(), index).ok_or(crate::code::UNKNOWN_TOPIC_OR_PARTITION)
}

fn text(text: impl Into<String>) -> StrBytes {
    StrBytes::from_string(text.into())
}

fn topic_name(name: &str) -> TopicName {
    TopicName(text(name))
}
