//! Passes requests of clients on: to a partition's leader, to the coordinator of a group or of a
//! transaction, or to any broker. Rewrites nothing; what the names in a request mean is the door's
//! business. A request whose answer was lost is repeated only if its sender said that it may be.

use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::protocol::Request;
use tokio::time::{Instant, sleep};

use super::{
    UpstreamCluster, UpstreamError, backoff::Backoff, brokers::Lane, codes, failure::Failure,
};

mod coordinators;
mod send;

pub(super) use coordinators::Coordinators;
pub use send::{Led, Lost};

/// How long a coordinator that moves is waited for before the client is told: as long as a broker
/// takes to start again, because some clients hand COORDINATOR_LOAD_IN_PROGRESS to their
/// application.
pub const COORDINATOR_PATIENCE: Duration = Duration::from_secs(5);
/// The longest that a broker is let hold a call: Kafka's own maximum of a session time-out.
const HELD_MAX: Duration = Duration::from_secs(1_800);

/// Whose coordinator is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coordinator<'a> {
    /// A consumer group's, by its id on the backend cluster.
    Group(&'a str),
    /// A transactional id's, as it is on the backend cluster.
    Transaction(&'a str),
}

/// How long the answer may take, which decides over which connections a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Answered at once: heartbeats, commits.
    Short,
    /// The coordinator holds it up to so long: JoinGroup, SyncGroup.
    Held(Duration),
    /// Batches; a broker waits up to so long for its replicas.
    Produce(Duration),
}

impl Wait {
    fn lane(self) -> Lane {
        match self {
            Self::Short => Lane::Relay,
            Self::Held(_) => Lane::Held,
            Self::Produce(_) => Lane::Produce,
        }
    }

    fn beyond(self) -> Duration {
        match self {
            Self::Short => Duration::ZERO,
            Self::Held(wait) | Self::Produce(wait) => wait.min(HELD_MAX),
        }
    }
}

/// A request to pass on.
pub struct Forward<'a, Q: Request> {
    request: &'a Q,
    versions: (i16, i16),
    older: Option<(&'a Q, (i16, i16))>,
    wait: Wait,
    client_id: &'a str,
    error: fn(&Q::Response) -> i16,
    repeatable: bool,
    written: Option<&'a Written<'a>>,
}

/// Writes a request's body in a version, in parts.
pub type Written<'a> = dyn Fn(i16) -> Vec<Bytes> + Send + Sync + 'a;

// Derived, they would ask the same of the request.
impl<Q: Request> Clone for Forward<'_, Q> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<Q: Request> Copy for Forward<'_, Q> {}

impl<'a, Q: Request> Forward<'a, Q> {
    /// A short request, which may be repeated when its answer was lost, in a version within
    /// `versions`: what is set in it must exist in all of them.
    pub fn new(request: &'a Q, versions: (i16, i16)) -> Self {
        let (wait, client_id) = (Wait::Short, "sluicegate");
        let (older, error) = (None, (|_: &Q::Response| 0) as fn(&Q::Response) -> i16);
        Self { request, versions, older, wait, client_id, error, repeatable: true, written: None }
    }

    /// What is sent instead to a broker that knows none of the versions.
    #[must_use]
    pub fn or(mut self, request: &'a Q, versions: (i16, i16)) -> Self {
        self.older = Some((request, versions));
        self
    }

    /// How long the answer may take.
    #[must_use]
    pub fn waiting(mut self, wait: Wait) -> Self {
        self.wait = wait;
        self
    }

    /// In whose name.
    #[must_use]
    pub fn named(mut self, client_id: &'a str) -> Self {
        self.client_id = client_id;
        self
    }

    /// Where an answer says that the request went to the wrong broker.
    #[must_use]
    pub fn checked(mut self, error: fn(&Q::Response) -> i16) -> Self {
        self.error = error;
        self
    }

    /// What writes the body in place of the codec, which would copy what it holds.
    #[must_use]
    pub fn written(mut self, written: &'a Written<'a>) -> Self {
        self.written = Some(written);
        self
    }

    /// The request must not be sent again once it may have been received.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.repeatable = false;
        self
    }
}

impl UpstreamCluster {
    /// Passes a request to a coordinator. One that moves or is away is found again for up to
    /// [`COORDINATOR_PATIENCE`]; [`Forward::checked`] must say where an answer tells.
    ///
    /// # Errors
    /// [`UpstreamError::Unavailable`] (also when the coordinator still moves) and
    /// [`UpstreamError::Refused`].
    pub async fn to_coordinator<Q: Request>(
        &self,
        of: Coordinator<'_>,
        forward: Forward<'_, Q>,
    ) -> Result<Q::Response, UpstreamError> {
        let started = Instant::now();
        let mut backoff = Backoff::default();
        loop {
            let failure = match self.core.coordinators.try_once(&self.core, of, forward).await {
                Ok(answer) => return Ok(answer),
                Err(lost) if lost.sent && !forward.repeatable => {
                    return Err(lost.failure.into_error(self.name()));
                }
                Err(lost) => lost.failure,
            };
            let pause = backoff.next();
            if started.elapsed() + pause >= COORDINATOR_PATIENCE {
                return Err(failure.into_error(self.name()));
            }
            sleep(pause).await;
        }
    }

    /// Passes a request to a partition's leader; asked once more when it has moved.
    ///
    /// # Errors
    /// [`UpstreamError`]; an answer that still says so is an answer.
    pub async fn to_leader<Q: Request>(
        &self,
        topic: &str,
        partition: i32,
        forward: Forward<'_, Q>,
    ) -> Result<Q::Response, UpstreamError> {
        let mut refresh = false;
        loop {
            let placement = self.core.placement(topic, refresh).await?;
            let broker = placement.leader(partition).and_then(|leader| leader.broker);
            let sent = match broker {
                Some(broker) => send::to_broker(&self.core, broker, forward).await,
                None => Err(Lost::unsent(Failure::unreachable(format!(
                    "partition {partition} of topic {topic} has no leader"
                )))),
            };
            match sent {
                Ok(answer) if refresh || !codes::is_led_elsewhere((forward.error)(&answer)) => {
                    return Ok(answer);
                }
                Err(lost) if refresh || (lost.sent && !forward.repeatable) => {
                    return Err(lost.failure.into_error(self.name()));
                }
                Ok(_) | Err(_) => refresh = true,
            }
        }
    }

    /// Passes a request to whichever broker answers.
    ///
    /// # Errors
    /// [`UpstreamError::Unavailable`] and [`UpstreamError::Refused`].
    pub async fn to_any<Q: Request>(
        &self,
        forward: Forward<'_, Q>,
    ) -> Result<Q::Response, UpstreamError> {
        let answer = send::to_any(&self.core, forward).await;
        answer.map_err(|lost| lost.failure.into_error(self.name()))
    }

    /// Passes a request to every broker; the answers of those that are there.
    ///
    /// # Errors
    /// As [`UpstreamCluster::to_any`], when none is there.
    pub async fn to_every<Q: Request>(
        &self,
        forward: Forward<'_, Q>,
    ) -> Result<Vec<Q::Response>, UpstreamError> {
        let answers = send::to_every(&self.core, forward).await;
        answers.map_err(|failure| failure.into_error(self.name()))
    }

    /// Passes a request to one broker, which [`UpstreamCluster::led`] named.
    ///
    /// # Errors
    /// [`Lost`], which says whether the broker may have received the request.
    pub async fn to_broker<Q: Request>(
        &self,
        broker: i32,
        forward: Forward<'_, Q>,
    ) -> Result<Q::Response, Lost> {
        send::to_broker(&self.core, broker, forward).await
    }

    /// Which broker leads which partition; `refresh`: what is remembered has proved wrong.
    ///
    /// # Errors
    /// Any but [`UpstreamError::OffsetOutOfRange`].
    pub async fn led(&self, topic: &str, refresh: bool) -> Result<Led, UpstreamError> {
        Ok(Led(self.core.placement(topic, refresh).await?))
    }
}
