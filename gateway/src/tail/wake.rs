//! Wakes a topic's readers, and tells each which topic-partitions have moved since it last looked,
//! so that a reader of 1,000 partitions looks at one when one has moved.
//!
//! Readers are served by several runtimes, one per core. Waking a task of another runtime costs a
//! lock and a system call; so each runtime is told once, and wakes its own readers itself.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;

use parking_lot::Mutex;
use smallvec::SmallVec;
use tokio::runtime::Handle;

/// How many movements are remembered; a reader that is further behind looks at every partition.
const MOVEMENTS_MAX: usize = 1024;

/// Up to this many readers of one runtime are woken from where the movement is noted: telling the
/// runtime costs about as much.
const WOKEN_DIRECTLY: usize = 2;

/// The waiting readers of one topic. One lock, held for a few instructions.
#[derive(Default)]
pub struct Wakers {
    /// Movements so far: what `state` says, for those who only want to know whether it rose.
    sequence: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Movements so far.
    sequence: u64,
    /// The partitions of the latest movements, the newest last.
    moved: VecDeque<i32>,
    /// By runtime; as many as there ever were, which is one per core.
    waiting: Vec<Waiting>,
}

/// The readers of one runtime that wait.
struct Waiting {
    /// `None`: polled outside of any runtime.
    runtime: Option<Handle>,
    wakers: Vec<Waker>,
}

/// What one reader knows of the topic's movements.
#[derive(Default)]
pub struct Watermark {
    sequence: u64,
    /// In the list of those who wait for the movement after `sequence`.
    registered: bool,
}

impl Watermark {
    /// Movements that were looked at.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }
}

/// What has moved since a reader last looked.
#[derive(Debug, PartialEq, Eq)]
pub enum Moved {
    /// Nothing; the reader is registered to be woken.
    Nothing,
    /// These partitions, possibly several times.
    Partitions(SmallVec<[i32; 4]>),
    /// More than is remembered: look at every partition.
    Everything,
}

impl Wakers {
    /// Notes that a partition has moved and wakes every waiting reader.
    pub fn moved(&self, partition: i32) {
        let mut state = self.state.lock();
        state.moved.push_back(partition);
        if state.moved.len() > MOVEMENTS_MAX {
            state.moved.pop_front();
        }
        let woken = self.step(&mut state, 1);
        drop(state);
        woken.into_iter().for_each(Waiting::wake);
    }

    /// Wakes every waiting reader and makes each look at every partition.
    pub fn everything_moved(&self) {
        let mut state = self.state.lock();
        state.moved.clear();
        let woken = self.step(&mut state, MOVEMENTS_MAX as u64 + 1);
        drop(state);
        woken.into_iter().for_each(Waiting::wake);
    }

    fn step(&self, state: &mut State, movements: u64) -> SmallVec<[Waiting; 4]> {
        state.sequence += movements;
        self.sequence.store(state.sequence, Ordering::Release);
        state.waiting.iter_mut().filter_map(Waiting::take).collect()
    }

    /// Says what has moved since the reader last asked; if nothing, registers its waker.
    pub fn look(&self, watermark: &mut Watermark, waker: &Waker) -> Moved {
        // A task that was polled for another reason is still in the list.
        if watermark.registered && self.sequence.load(Ordering::Acquire) == watermark.sequence {
            return Moved::Nothing;
        }
        let mut state = self.state.lock();
        let behind = state.sequence - watermark.sequence;
        watermark.sequence = state.sequence;
        watermark.registered = behind == 0;
        if behind == 0 {
            state.register(waker.clone());
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
        Watermark { sequence: self.state.lock().sequence, registered: false }
    }
}

impl State {
    fn register(&mut self, waker: Waker) {
        let runtime = Handle::try_current().ok();
        let id = runtime.as_ref().map(Handle::id);
        let known = self.waiting.iter_mut().find(|waiting| waiting.id() == id);
        match known {
            Some(waiting) => waiting.wakers.push(waker),
            None => self.waiting.push(Waiting { runtime, wakers: vec![waker] }),
        }
    }
}

impl Waiting {
    fn id(&self) -> Option<tokio::runtime::Id> {
        self.runtime.as_ref().map(Handle::id)
    }

    /// Those who wait now; room for as many is kept.
    fn take(&mut self) -> Option<Self> {
        if self.wakers.is_empty() {
            return None;
        }
        let room = Vec::with_capacity(self.wakers.len());
        let wakers = std::mem::replace(&mut self.wakers, room);
        Some(Self { runtime: self.runtime.clone(), wakers })
    }

    fn wake(self) {
        match self.runtime {
            Some(runtime) if self.wakers.len() > WOKEN_DIRECTLY => {
                runtime.spawn(async move { self.wakers.into_iter().for_each(Waker::wake) });
            }
            _ => self.wakers.into_iter().for_each(Waker::wake),
        }
    }
}

#[cfg(test)]
mod tests;
