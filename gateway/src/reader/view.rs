//! What may be seen of a topic under a permit: the one way to a record, whoever keeps the
//! positions. It goes to the tail and, for what is older, to history; it holds no position itself.

use std::sync::Arc;
use std::task::Waker;

use super::ReadError;
use crate::authz::Permit;
use crate::tail::{
    Asker, Cold, FollowedPartition, Found, Moved, Pending, TailBatch, Tails, TopicTail, Watermark,
    Window,
};
use crate::upstream::Isolation;

/// A topic under a permit.
pub(super) struct View {
    pub(super) tails: Arc<Tails>,
    /// No other view has it.
    number: u64,
    pub(super) topic: Arc<TopicTail>,
    pub(super) permit: Permit,
    pub(super) window: Option<Arc<Window>>,
    pub(super) partitions: Arc<Vec<Arc<FollowedPartition>>>,
    pub(super) watermark: Watermark,
}

/// What there is at an offset.
pub(super) enum Sight {
    /// The first batch with records at or after it; `newest`: nothing comes after that yet.
    Batch { batch: Arc<TailBatch>, newest: bool },
    /// Nothing yet.
    End,
    /// Nothing to see up to `next`; the leader epoch of what lies there, -1: not known.
    Gap { next: i64, leader_epoch: i32 },
    /// Older than the tail, and being fetched.
    Fetching(Pending),
    /// The log was cut since truncations were last looked at.
    Truncated,
    /// No such partition, as far as is known.
    Unknown,
}

impl View {
    /// Opens a topic under a permit.
    pub(super) async fn open(tails: &Arc<Tails>, permit: Permit) -> Result<Self, ReadError> {
        let grant = Arc::clone(permit.grant());
        let topic = tails.open(&grant.cluster, &grant.endpoint.spec.topic).await?;
        if grant.chain.as_ref().is_ok_and(|chain| chain.merges_keys()) {
            topic.look_whether_compacted().await?;
        }
        let window = match grant.replay_window {
            Some(window) => Some(topic.window(window).await?),
            None => None,
        };
        let view = Self {
            tails: Arc::clone(tails),
            number: tails.next_reader(),
            permit,
            window,
            partitions: topic.partitions(),
            // Before any offset is looked at: what moves from now on is seen as moved.
            watermark: topic.shared().wakers.watermark(),
            topic,
        };
        view.check_key_rules()?;
        Ok(view)
    }

    /// Takes a renewed permit: from here on, the new chain holds.
    ///
    /// # Errors
    /// The endpoint now stands on something else: open a new view.
    pub(super) fn renew(&mut self, permit: Permit) -> Result<(), ReadError> {
        let (old, new) = (self.permit.grant(), permit.grant());
        let same = old.replay_window == new.replay_window
            && new.endpoint.spec.topic == self.topic.name()
            && self.tails.clusters().is_current(&new.cluster, self.topic.cluster());
        if !same {
            return Err(ReadError::Moved);
        }
        self.permit = permit;
        self.check_key_rules()
    }

    /// What has moved since this was last asked; if nothing, the waker is registered.
    pub(super) fn moved(&mut self, waker: &Waker) -> Moved {
        self.topic.shared().wakers.look(&mut self.watermark, waker)
    }

    /// Takes in partitions that came later.
    pub(super) fn take_new_partitions(&mut self) {
        self.partitions = self.topic.partitions();
    }

    /// What there is at an offset of a partition for that kind of reader, who has looked at the
    /// truncations up to `generation`.
    ///
    /// # Errors
    /// [`ReadError`]: the offset may not be read.
    pub(super) fn look(
        &self,
        (partition, offset): (i32, i64),
        isolation: Isolation,
        generation: u32,
    ) -> Result<Sight, ReadError> {
        let Some(followed) = self.followed(partition) else {
            return Ok(Sight::Unknown);
        };
        let sight = match followed.tail.find(offset, isolation, generation, self.tails.now()) {
            Found::Batch { batch, newest } => Sight::Batch { batch, newest },
            Found::Hidden { next, leader_epoch } => Sight::Gap { next, leader_epoch },
            Found::End => return Ok(Sight::End),
            Found::Expired { log_start } => {
                self.check_window(partition, offset)?;
                return Err(ReadError::Expired { partition, offset, start: log_start });
            }
            Found::Older { start } => {
                self.check_window(partition, offset)?;
                return Ok(self.look_in_history(followed, (offset, isolation), start));
            }
            Found::Truncated => return Ok(Sight::Truncated),
            Found::Gone => return Err(ReadError::TopicGone),
        };
        self.check_window(partition, offset)?;
        Ok(sight)
    }

    /// Looks into history at an offset; the tail begins at `tail_start`.
    fn look_in_history(
        &self,
        followed: &Arc<FollowedPartition>,
        (offset, isolation): (i64, Isolation),
        tail_start: i64,
    ) -> Sight {
        let FollowedPartition { tail, cold, source, .. } = followed.as_ref();
        // What is decided is the same for all readers, with what the cluster says of it.
        let stable = tail.marks().last_stable_offset;
        let fetched = if offset < stable { Isolation::Committed } else { isolation };
        let by = Asker { reader: self.number, now: self.tails.now() };
        match cold.find(source, (fetched, offset), by) {
            Cold::Chunk(chunk) => {
                let next = chunk.next;
                let end = if fetched == Isolation::Committed { stable } else { tail_start };
                if next < end.min(tail_start) {
                    cold.prefetch(source, (fetched, next), by);
                }
                match chunk.find(offset) {
                    Some(batch) if batch.is_shown(isolation) => {
                        Sight::Batch { batch: Arc::clone(batch), newest: false }
                    }
                    Some(batch) => Sight::Gap {
                        next: batch.last_offset().saturating_add(1),
                        leader_epoch: batch.leader_epoch(),
                    },
                    None => Sight::Gap { next, leader_epoch: -1 },
                }
            }
            Cold::Pending(pending) => Sight::Fetching(pending),
        }
    }

    /// A partition's tail, history and source.
    pub(super) fn followed(&self, partition: i32) -> Option<&Arc<FollowedPartition>> {
        self.partitions.get(usize::try_from(partition).ok()?)
    }

    /// The first offset of a partition that the plan's replay window lets be read.
    pub(super) fn window_start(&self, partition: i32) -> Option<i64> {
        let starts = self.window.as_ref()?.starts();
        starts.get(usize::try_from(partition).ok()?).copied()
    }

    fn check_window(&self, partition: i32, offset: i64) -> Result<(), ReadError> {
        match self.window_start(partition) {
            Some(start) if offset < start => {
                Err(ReadError::BehindWindow { partition, offset, start })
            }
            _ => Ok(()),
        }
    }

    /// Whether an offset may be read now, whatever is found there.
    ///
    /// # Errors
    /// [`ReadError`]: it may not.
    pub(super) fn check(&self, (partition, offset): (i32, i64)) -> Result<(), ReadError> {
        self.check_window(partition, offset)?;
        self.check_key_rules()
    }

    pub(super) fn check_key_rules(&self) -> Result<(), ReadError> {
        let merges = self.permit.grant().chain.as_ref().is_ok_and(|chain| chain.merges_keys());
        if merges && self.topic.is_compacted() {
            return Err(ReadError::KeyRuleOnCompacted);
        }
        Ok(())
    }
}
