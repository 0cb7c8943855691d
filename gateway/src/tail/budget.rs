//! Keeps all tails and cold chunks within one memory budget. Images go first (they are computed
//! again when asked for), then the cold chunks that were used longest ago, then the oldest batches
//! of the tails that were read longest ago.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use super::topic::{FollowedPartition, TopicTail};

/// Eviction frees down to this share of the budget, so that it does not run at every step.
const FREE_TO: (usize, usize) = (9, 10);

/// How much of the budget, as a divisor, history may bring in before the janitor looks, whatever
/// its clock says: a reader far behind fetches as fast as it can. Images multiply what comes in.
const LOOK_AFTER: usize = 32;

/// What history brought in since the janitor's last look.
pub struct Growth {
    bytes: AtomicUsize,
    look_after: usize,
    due: Notify,
}

impl Growth {
    /// Of a budget of that many bytes.
    pub fn new(bytes_max: usize) -> Self {
        Self { bytes: AtomicUsize::new(0), look_after: bytes_max / LOOK_AFTER, due: Notify::new() }
    }

    /// Counts what came in; tells the janitor when it is much.
    pub fn add(&self, bytes: usize) {
        if self.bytes.fetch_add(bytes, Ordering::AcqRel) + bytes >= self.look_after {
            self.due.notify_one();
        }
    }

    /// Waits until the janitor should look.
    pub async fn due(&self) {
        self.due.notified().await;
    }

    /// The janitor looks now.
    pub fn looked(&self) {
        self.bytes.store(0, Ordering::Release);
    }
}

/// Frees what is held beyond `bytes_max`; returns the bytes held afterwards.
pub fn keep(topics: &[Arc<TopicTail>], bytes_max: usize) -> usize {
    let partitions: Vec<_> =
        topics.iter().flat_map(|topic| topic.partitions().as_ref().clone()).collect();
    let held = partitions.iter().map(|p| p.tail.cost() + p.cold.cost()).sum::<usize>();
    if held <= bytes_max {
        return held;
    }
    let mut excess = held - bytes_max / FREE_TO.1 * FREE_TO.0;
    let wanted = excess;
    excess = excess.saturating_sub(free_cold(&partitions, excess));
    if excess > 0 {
        excess = excess.saturating_sub(free_tails(partitions, excess));
    }
    held - (wanted - excess)
}

/// Images of all cold chunks in the order of their last use, then whole chunks in that order.
fn free_cold(partitions: &[Arc<FollowedPartition>], bytes: usize) -> usize {
    let mut chunks: Vec<_> = partitions
        .iter()
        .flat_map(|p| p.cold.uses().into_iter().map(move |(at, key)| (at, key, p)))
        .collect();
    chunks.sort_by_key(|(used_at, (_, start), _)| (*used_at, *start));
    let mut freed = 0;
    for (_, key, partition) in &chunks {
        if freed >= bytes {
            return freed;
        }
        freed += partition.cold.clear_images(*key);
    }
    for (_, key, partition) in &chunks {
        if freed >= bytes {
            return freed;
        }
        freed += partition.cold.evict(*key);
    }
    freed
}

fn free_tails(mut partitions: Vec<Arc<FollowedPartition>>, bytes: usize) -> usize {
    partitions.sort_by_key(|partition| partition.tail.read_at());
    let mut freed = 0;
    for partition in partitions {
        if freed >= bytes {
            break;
        }
        freed += partition.tail.shrink(bytes - freed);
    }
    freed
}

#[cfg(test)]
mod tests;
