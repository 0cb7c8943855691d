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
use crate::image::Passed;
use crate::kafka::client::{Client, Software};
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
    /// The client is known to take placeholders as it should.
    takes_placeholders: bool,
    /// The client does not wait when asked to, so it is held.
    hasty: bool,
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
        readers.hasty |= readers.throttled_until.take().is_some_and(|until| began < until);
        let snapshot = client.snapshot();
        let mut round = Self {
            first: readers.rotation.checked_rem(asks.len()).unwrap_or(0),
            hasty: readers.hasty,
            terms,
            entries: Vec::with_capacity(topics.len()),
            asks,
            bytes: 0,
            limited: false,
            snapshot,
            takes_placeholders: takes_placeholders(&client.software),
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
        self.terms.bytes_min == 0 || self.must_be_told_to_wait()
    }

    /// Whether everything would be read now but for limits, and the client may heed that.
    fn must_be_told_to_wait(&self) -> bool {
        if self.hasty {
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

    /// The errors that the answer tells.
    pub(super) fn errors(&self) -> impl Iterator<Item = i16> {
        self.asks.iter().filter_map(|ask| match ask.state {
            State::Failed(code) => Some(code),
            _ => None,
        })
    }

    /// The answer; gives the readers back.
    pub(super) fn finish(mut self, readers: &mut Readers) -> Vec<Bytes> {
        self.add_placeholders();
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
            let (mut events, mut bytes, mut passed) = (0, 0, Passed::default());
            for ask in asks {
                let head = head(ask, entry.as_mut());
                events += u64::from(ask.events);
                bytes += ask.bytes as u64;
                passed.add(ask.passed);
                writer.partition(&head, std::mem::take(&mut ask.gathered));
            }
            if let Some(mut entry) = entry.take() {
                entry.share.yield_turn();
                entry.share.count((events, bytes), passed);
                readers.put(topic.key, entry);
            }
        }
        readers.rotation = readers.rotation.wrapping_add(1);
        readers.sweep();
        writer.finish()
    }

    /// An answer that would be empty moves the client past what it does not see.
    fn add_placeholders(&mut self) {
        if self.bytes > 0 || !self.takes_placeholders {
            return;
        }
        let waiting = self.asks.iter_mut().filter(|ask| matches!(ask.state, State::Waiting));
        for ask in waiting {
            if let Some(Some(entry)) = self.entries.get_mut(ask.topic)
                && let Some(batch) = entry.placeholder(ask.partition, ask.offset)
            {
                ask.gathered.push(batch);
            }
        }
    }

    /// How long the client is asked to wait, in milliseconds: only with an empty answer, as some
    /// clients throw away what comes with it.
    fn throttle(&mut self, readers: &mut Readers) -> i32 {
        let throttled = self.asks.iter().filter(|ask| matches!(ask.state, State::Throttled));
        let entries = throttled.filter_map(|ask| self.entries.get(ask.topic)?.as_ref());
        let until = entries.map(|entry| entry.share.until()).min();
        let Some(until) = until.filter(|_| self.bytes == 0) else {
            return 0;
        };
        let now = Instant::now();
        let wait = until.saturating_duration_since(now).min(THROTTLE_MAX);
        readers.throttled_until = Some(now + wait);
        for ask in self.asks.iter().filter(|ask| matches!(ask.state, State::Throttled)) {
            if let Some(Some(entry)) = self.entries.get_mut(ask.topic) {
                entry.share.told_to_wait(now + wait);
            }
        }
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

/// Whether a client is one of those whose position and commits move past a control batch without
/// anything being seen of it; others hand it to their applications, or fail.
fn takes_placeholders(software: &Software) -> bool {
    let Software { name, version } = software;
    // Bindings say what they bind in their version.
    let librdkafka = name.contains("rdkafka") || version.contains("rdkafka");
    librdkafka || name == "apache-kafka-java" || name == "kafka-python"
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
