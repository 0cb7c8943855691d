//! How a [`Round`] gathers: takes from the readers what is there, within the answer's limits and
//! the subscription's, and notes for each partition what it waits for.

use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::Instant;

use super::ask::{Ask, State, TopicKey};
use super::codes::{self, Trouble};
use super::round::Round;
use crate::reader::{Look, Part};
use crate::tail::Moved;

/// How long to wait before a cluster is asked again that could not serve.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// What came of looking at one partition.
enum Found {
    /// It waits for something, or fails.
    Settled,
    /// Others have a turn first.
    Later,
    /// All of its topic fails.
    Trouble(Trouble),
}

impl Round {
    /// Gathers for every partition that is ready. Whether some must be looked at again, after
    /// others had a turn.
    pub(super) fn gather(&mut self, context: &mut Context<'_>) -> bool {
        let mut later = false;
        let count = self.asks.len();
        for place in (self.first..count).chain(0..self.first) {
            let Some(ask) = self.asks.get(place) else { continue };
            if !matches!(ask.state, State::Ready) {
                continue;
            }
            let topic = ask.topic;
            match self.gather_for(place, context) {
                Found::Settled => {}
                Found::Later => later = true,
                Found::Trouble(trouble) => self.fail(topic, trouble),
            }
        }
        later
    }

    fn gather_for(&mut self, place: usize, context: &mut Context<'_>) -> Found {
        let (by_id, isolation) = (self.by_id(), self.terms.isolation);
        let Some(ask) = self.asks.get_mut(place) else { return Found::Settled };
        let Some(Some(entry)) = self.entries.get_mut(ask.topic) else {
            ask.state = State::Waiting;
            return Found::Settled;
        };
        let (Some(reader), share) = entry.parts() else {
            ask.state = State::Waiting;
            return Found::Settled;
        };
        loop {
            if ask.next < 0 {
                ask.state = State::Failed(codes::OUT_OF_RANGE);
                return Found::Settled;
            }
            let look = reader.look(ask.partition, ask.next, isolation, &mut ask.passed);
            ask.state = match look {
                Ok(Look::Part(part)) => {
                    let size = part.bytes.len();
                    let fits = ask.bytes + size <= ask.bytes_max
                        && self.bytes + size <= self.terms.bytes_max;
                    if self.bytes > 0 && !fits {
                        self.limited = true;
                        State::Full
                    } else if share.poll_take(part.events, size, context).is_pending() {
                        State::Throttled
                    } else {
                        self.bytes += size;
                        ask.add(part);
                        continue;
                    }
                }
                Ok(Look::End) => State::Waiting,
                Ok(Look::Ahead) if ask.checked => State::Waiting,
                Ok(Look::Ahead) => {
                    ask.checked = true;
                    State::Checking(reader.look_up_end(ask.partition).boxed())
                }
                Ok(Look::Fetching(pending)) => State::Fetching(pending),
                Ok(Look::Later) => return Found::Later,
                Ok(Look::Unknown) => State::Failed(codes::UNKNOWN_PARTITION),
                Err(error) => match codes::trouble(&error, by_id) {
                    Trouble::Partition(code) => {
                        // What was gathered goes with it: a cut made it void, or may have.
                        self.bytes -= ask.begin_again();
                        State::Failed(code)
                    }
                    trouble => return Found::Trouble(trouble),
                },
            };
            return Found::Settled;
        }
    }

    /// Looks at everything that is waited for; what has come makes its partitions ready.
    pub(super) fn poll_waits(&mut self, context: &mut Context<'_>) {
        for topic in 0..self.entries.len() {
            if let Err(trouble) = self.poll_topic(topic, context) {
                self.fail(topic, trouble);
            }
        }
        let (by_id, now) = (self.by_id(), Instant::now());
        let mut failed = None;
        for ask in &mut self.asks {
            if let Some(trouble) = ask.poll(by_id, now, context) {
                failed = Some((ask.topic, trouble));
            }
        }
        if let Some((topic, trouble)) = failed {
            self.fail(topic, trouble);
        }
    }

    fn poll_topic(&mut self, topic: usize, context: &mut Context<'_>) -> Result<(), Trouble> {
        let by_id = self.by_id();
        let (Some(Some(entry)), Some(asked)) =
            (self.entries.get_mut(topic), self.topics.get(topic))
        else {
            return Ok(());
        };
        let was_open = entry.parts().0.is_some();
        let Poll::Ready(opened) = entry.poll_open(by_id, context) else {
            return Ok(());
        };
        let reader = opened?;
        let asks = self.asks.get_mut(asked.asks.clone()).unwrap_or_default();
        let waiting = asks.iter_mut().filter(|ask| matches!(ask.state, State::Waiting));
        if !was_open {
            waiting.for_each(|ask| ask.state = State::Ready);
            // What moves from now on is told.
            while reader.moved(context) != Moved::Nothing {}
            return Ok(());
        }
        let mut moved = reader.moved(context);
        let mut waiting: Vec<&mut Ask> = match moved {
            Moved::Nothing => return Ok(()),
            _ => waiting.collect(),
        };
        loop {
            match moved {
                Moved::Nothing => return Ok(()),
                Moved::Everything => waiting.drain(..).for_each(|ask| ask.state = State::Ready),
                Moved::Partitions(partitions) => {
                    let has = |ask: &&mut Ask| partitions.contains(&ask.partition);
                    waiting.iter_mut().filter(|ask| has(ask)).for_each(|ask| {
                        ask.state = State::Ready;
                    });
                }
            }
            moved = reader.moved(context);
        }
    }

    /// Tries those again whose limits may have room.
    pub(super) fn retry_throttled(&mut self) {
        self.asks
            .iter_mut()
            .filter(|ask| matches!(ask.state, State::Throttled))
            .for_each(|ask| ask.state = State::Ready);
    }

    /// Nothing more is read of a topic; what was gathered of it is not shown.
    pub(super) fn fail(&mut self, topic: usize, trouble: Trouble) {
        self.begin_again(topic);
        if let Some(entry) = self.entries.get_mut(topic) {
            *entry = None;
        }
        self.set(topic, |_| match trouble {
            Trouble::Partition(code) | Trouble::Topic(code) => State::Failed(code),
            Trouble::Passing => State::Waiting,
        });
    }

    /// Forgets what was gathered of a topic, and gathers it again.
    pub(super) fn begin_again(&mut self, topic: usize) {
        let Some(asked) = self.topics.get(topic) else { return };
        for ask in self.asks.get_mut(asked.asks.clone()).unwrap_or_default() {
            self.bytes -= ask.begin_again();
        }
        self.limited = false;
    }

    pub(super) fn set(&mut self, topic: usize, state: impl Fn(&Ask) -> State) {
        let Some(asked) = self.topics.get(topic) else { return };
        for ask in self.asks.get_mut(asked.asks.clone()).unwrap_or_default() {
            ask.state = state(ask);
        }
    }

    fn by_id(&self) -> bool {
        self.topics.first().is_some_and(|topic| matches!(topic.key, TopicKey::Id(_)))
    }
}

impl Ask {
    fn add(&mut self, part: Part) {
        self.bytes += part.bytes.len();
        self.events = self.events.saturating_add(part.events);
        self.passed.add(part.passed);
        self.gathered.push(part.bytes);
        self.next = part.next;
    }

    /// Looks at what this partition alone waits for. An error is of all of its topic.
    fn poll(&mut self, by_id: bool, now: Instant, context: &mut Context<'_>) -> Option<Trouble> {
        let next = match &mut self.state {
            State::Fetching(pending) => match pending.poll_unpin(context) {
                Poll::Pending => return None,
                Poll::Ready(Ok(_)) => State::Ready,
                Poll::Ready(Err(error)) => match codes::history(&error, by_id) {
                    Some(Trouble::Partition(code)) => State::Failed(code),
                    Some(trouble) => return Some(trouble),
                    None => State::Paused(now + RETRY_AFTER),
                },
            },
            State::Checking(end) => match end.poll_unpin(context) {
                Poll::Pending => return None,
                Poll::Ready(Ok(end)) if self.next > end => State::Failed(codes::OUT_OF_RANGE),
                // It is ahead of this replica, or the cluster cannot say: looked at once more, as
                // nobody noted what moved meanwhile.
                Poll::Ready(_) => State::Ready,
            },
            State::Paused(at) if *at <= now => State::Ready,
            _ => return None,
        };
        self.state = next;
        None
    }
}
