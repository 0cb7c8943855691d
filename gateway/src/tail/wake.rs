//! Wakes a topic's readers, and tells each which topic-partitions have moved since it last looked,
//! so that a reader of 1,000 partitions looks at one when one has moved.

use std::collections::VecDeque;
use std::task::Waker;

use parking_lot::Mutex;

/// How many movements are remembered; a reader that is further behind looks at every partition.
const MOVEMENTS_MAX: usize = 1024;

/// The waiting readers of one topic. One lock, held for a few instructions.
#[derive(Default)]
pub struct Wakers {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Movements so far.
    sequence: u64,
    /// The partitions of the latest movements, the newest last.
    moved: VecDeque<i32>,
    wakers: Vec<Waker>,
    /// The emptied list of the last wake-up, kept for its memory.
    spare: Vec<Waker>,
    /// Rises when `wakers` is drained.
    round: u64,
}

/// What one reader knows of the topic's movements.
#[derive(Default)]
pub struct Watermark {
    sequence: u64,
    registered: Option<u64>,
}

/// What has moved since a reader last looked.
#[derive(Debug, PartialEq, Eq)]
pub enum Moved {
    /// Nothing; the reader is registered to be woken.
    Nothing,
    /// These partitions, possibly several times.
    Partitions(Vec<i32>),
    /// More than is remembered: look at every partition.
    Everything,
}

impl Wakers {
    /// Notes that a partition has moved and wakes every waiting reader.
    pub fn moved(&self, partition: i32) {
        let mut woken = {
            let mut state = self.state.lock();
            state.sequence += 1;
            state.moved.push_back(partition);
            if state.moved.len() > MOVEMENTS_MAX {
                state.moved.pop_front();
            }
            state.drain()
        };
        woken.drain(..).for_each(Waker::wake);
        self.state.lock().spare = woken;
    }

    /// Wakes every waiting reader and makes each look at every partition.
    pub fn everything_moved(&self) {
        let mut woken = {
            let mut state = self.state.lock();
            state.sequence += MOVEMENTS_MAX as u64 + 1;
            state.moved.clear();
            state.drain()
        };
        woken.drain(..).for_each(Waker::wake);
    }

    /// Says what has moved since the reader last asked; if nothing, registers its waker.
    pub fn look(&self, watermark: &mut Watermark, waker: &Waker) -> Moved {
        let mut state = self.state.lock();
        let behind = state.sequence - watermark.sequence;
        watermark.sequence = state.sequence;
        if behind == 0 {
            // A task that was polled for another reason is still in the list of this round.
            if watermark.registered != Some(state.round) {
                watermark.registered = Some(state.round);
                state.wakers.push(waker.clone());
            }
            return Moved::Nothing;
        }
        let known = state.moved.len();
        match usize::try_from(behind) {
            Ok(behind) if behind <= known => {
                Moved::Partitions(state.moved.range(known - behind..).copied().collect())
            }
            _ => Moved::Everything,
        }
    }

    /// A watermark from which only later movements are seen.
    pub fn watermark(&self) -> Watermark {
        Watermark { sequence: self.state.lock().sequence, registered: None }
    }
}

impl State {
    fn drain(&mut self) -> Vec<Waker> {
        self.round += 1;
        let spare = std::mem::take(&mut self.spare);
        std::mem::replace(&mut self.wakers, spare)
    }
}

#[cfg(test)]
mod tests;
