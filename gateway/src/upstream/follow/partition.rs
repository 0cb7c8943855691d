//! One followed topic-partition: its leader, its troubles, and when to try again. Decides when a
//! trouble has lasted long enough to be told to the follower.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::upstream::{
    FetchedBatch, Follower, Interruption,
    backoff::Backoff,
    topology::{Known, Leader},
};

/// A trouble shorter than this is not told: leaders move and brokers restart.
const TOLD_AFTER: Duration = Duration::from_secs(3);
/// A topic that was there counts as deleted when it has been missing for so long.
const GONE_AFTER: Duration = Duration::from_secs(5);
/// Leader epochs whose first offsets are remembered, to find where a log parted.
const EPOCHS_MAX: usize = 32;

/// A followed topic-partition.
pub(super) struct Followed {
    pub(super) id: u64,
    pub(super) topic: Arc<str>,
    pub(super) partition: i32,
    pub(super) follower: Arc<dyn Follower>,
    state: Mutex<State>,
}

struct State {
    topic_id: [u8; 16],
    seen: bool,
    leader: Option<i32>,
    epoch: i32,
    missing_since: Option<Instant>,
    trouble: Option<Trouble>,
    backoff: Backoff,
    not_before: Instant,
    ended: bool,
    /// The broker no longer knows the last epoch: not to be sent until a batch came.
    without_last_epoch: bool,
    /// The leader epoch changed since the last fetch.
    epoch_changed: bool,
    /// The leader epoch before it changed: what was there to be fetched is of none later.
    epoch_before: i32,
    /// `(epoch, first offset seen)`, ascending.
    epochs: VecDeque<(i32, i64)>,
}

struct Trouble {
    since: Instant,
    told: bool,
}

/// What a fetch needs to know of a partition.
pub(super) struct Position {
    pub(super) topic_id: [u8; 16],
    pub(super) leader_epoch: i32,
    pub(super) offset: i64,
    pub(super) last_epoch: i32,
    pub(super) epoch_changed: bool,
    pub(super) epoch_before: i32,
}

impl Followed {
    pub(super) fn new(id: u64, topic: &str, partition: i32, follower: Arc<dyn Follower>) -> Self {
        Self {
            id,
            topic: topic.into(),
            partition,
            follower,
            state: Mutex::new(State {
                topic_id: [0; 16],
                seen: false,
                leader: None,
                epoch: -1,
                missing_since: None,
                trouble: None,
                backoff: Backoff::default(),
                not_before: Instant::now(),
                ended: false,
                without_last_epoch: false,
                epoch_changed: false,
                epoch_before: -1,
                epochs: VecDeque::new(),
            }),
        }
    }

    /// What partitions are ordered by in requests.
    pub(super) fn key(&self) -> (&str, i32, u64) {
        (&self.topic, self.partition, self.id)
    }

    /// The broker that leads it, as far as known.
    pub(super) fn leader(&self) -> Option<i32> {
        let state = self.state.lock();
        state.leader.filter(|_| !state.ended)
    }

    /// Whether following has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.state.lock().ended
    }

    /// When it may be fetched again.
    pub(super) fn not_before(&self) -> Instant {
        self.state.lock().not_before
    }

    /// Where to fetch from now.
    pub(super) fn position(&self) -> Position {
        let offset = self.follower.next_offset();
        let last_epoch = self.follower.last_epoch();
        let state = self.state.lock();
        Position {
            topic_id: state.topic_id,
            leader_epoch: state.epoch,
            offset,
            last_epoch: match state.without_last_epoch {
                true => -1,
                false => last_epoch,
            },
            epoch_changed: state.epoch_changed,
            epoch_before: state.epoch_before,
        }
    }

    /// Takes what Metadata says. Returns whether it can be fetched.
    pub(super) fn place(&self, known: &Known) -> bool {
        match known {
            Known::Here(placement) => {
                let topic = &placement.topic;
                match placement.leader(self.partition) {
                    Some(leader) => self.led(topic.id, leader),
                    None => self.missing("the partition is not there"),
                }
            }
            Known::Missing => self.missing("the topic is not there"),
            Known::Denied => {
                self.trouble("the topic may not be read");
                false
            }
            Known::Unsure(code) => {
                self.trouble(crate::upstream::codes::name(*code));
                false
            }
        }
    }

    fn led(&self, topic_id: [u8; 16], leader: Leader) -> bool {
        let mut state = self.state.lock();
        state.missing_since = None;
        let nameless = [0; 16];
        if state.topic_id != nameless && topic_id != nameless && state.topic_id != topic_id {
            drop(state);
            self.gone();
            return false;
        }
        // A broker that lags behind may still tell of an older leader.
        let older = topic_id != nameless && leader.epoch >= 0 && leader.epoch < state.epoch;
        if older {
            return state.leader.is_some();
        }
        if state.seen && leader.epoch != state.epoch {
            let before = std::mem::replace(&mut state.epoch_changed, true);
            if !before {
                state.epoch_before = state.epoch;
            }
        }
        state.topic_id = topic_id;
        state.seen = true;
        state.leader = leader.broker;
        state.epoch = leader.epoch;
        let led = state.leader.is_some();
        drop(state);
        if !led {
            self.trouble("the partition has no leader");
        }
        led
    }

    fn missing(&self, what: &str) -> bool {
        let mut state = self.state.lock();
        let since = *state.missing_since.get_or_insert_with(Instant::now);
        state.leader = None;
        let gone = state.seen && since.elapsed() >= GONE_AFTER;
        drop(state);
        match gone {
            true => self.gone(),
            false => self.trouble(what),
        }
        false
    }

    /// Ends following: the topic is not the one that was followed.
    fn gone(&self) {
        let mut state = self.state.lock();
        let before = std::mem::replace(&mut state.ended, true);
        drop(state);
        if !before {
            self.follower.interrupted(Interruption::Gone);
        }
    }

    /// Notes that it cannot be fetched now, and when to try again; told once it has lasted.
    pub(super) fn trouble(&self, what: &str) {
        let now = Instant::now();
        let mut state = self.state.lock();
        let pause = state.backoff.next();
        state.not_before = now + pause;
        let trouble = state.trouble.get_or_insert(Trouble { since: now, told: false });
        let due = trouble.since + TOLD_AFTER <= now;
        let tell = due && !std::mem::replace(&mut trouble.told, due);
        drop(state);
        if tell {
            self.follower.interrupted(Interruption::Unavailable(what.to_owned()));
        }
    }

    /// Tries again after a pause, without calling it a trouble.
    pub(super) fn pause(&self) {
        let mut state = self.state.lock();
        let pause = state.backoff.next();
        state.not_before = Instant::now() + pause;
    }

    /// Notes that it was fetched.
    pub(super) fn fetched(&self, batches: &[FetchedBatch]) {
        let mut state = self.state.lock();
        state.trouble = None;
        state.backoff.reset();
        if batches.is_empty() {
            return;
        }
        state.without_last_epoch = false;
        for fetched in batches {
            let header = &fetched.batch.header;
            state.began(header.leader_epoch, header.base_offset);
        }
    }

    /// The epoch was compared with the leader's (or cannot be).
    pub(super) fn epoch_checked(&self) {
        self.state.lock().epoch_changed = false;
    }

    /// Does not send the last epoch until another batch came.
    pub(super) fn forget_last_epoch(&self) {
        self.state.lock().without_last_epoch = true;
    }

    /// The log no longer has the offset asked for: tells what it has.
    pub(super) fn out_of_range(&self, log_start: i64, end: i64) {
        self.state.lock().epochs.clear();
        self.follower.interrupted(Interruption::OutOfRange { log_start, end });
    }

    /// The leader's log holds `epoch` up to `end_offset` and then parts from what was fetched: says
    /// from which offset on what was fetched is void.
    pub(super) fn parted(&self, epoch: i32, end_offset: i64) -> i64 {
        let mut state = self.state.lock();
        let later = state.epochs.iter().find(|(begun, _)| *begun > epoch);
        let end = later.map_or(end_offset, |(_, start)| end_offset.min(*start));
        let end = end.max(0);
        state.epochs.retain(|(_, start)| *start < end);
        end
    }
}

impl State {
    fn began(&mut self, epoch: i32, offset: i64) {
        if epoch < 0 || self.epochs.back().is_some_and(|(last, _)| *last >= epoch) {
            return;
        }
        self.epochs.push_back((epoch, offset));
        if self.epochs.len() > EPOCHS_MAX {
            self.epochs.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
