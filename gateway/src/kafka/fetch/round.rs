//! One Fetch from its request to its answer, as a state machine: gathers what there is, waits for
//! more, and says when the answer should leave.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use catalog::Snapshot;
use kafka_protocol::messages::FetchRequest;
use tokio::time::{Instant, Sleep, timeout_at};

use super::ask::{self, Ask, Asked, State, Terms, TopicKey};
use super::budget::THROTTLE_MAX;
use super::codes::{self, Trouble};
use super::readers::{Entry, Readers, Rights};
use crate::kafka::client::Client;
use crate::wire::fetch_writer::{FetchWriter, Outline, PartitionHead};

/// One Fetch being served.
pub(super) struct Round {
    pub(super) terms: Terms,
    pub(super) topics: Vec<Asked>,
    /// The topics' readers; `None`: the topic cannot be read now.
    pub(super) entries: Vec<Option<Entry>>,
    pub(super) asks: Vec<Ask>,
    /// The ask that is gathered for first.
    pub(super) first: usize,
    /// Bytes gathered.
    pub(super) bytes: usize,
    /// Something more was there and did not fit.
    pub(super) limited: bool,
    snapshot: Arc<Snapshot>,
    /// Until when the client was asked to wait.
    throttled_until: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Round {
    /// Begins to serve a request; `None`: it asks for too much at once.
    pub(super) async fn begin(
        (client, readers): (&Client, &mut Readers),
        request: &FetchRequest,
        (version, began): (i16, Instant),
    ) -> Option<Self> {
        let (terms, topics, asks) = ask::read(request, version, began)?;
        let snapshot = client.snapshot();
        let mut round = Self {
            first: readers.rotation.checked_rem(asks.len()).unwrap_or(0),
            throttled_until: readers.throttled_until,
            terms,
            entries: Vec::with_capacity(topics.len()),
            asks,
            bytes: 0,
            limited: false,
            snapshot,
            timer: None,
            topics,
        };
        for index in 0..round.topics.len() {
            let entry = round.entry(client, readers, index).await;
            round.entries.push(entry);
        }
        Some(round)
    }

    async fn entry(
        &mut self,
        client: &Client,
        readers: &mut Readers,
        index: usize,
    ) -> Option<Entry> {
        let taken = match (self.terms.by_replica, self.topics.get(index)) {
            (true, _) | (_, None) => Err(codes::NOT_ALLOWED),
            (false, Some(topic)) => {
                let taking = readers.take(client, &topic.key, &self.snapshot);
                match timeout_at(self.terms.deadline, taking).await {
                    Ok(taken) => taken,
                    Err(_) => {
                        self.set(index, |_| State::Waiting);
                        return None;
                    }
                }
            }
        };
        match taken {
            Ok(entry) => Some(entry),
            Err(code) => {
                self.set(index, |_| State::Failed(code));
                None
            }
        }
    }

    /// By which everything gathered is allowed.
    pub(super) fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// Looks at the rights again; whether anything that concerns this request has changed.
    pub(super) fn recheck(&mut self, client: &Client, snapshot: Arc<Snapshot>) -> bool {
        let mut changed = false;
        for index in 0..self.entries.len() {
            let Some(Some(entry)) = self.entries.get_mut(index) else { continue };
            let rights = entry.recheck(client, &snapshot);
            changed |= rights != Rights::Same;
            match rights {
                Rights::Same => {}
                Rights::Changed => self.begin_again(index),
                Rights::Elsewhere => self.fail(index, Trouble::Passing),
                Rights::Lost => {
                    self.fail(index, Trouble::Topic(codes::NOT_ALLOWED));
                    // Who loses a right is told now.
                    self.terms.errors_at = Instant::now();
                }
            }
        }
        self.snapshot = snapshot;
        changed
    }

    /// Ready when the answer should leave.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            self.retry_throttled();
            loop {
                self.poll_waits(context);
                let more = self.asks.iter().any(|ask| matches!(ask.state, State::Ready));
                let later = more && self.gather(context);
                if self.is_due(Instant::now()) {
                    return Poll::Ready(());
                }
                if later {
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                if !more {
                    break;
                }
            }
            if self.poll_timer(context).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// Whether the answer should leave now.
    fn is_due(&self, now: Instant) -> bool {
        if now >= self.terms.deadline {
            return true;
        }
        let failed = self.asks.iter().any(|ask| matches!(ask.state, State::Failed(_)));
        if self.bytes > 0 {
            return failed || self.limited || self.bytes >= self.terms.bytes_min;
        }
        if failed {
            return now >= self.terms.errors_at;
        }
        self.terms.bytes_min == 0 || self.must_be_told_to_wait(now)
    }

    /// Whether nothing may be read now but for limits, and the client has not just been told so.
    fn must_be_told_to_wait(&self, now: Instant) -> bool {
        if self.throttled_until.is_some_and(|until| now < until) {
            return false;
        }
        let throttled = |index: usize| {
            let asks = self.topics.get(index).and_then(|topic| self.asks.get(topic.asks.clone()));
            asks.is_some_and(|asks| asks.iter().any(|ask| matches!(ask.state, State::Throttled)))
        };
        !self.topics.is_empty() && (0..self.topics.len()).all(throttled)
    }

    /// Ready when the nearest deadline has passed; otherwise the task is woken then.
    fn poll_timer(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut due = self.terms.deadline;
        for ask in &self.asks {
            match (&ask.state, self.entries.get(ask.topic)) {
                (State::Paused(at), _) => due = due.min(*at),
                (State::Failed(_), _) if self.bytes == 0 => due = due.min(self.terms.errors_at),
                (State::Throttled, Some(Some(entry))) => due = due.min(entry.share.until()),
                _ => {}
            }
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        if timer.deadline() != due {
            timer.as_mut().reset(due);
        }
        timer.as_mut().poll(context)
    }

    /// The answer; gives the readers back.
    pub(super) fn finish(mut self, readers: &mut Readers) -> Vec<Bytes> {
        let throttle = self.throttle(readers);
        let outline = self.outline();
        let mut writer = FetchWriter::new(self.terms.version, throttle, outline);
        for (topic, entry) in self.topics.into_iter().zip(&mut self.entries) {
            let (name, id) = match &topic.key {
                TopicKey::Name(name) => (name.as_str(), [0; 16]),
                TopicKey::Id(id) => ("", *id),
            };
            let asks = self.asks.get_mut(topic.asks).unwrap_or_default();
            writer.topic(name, &id, asks.len());
            let (mut events, mut bytes) = (0, 0);
            for ask in asks {
                let head = head(ask, entry.as_mut());
                events += u64::from(ask.events);
                bytes += ask.bytes as u64;
                writer.partition(&head, std::mem::take(&mut ask.gathered));
            }
            if let Some(mut entry) = entry.take() {
                entry.share.count(events, bytes);
                entry.share.yield_turn();
                readers.put(topic.key, entry);
            }
        }
        readers.rotation = readers.rotation.wrapping_add(1);
        readers.sweep();
        writer.finish()
    }

    /// How long the client is asked to wait, in milliseconds: only with an empty answer, as some
    /// clients throw away what comes with it.
    fn throttle(&self, readers: &mut Readers) -> i32 {
        let throttled = self.asks.iter().filter(|ask| matches!(ask.state, State::Throttled));
        let entries = throttled.filter_map(|ask| self.entries.get(ask.topic)?.as_ref());
        let until = entries.map(|entry| entry.share.until()).min();
        let Some(until) = until.filter(|_| self.bytes == 0) else {
            readers.throttled_until = None;
            return 0;
        };
        let now = Instant::now();
        let wait = until.saturating_duration_since(now).min(THROTTLE_MAX);
        readers.throttled_until = Some(now + wait);
        i32::try_from(wait.as_millis()).unwrap_or(i32::MAX).max(1)
    }

    fn outline(&self) -> Outline {
        let name = |topic: &Asked| match &topic.key {
            TopicKey::Name(name) => name.len(),
            TopicKey::Id(_) => 0,
        };
        Outline {
            topics: self.topics.len(),
            partitions: self.asks.len(),
            name_bytes: self.topics.iter().map(name).sum(),
            pieces: self.asks.iter().map(|ask| ask.gathered.len()).sum(),
        }
    }
}

/// What is said of a partition beside its records.
fn head(ask: &Ask, entry: Option<&mut Entry>) -> PartitionHead {
    if let State::Failed(code) = ask.state {
        return PartitionHead::failed(ask.partition, code);
    }
    let reader = entry.and_then(|entry| entry.parts().0);
    match reader.and_then(|reader| reader.marks(ask.partition)) {
        Some(marks) => PartitionHead {
            partition: ask.partition,
            error: 0,
            high_watermark: marks.high_watermark,
            last_stable_offset: marks.last_stable_offset,
            log_start_offset: marks.log_start,
        },
        None => PartitionHead::failed(ask.partition, 0),
    }
}
