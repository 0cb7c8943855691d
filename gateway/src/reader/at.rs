//! A reader whose positions come with each question: a Kafka client says in every Fetch where it
//! stands. Only what is asked is looked at; between two questions nothing is kept but what was
//! found to hold nothing visible, so that a filtered stretch is walked once.

use std::sync::Arc;
use std::task::Context;

use bytes::Bytes;

use super::view::{Sight, View};
use super::{BATCHES_PER_TURN, ReadError};
use crate::authz::Permit;
use crate::image::Passed;
use crate::tail::{self, Moved, Pending, TailBatch, Tails};
use crate::upstream::{BatchKind, Isolation, OffsetAt, UpstreamError};

/// A batch with at least one visible record.
pub struct Part {
    /// The batch under the chain, in wire form: the broker's own bytes if the chain is empty.
    pub bytes: Bytes,
    /// Its visible records.
    pub events: u32,
    /// What became of its records from the offset asked for on; of redacted ones all are told, as a
    /// batch leaves whole.
    pub passed: Passed,
    /// The offset after the batch.
    pub next: i64,
}

/// What there is at or after an offset.
pub enum Look {
    /// A batch.
    Part(Part),
    /// Nothing visible yet.
    End,
    /// Nothing, and the offset is beyond the end of the log as far as it is known here.
    Ahead,
    /// Older than the tail, and being fetched.
    Fetching(Pending),
    /// Nothing visible so far: ask again, after others had a turn.
    Later,
    /// No such partition.
    Unknown,
}

/// The ends of a partition's log, as a client may know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// End of what is replicated.
    pub high_watermark: i64,
    /// End of what transactions have decided.
    pub last_stable_offset: i64,
    /// First offset that may be read: the log's, or where the replay window begins.
    pub log_start: i64,
}

/// Reads the partitions of one endpoint at the offsets asked for.
pub struct ReaderAt {
    view: View,
    /// By partition index.
    seen: Vec<Seen>,
}

/// What is remembered of a partition.
#[derive(Clone, Copy)]
struct Seen {
    /// Truncations that were looked at.
    generation: u32,
    /// Nothing visible lies from the first of these offsets up to the second,
    hidden: (i64, i64),
    /// for that kind of reader.
    isolation: Isolation,
    /// The leader epoch of what lies there last.
    epoch: i32,
}

impl Seen {
    fn nothing(generation: u32) -> Self {
        Self { generation, hidden: (0, 0), isolation: Isolation::Committed, epoch: -1 }
    }
}

/// The end of a stretch in which nothing is visible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// Its last offset.
    pub last: i64,
    /// The leader epoch there; -1: not known.
    pub leader_epoch: i32,
}

impl ReaderAt {
    /// Opens a reader.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn open(tails: Arc<Tails>, permit: Permit) -> Result<Self, ReadError> {
        let view = View::open(&tails, permit).await?;
        let mut reader = Self { view, seen: Vec::new() };
        reader.take_new_partitions();
        Ok(reader)
    }

    /// What the reader may do.
    pub fn permit(&self) -> &Permit {
        &self.view.permit
    }

    /// Takes a renewed permit: from here on, the new chain holds.
    ///
    /// # Errors
    /// What the reader stands on is no longer the endpoint's: open a new one.
    pub fn renew(&mut self, permit: Permit) -> Result<(), ReadError> {
        self.view.renew(permit)?;
        // Another chain may show what this one hid.
        self.seen.iter_mut().for_each(|seen| seen.hidden = (0, 0));
        Ok(())
    }

    /// The first batch with a visible record at or after an offset. What it passes on the way there
    /// is added to `passed`: once, as long as the reader remembers the stretch.
    ///
    /// # Errors
    /// [`ReadError`] of this partition at this offset, or of all of the reader.
    pub fn look(
        &mut self,
        partition: i32,
        offset: i64,
        isolation: Isolation,
        passed: &mut Passed,
    ) -> Result<Look, ReadError> {
        let mut at = offset;
        if let Some(seen) = self.seen_mut(partition)
            && seen.isolation != isolation
        {
            *seen = Seen { isolation, ..Seen::nothing(seen.generation) };
        }
        for _ in 0..BATCHES_PER_TURN {
            let Some(seen) = self.seen(partition) else {
                self.take_new_partitions();
                return Ok(if self.seen(partition).is_some() {
                    Look::Later
                } else {
                    Look::Unknown
                });
            };
            if (seen.hidden.0..seen.hidden.1).contains(&at) {
                at = seen.hidden.1;
            }
            match self.view.look((partition, at), isolation, seen.generation)? {
                Sight::Batch { batch, .. } => {
                    if let Some(part) = self.part((partition, at), &batch, passed)? {
                        return Ok(Look::Part(part));
                    }
                    let (next, epoch) =
                        (batch.last_offset().saturating_add(1), batch.leader_epoch());
                    at = self.hide(partition, (at, next), epoch);
                }
                Sight::Gap { next, leader_epoch } => {
                    at = self.hide(partition, (at, next), leader_epoch);
                }
                Sight::End => return Ok(self.end(partition, at)),
                Sight::Fetching(pending) => return Ok(Look::Fetching(pending)),
                Sight::Truncated => {
                    self.look_at_truncations(partition, offset)?;
                    at = offset;
                }
                Sight::Unknown => return Ok(Look::Unknown),
            }
        }
        Ok(Look::Later)
    }

    /// What has moved since this was last asked; if nothing, the task is woken when something does.
    pub fn moved(&mut self, context: &mut Context<'_>) -> Moved {
        let moved = self.view.moved(context.waker());
        if moved == Moved::Everything {
            self.take_new_partitions();
        }
        moved
    }

    /// The ends of a partition's log.
    pub fn marks(&self, partition: i32) -> Option<Marks> {
        let tail::Marks { high_watermark, last_stable_offset, log_start } =
            self.view.followed(partition)?.tail.marks();
        let start = self.view.window_start(partition).unwrap_or(log_start);
        Some(Marks { high_watermark, last_stable_offset, log_start: log_start.max(start) })
    }

    /// The stretch after an offset in which nothing is visible, as far as it was looked at.
    pub fn hidden(&self, partition: i32, offset: i64) -> Option<Hidden> {
        let seen = self.seen(partition)?;
        let (from, to) = seen.hidden;
        let last = to.checked_sub(1).filter(|_| (from..to).contains(&offset))?;
        Some(Hidden { last, leader_epoch: seen.epoch })
    }

    /// Asks the cluster where a partition's log ends, open transactions included.
    ///
    /// # Errors
    /// The look-up's.
    pub fn look_up_end(
        &self,
        partition: i32,
    ) -> impl Future<Output = Result<i64, UpstreamError>> + Send + use<> {
        let topic = Arc::clone(&self.view.topic);
        async move {
            let (cluster, asked) = (topic.cluster(), [partition]);
            let ends = cluster.offsets(topic.name(), &asked, OffsetAt::HighWatermark);
            ends.await?.first().copied().ok_or(UpstreamError::OffsetOutOfRange)
        }
    }

    /// The batch under the chain, if it shows anything at or after the offset; otherwise it is
    /// passed.
    fn part(
        &self,
        (partition, offset): (i32, i64),
        batch: &TailBatch,
        passed: &mut Passed,
    ) -> Result<Option<Part>, ReadError> {
        self.view.check_key_rules()?;
        let Ok(chain) = &self.view.permit.grant().chain else {
            return Err(ReadError::Moved);
        };
        let next = batch.last_offset().saturating_add(1);
        if chain.is_empty() && batch.kind() != BatchKind::Corrupt {
            return Ok(batch.untouched().map(|batch| {
                let events = u32::try_from(batch.header.record_count).unwrap_or(0);
                Part { bytes: batch.bytes.clone(), events, passed: Passed::default(), next }
            }));
        }
        let metrics = self.view.tails.metrics();
        let image = batch.image(partition, chain, metrics);
        let mut of_image = image.passed(offset, i64::MAX);
        if image.last_kept().is_none_or(|last| last < offset) {
            passed.add(of_image);
            return Ok(None);
        }
        match image.record_batch() {
            Ok(batch) => {
                of_image.redacted = image.counts.changed;
                let (bytes, events) = (batch.bytes.clone(), image.record_count);
                Ok(Some(Part { bytes, events, passed: of_image, next }))
            }
            // What cannot be put together again is withheld.
            Err(error) => {
                let labels = vec![("reason", error.label().to_owned())];
                metrics.batches_withheld.get_or_create(&labels).inc();
                let withheld = of_image.withheld.saturating_add(image.record_count);
                passed.add(Passed { withheld, redacted: 0, ..of_image });
                Ok(None)
            }
        }
    }

    fn end(&self, partition: i32, at: i64) -> Look {
        // Beyond what is decided a client is not lost: it may have read what was open.
        let all = Isolation::Uncommitted;
        let end = self.view.followed(partition).map_or(i64::MAX, |f| f.tail.end(all));
        if at > end { Look::Ahead } else { Look::End }
    }

    /// Remembers that nothing visible lies between two offsets; the second.
    fn hide(&mut self, partition: i32, (from, to): (i64, i64), epoch: i32) -> i64 {
        if let Some(seen) = self.seen_mut(partition) {
            let (start, end) = seen.hidden;
            seen.epoch = epoch;
            // Longer, if it goes on where the last stretch ended.
            seen.hidden = if end == from { (start, to) } else { (from, to) };
        }
        to
    }

    /// Who has passed what a truncation made void is told.
    fn look_at_truncations(&mut self, partition: i32, offset: i64) -> Result<(), ReadError> {
        let generation = self.view.topic.generation();
        let Some(before) = self.seen(partition).map(|seen| seen.generation) else {
            return Ok(());
        };
        let followed = self.view.followed(partition).map(Arc::clone);
        if let Some(seen) = self.seen_mut(partition) {
            *seen = Seen { isolation: seen.isolation, ..Seen::nothing(generation) };
        }
        let Some(followed) = followed else { return Ok(()) };
        match followed.tail.cut(offset, before) {
            Some(end) => Err(ReadError::Truncated { partition, end, offset }),
            None => Ok(()),
        }
    }

    fn take_new_partitions(&mut self) {
        let generation = self.view.topic.generation();
        self.view.take_new_partitions();
        self.seen.resize(self.view.partitions.len(), Seen::nothing(generation));
    }

    fn seen(&self, partition: i32) -> Option<Seen> {
        self.seen.get(usize::try_from(partition).ok()?).copied()
    }

    fn seen_mut(&mut self, partition: i32) -> Option<&mut Seen> {
        self.seen.get_mut(usize::try_from(partition).ok()?)
    }
}
