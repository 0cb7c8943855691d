//! Wakes a topic's readers, and tells each which topic-partitions have moved since it last looked,
//! so that a reader of 1,000 partitions looks at one when one has moved.
//!
//! Readers are served by several runtimes, one per core. Waking a task of another runtime costs a
//! lock and a system call; so each runtime is told once, and wakes its own readers itself. For the
//! same reason what a reader looks at is written when something moves, not when it is looked at.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::Waker;

use parking_lot::Mutex;
use smallvec::{SmallVec, smallvec};
use tokio::runtime::Handle;

/// How many movements are remembered; a reader that is further behind looks at every partition.
const MOVEMENTS_MAX: usize = 1024;

/// Up to this many readers of one runtime are woken from where the movement is noted: telling the
/// runtime costs about as much.
const WOKEN_DIRECTLY: usize = 2;

/// Lists of those who wait; threads beyond so many share them.
const LISTS: usize = 8;

/// The waiting readers of one topic. A reader that is woken by one movement reads one number that
/// nobody else changes meanwhile, and then waits in its own thread's list: a thousand of them do
/// not pass a lock from core to core.
#[derive(Default)]
pub struct Wakers {
    newest: Newest,
    movements: Mutex<Movements>,
    lists: [List; LISTS],
}

/// The movements so far, and which partition the latest was of, in one number.
#[derive(Default)]
struct Newest(AtomicU64);

/// Bits of a partition's index; the rest count movements, which is enough for centuries.
const PARTITION_BITS: u32 = 20;
/// In place of a partition: what moved is to be looked up.
const LOOK_UP: u64 = (1 << PARTITION_BITS) - 1;

impl Newest {
    /// Movements so far, and the partition of the latest if it is told here.
    fn load(&self) -> (u64, Option<i32>) {
        let newest = self.0.load(Ordering::Acquire);
        let partition = Some(newest & LOOK_UP).filter(|partition| *partition != LOOK_UP);
        (newest >> PARTITION_BITS, partition.and_then(|partition| i32::try_from(partition).ok()))
    }

    fn store(&self, sequence: u64, partition: Option<i32>) {
        let partition = partition.and_then(|partition| u64::try_from(partition).ok());
        let partition = partition.unwrap_or(LOOK_UP).min(LOOK_UP);
        self.0.store(sequence << PARTITION_BITS | partition, Ordering::Release);
    }
}

#[derive(Default)]
struct Movements {
    /// So far.
    sequence: u64,
    /// The partitions of the latest, the newest last.
    moved: VecDeque<i32>,
}

/// Those who wait, by runtime; as many as there ever were, which is mostly one. Alone in its cache
/// lines.
#[derive(Default)]
#[repr(align(128))]
struct List(Mutex<Vec<Waiting>>);

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
        let mut movements = self.movements.lock();
        movements.moved.push_back(partition);
        if movements.moved.len() > MOVEMENTS_MAX {
            movements.moved.pop_front();
        }
        movements.sequence += 1;
        self.newest.store(movements.sequence, Some(partition));
        drop(movements);
        self.wake();
    }

    /// Wakes every waiting reader and makes each look at every partition.
    pub fn everything_moved(&self) {
        let mut movements = self.movements.lock();
        movements.moved.clear();
        movements.sequence += MOVEMENTS_MAX as u64 + 1;
        self.newest.store(movements.sequence, None);
        drop(movements);
        self.wake();
    }

    /// After the movement was noted: who comes to a list later sees it.
    fn wake(&self) {
        for List(list) in &self.lists {
            let woken: SmallVec<[Waiting; 2]> =
                list.lock().iter_mut().filter_map(Waiting::take).collect();
            woken.into_iter().for_each(Waiting::wake);
        }
    }

    /// Says what has moved since the reader last asked; if nothing, registers its waker.
    pub fn look(&self, watermark: &mut Watermark, waker: &Waker) -> Moved {
        let (sequence, partition) = self.newest.load();
        let behind = sequence - watermark.sequence;
        // A task that was polled for another reason is still in the list.
        if behind == 0 && (watermark.registered || self.register(watermark, waker)) {
            return Moved::Nothing;
        }
        if behind == 1
            && let Some(partition) = partition
        {
            *watermark = Watermark { sequence, registered: false };
            return Moved::Partitions(smallvec![partition]);
        }
        let movements = self.movements.lock();
        let behind = movements.sequence - watermark.sequence;
        *watermark = Watermark { sequence: movements.sequence, registered: false };
        let known = movements.moved.len();
        match usize::try_from(behind) {
            Ok(behind) if behind <= known => {
                Moved::Partitions(movements.moved.range(known - behind..).copied().collect())
            }
            _ => Moved::Everything,
        }
    }

    /// Waits for the next movement, unless it has come meanwhile.
    fn register(&self, watermark: &mut Watermark, waker: &Waker) -> bool {
        let [first, ..] = &self.lists;
        let List(list) = self.lists.get(LIST.with(|list| *list)).unwrap_or(first);
        let mut list = list.lock();
        watermark.registered = self.newest.load().0 == watermark.sequence;
        if watermark.registered {
            register(&mut list, waker.clone());
        }
        watermark.registered
    }

    /// A watermark from which only later movements are seen.
    pub fn watermark(&self) -> Watermark {
        Watermark { sequence: self.newest.load().0, registered: false }
    }
}

/// Threads that have waited so far.
static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Which list this thread waits in.
    static LIST: usize = THREADS.fetch_add(1, Ordering::Relaxed) % LISTS;
}

fn register(list: &mut Vec<Waiting>, waker: Waker) {
    let runtime = Handle::try_current().ok();
    let id = runtime.as_ref().map(Handle::id);
    match list.iter_mut().find(|waiting| waiting.id() == id) {
        Some(waiting) => waiting.wakers.push(waker),
        None => list.push(Waiting { runtime, wakers: vec![waker] }),
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
