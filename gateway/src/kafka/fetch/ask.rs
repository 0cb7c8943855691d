//! What a request asks for: its terms, its topics, and one [`Ask`] for each partition.

use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use kafka_protocol::messages::FetchRequest;
use kafka_protocol::protocol::StrBytes;
use smallvec::SmallVec;
use tokio::time::Instant;

use crate::image::Passed;
use crate::tail::Pending;
use crate::upstream::{Isolation, UpstreamError};
use crate::wire::fetch_writer::TOPIC_IDS_SINCE;

/// The most partitions of one request: ten times what the largest consumers are assigned.
const PARTITIONS_MAX: usize = 20_000;
/// The most bytes of records in an answer beside a first batch that is larger: librdkafka and
/// sarama refuse answers above 100 MB, whatever they asked for.
pub(super) const ANSWER_BYTES_MAX: usize = 48 * 1024 * 1024;
/// The longest that a request is held, whatever it asks for.
const HOLD_MAX: Duration = Duration::from_secs(60);
/// How long an answer of errors alone is held: clients ask again at once.
const ERROR_HOLD: Duration = Duration::from_millis(500);

/// How a client names a topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum TopicKey {
    /// By its name.
    Name(StrBytes),
    /// By its id in the virtual cluster.
    Id([u8; 16]),
}

/// What a request asks for as a whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) version: i16,
    /// An answer with as many bytes leaves at once.
    pub(super) bytes_min: usize,
    pub(super) bytes_max: usize,
    /// When the answer leaves with whatever there is.
    pub(super) deadline: Instant,
    /// When an answer of errors alone leaves.
    pub(super) errors_at: Instant,
    /// It is a replica that asks, and none of ours.
    pub(super) by_replica: bool,
    pub(super) isolation: Isolation,
}

/// One topic of a request.
pub(super) struct Asked {
    pub(super) key: TopicKey,
    /// Its partitions, in the list of all asks.
    pub(super) asks: Range<usize>,
}

/// One partition of a request, and what was gathered for it.
pub(super) struct Ask {
    /// Its topic's place.
    pub(super) topic: usize,
    pub(super) partition: i32,
    /// The offset asked for.
    pub(super) offset: i64,
    /// Where what was gathered ends.
    pub(super) next: i64,
    pub(super) bytes_max: usize,
    pub(super) bytes: usize,
    pub(super) gathered: SmallVec<[Bytes; 1]>,
    pub(super) events: u32,
    /// What became of the records up to there.
    pub(super) passed: Passed,
    pub(super) state: State,
    /// The cluster was asked whether the offset is within the log.
    pub(super) checked: bool,
}

/// What a partition waits for.
pub(super) enum State {
    /// To be looked at.
    Ready,
    /// To be told that it has moved.
    Waiting,
    /// A chunk of history.
    Fetching(Pending),
    /// The end of its log, to tell a client that is ahead from one that is lost.
    Checking(BoxFuture<'static, Result<i64, UpstreamError>>),
    /// To be tried again at that moment.
    Paused(Instant),
    /// Its subscription's turn, or room in its budget.
    Throttled,
    /// The next batch does not fit into this answer.
    Full,
    /// Nothing: an error is told.
    Failed(i16),
}

/// Reads a request; `None`: it asks for too much at once.
pub(super) fn read(
    request: &FetchRequest,
    version: i16,
    began: Instant,
) -> Option<(Terms, Vec<Asked>, Vec<Ask>)> {
    let count: usize = request.topics.iter().map(|topic| topic.partitions.len()).sum();
    if count > PARTITIONS_MAX || request.topics.len() > PARTITIONS_MAX {
        return None;
    }
    let mut topics = Vec::with_capacity(request.topics.len());
    let mut asks = Vec::with_capacity(count);
    for topic in &request.topics {
        let key = match version >= TOPIC_IDS_SINCE {
            true => TopicKey::Id(topic.topic_id.into_bytes()),
            false => TopicKey::Name(topic.topic.0.clone()),
        };
        let from = asks.len();
        asks.extend(topic.partitions.iter().map(|partition| Ask {
            topic: topics.len(),
            partition: partition.partition,
            offset: partition.fetch_offset,
            next: partition.fetch_offset,
            bytes_max: usize::try_from(partition.partition_max_bytes).unwrap_or(0),
            bytes: 0,
            gathered: SmallVec::new(),
            events: 0,
            passed: Passed::default(),
            state: State::Ready,
            checked: false,
        }));
        topics.push(Asked { key, asks: from..asks.len() });
    }
    Some((terms(request, version, began), topics, asks))
}

fn terms(request: &FetchRequest, version: i16, began: Instant) -> Terms {
    let wait = u64::try_from(request.max_wait_ms).unwrap_or(0);
    // A client whose own time-out is the same would give up on an answer sent exactly then.
    let hold = Duration::from_millis(wait).min(HOLD_MAX) * 9 / 10;
    let bytes_max = usize::try_from(request.max_bytes).unwrap_or(0);
    Terms {
        version,
        bytes_min: usize::try_from(request.min_bytes).unwrap_or(0),
        bytes_max: bytes_max.min(ANSWER_BYTES_MAX),
        deadline: began + hold,
        errors_at: began + hold.min(ERROR_HOLD),
        by_replica: request.replica_id.0 >= 0 || request.replica_state.replica_id.0 >= 0,
        isolation: match request.isolation_level {
            0 => Isolation::Uncommitted,
            _ => Isolation::Committed,
        },
    }
}

impl Ask {
    /// Forgets what was gathered: it may not be shown any more, or is void. How many bytes it was.
    pub(super) fn begin_again(&mut self) -> usize {
        self.gathered.clear();
        self.next = self.offset;
        self.events = 0;
        self.passed = Passed::default();
        self.state = State::Ready;
        std::mem::take(&mut self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};

    use super::*;

    fn request(partitions: usize) -> FetchRequest {
        let partition = FetchPartition::default().with_partition_max_bytes(i32::MAX);
        let topic = FetchTopic::default().with_partitions(vec![partition; partitions]);
        FetchRequest::default()
            .with_max_wait_ms(500)
            .with_max_bytes(i32::MAX)
            .with_topics(vec![topic.clone(), topic])
    }

    #[test]
    fn what_is_asked_for_is_bounded() {
        let now = Instant::now();
        let (terms, topics, asks) = read(&request(3), 12, now).unwrap();
        assert_eq!((topics.len(), asks.len()), (2, 6));
        assert_eq!((topics[1].asks.clone(), asks[4].topic), (3..6, 1));
        assert_eq!(terms.bytes_max, ANSWER_BYTES_MAX);
        assert!(read(&request(PARTITIONS_MAX), 12, now).is_none());
    }

    #[test]
    fn an_answer_leaves_before_the_client_gives_up() {
        let now = Instant::now();
        let at = |wait_ms| {
            let (terms, ..) = read(&request(1).with_max_wait_ms(wait_ms), 12, now).unwrap();
            (terms.deadline - now, terms.errors_at - now)
        };
        assert_eq!(at(500).0.as_millis(), 450);
        assert_eq!(at(10_000), (Duration::from_secs(9), ERROR_HOLD));
        assert_eq!(at(-1), (Duration::ZERO, Duration::ZERO));
        assert!(at(i32::MAX).0 <= HOLD_MAX);
    }

    #[test]
    fn replicas_are_known_in_every_version() {
        let by_replica =
            |request: FetchRequest| read(&request, 15, Instant::now()).unwrap().0.by_replica;
        assert!(!by_replica(request(1)));
        assert!(by_replica(request(1).with_replica_id(1.into())));
        let mut newer = request(1);
        newer.replica_state.replica_id = 0.into();
        assert!(by_replica(newer));
    }
}
