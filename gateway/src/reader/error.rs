//! Why a reader cannot be opened or go on. The texts may be shown to subscribers: they name
//! partitions and offsets, never backend topics, brokers or payload.

use super::CursorError;
use crate::upstream::UpstreamError;

/// Why a reader cannot be opened or go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The cursor cannot be used.
    #[error("the cursor cannot be used: {0}")]
    Cursor(#[from] CursorError),
    /// Events at the cursor have left the log.
    #[error(
        "events of partition {partition} from offset {offset} are no longer in the log, \
         which begins at {start}"
    )]
    Expired {
        /// The topic-partition's index.
        partition: i32,
        /// Where the reader was.
        offset: i64,
        /// Where the log begins.
        start: i64,
    },
    /// Events at the cursor are older than the plan's replay window.
    #[error(
        "events of partition {partition} from offset {offset} are older than the plan's replay \
         window, which begins at {start}"
    )]
    BehindWindow {
        /// The topic-partition's index.
        partition: i32,
        /// Where the reader was.
        offset: i64,
        /// The virtual log start.
        start: i64,
    },
    /// The log was cut below what the reader has passed.
    #[error(
        "the cluster lost events: the log of partition {partition} was cut at offset {end}, \
         events up to {offset} had been read"
    )]
    Truncated {
        /// The topic-partition's index.
        partition: i32,
        /// The end of what remained.
        end: i64,
        /// Where the reader was.
        offset: i64,
    },
    /// The topic was deleted, or deleted and created anew.
    #[error("the endpoint's topic was deleted, or deleted and created anew")]
    TopicGone,
    /// A key rule that could merge keys meets a compacted topic.
    #[error("a rule of the plan could merge keys, and the endpoint's topic is compacted")]
    KeyRuleOnCompacted,
    /// The endpoint now stands on another cluster, topic or replay window.
    #[error("the endpoint was changed")]
    Moved,
    /// The cluster cannot serve now.
    #[error("the endpoint's cluster cannot serve now")]
    Unavailable,
    /// The topic is not there.
    #[error("the endpoint's topic is not there")]
    UnknownTopic,
}

impl From<UpstreamError> for ReadError {
    /// What subscribers may know of it; the details are in the log and in `/readyz`.
    fn from(error: UpstreamError) -> Self {
        match error {
            UpstreamError::UnknownTopic { .. } => Self::UnknownTopic,
            UpstreamError::Unavailable { .. }
            | UpstreamError::Refused { .. }
            | UpstreamError::OffsetOutOfRange => Self::Unavailable,
        }
    }
}
