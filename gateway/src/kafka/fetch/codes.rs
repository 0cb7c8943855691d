//! Error codes of Fetch answers. Java's consumer throws at any code that it does not expect in a
//! Fetch answer, so only some of those it knows are used (1, 3, 29, 100).

use crate::kafka::client::UnknownId;
use crate::reader::ReadError;
use crate::upstream::UpstreamError;

/// OFFSET_OUT_OF_RANGE: the client resets to where its configuration says.
pub(super) const OUT_OF_RANGE: i16 = 1;
/// UNKNOWN_TOPIC_OR_PARTITION.
pub(super) const UNKNOWN_PARTITION: i16 = 3;
/// TOPIC_AUTHORIZATION_FAILED: also for topics that do not exist.
pub(super) const NOT_ALLOWED: i16 = 29;
/// FETCH_SESSION_ID_NOT_FOUND, of the whole request: the client goes on without one.
pub(super) const NO_SUCH_SESSION: i16 = 70;
/// UNKNOWN_TOPIC_ID.
pub(super) const UNKNOWN_ID: i16 = 100;

/// What becomes of a partition that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// This partition's alone; the client is told.
    Partition(i16),
    /// The whole topic's; the client is told, and the reader is of no use any more.
    Topic(i16),
    /// Nobody is told: it passes, or another reader must be opened.
    Passing,
}

/// What becomes of a partition, for a client that asked by name or by id.
pub(super) fn trouble(error: &ReadError, by_id: bool) -> Trouble {
    match error {
        ReadError::Expired { .. }
        | ReadError::BehindWindow { .. }
        | ReadError::Truncated { .. } => Trouble::Partition(OUT_OF_RANGE),
        ReadError::TopicGone | ReadError::UnknownTopic => Trouble::Topic(unknown(by_id)),
        ReadError::KeyRuleOnCompacted => Trouble::Topic(NOT_ALLOWED),
        ReadError::Moved | ReadError::Unavailable | ReadError::Cursor(_) => Trouble::Passing,
    }
}

/// What becomes of a partition whose history could not be fetched; `None`: it is tried again.
pub(super) fn history(error: &UpstreamError, by_id: bool) -> Option<Trouble> {
    match error {
        UpstreamError::OffsetOutOfRange => Some(Trouble::Partition(OUT_OF_RANGE)),
        UpstreamError::UnknownTopic { .. } => Some(Trouble::Topic(unknown(by_id))),
        UpstreamError::Unavailable { .. } | UpstreamError::Refused { .. } => None,
    }
}

/// What a topic id is answered with that leads nowhere.
pub(super) fn unknown_id(why: UnknownId) -> i16 {
    match why {
        UnknownId::Nothing => UNKNOWN_ID,
        UnknownId::NotAllowed => NOT_ALLOWED,
    }
}

/// What a topic that is not there is called.
pub(super) fn unknown(by_id: bool) -> i16 {
    if by_id { UNKNOWN_ID } else { UNKNOWN_PARTITION }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Java's consumer does not throw at.
    const JAVA: [i16; 13] = [1, 2, 3, 6, 9, 29, 56, 74, 75, 78, -1, 100, 103];

    #[test]
    fn clients_are_told_only_what_they_expect() {
        let (partition, offset, start, end) = (0, 5, 9, 3);
        let errors = [
            ReadError::Expired { partition, offset, start },
            ReadError::BehindWindow { partition, offset, start },
            ReadError::Truncated { partition, end, offset },
            ReadError::TopicGone,
            ReadError::UnknownTopic,
            ReadError::KeyRuleOnCompacted,
        ];
        for error in &errors {
            for by_id in [false, true] {
                match trouble(error, by_id) {
                    Trouble::Partition(code) | Trouble::Topic(code) => {
                        assert!(JAVA.contains(&code), "{error:?}: {code}");
                    }
                    Trouble::Passing => panic!("{error:?} is told"),
                }
            }
        }
        for error in [ReadError::Moved, ReadError::Unavailable] {
            assert_eq!(trouble(&error, true), Trouble::Passing, "{error:?} is waited out");
        }
    }

    #[test]
    fn a_cluster_that_cannot_serve_is_waited_for() {
        let (cluster, reason) = (String::new(), String::new());
        let away = UpstreamError::Unavailable { cluster: cluster.clone(), reason };
        assert_eq!(history(&away, false), None);
        let gone = UpstreamError::UnknownTopic { cluster, topic: String::new() };
        assert_eq!(history(&gone, true), Some(Trouble::Topic(UNKNOWN_ID)));
        let lost = history(&UpstreamError::OffsetOutOfRange, false);
        assert_eq!(lost, Some(Trouble::Partition(OUT_OF_RANGE)));
    }
}
