//! The cursor every door uses: over the images of one endpoint, made from a permit. A reader goes
//! to the tail, to history when it is older than the tail, and back, by itself.
//!
//! Nothing is queued for a reader: it holds positions, not records. One that stops asking costs
//! nobody anything and goes on where it was.

mod at;
mod begin;
mod cursor;
mod error;
mod history;
mod open;
mod recent;
mod view;

use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll};

pub use at::{Hidden, Look, Marks, Part, ReaderAt};
pub use cursor::{Cursor, CursorError};
pub use error::ReadError;
pub use open::Start;

use crate::authz::Permit;
use crate::image::{Image, Passed};
use crate::tail::{Moved, TailBatch};
use crate::upstream::Isolation;
use begin::Begin;
use history::History;
use recent::{Question, Shown};
use view::{Sight, View};

/// What readers that keep their positions see of transactions: what was committed.
const ISOLATION: Isolation = Isolation::Committed;

/// How many batches without anything to show are passed before other tasks get a turn.
const BATCHES_PER_TURN: usize = 32;

/// Part of an image that a reader has not passed yet; at least one of its events is visible.
pub struct Slice {
    /// Events before this offset were passed already.
    pub from: i64,
    shown: Rc<Shown>,
    /// The movements seen when it was found that nothing came after the batch yet.
    newest_at: Option<u64>,
}

impl Slice {
    /// The image: all of its batch.
    pub fn image(&self) -> &Image {
        &self.shown.image
    }
}

/// A cursor over the images of one endpoint, made from a [`Permit`].
pub struct Reader {
    view: View,
    cursor: Cursor,
    /// Truncations of the topic that this reader has looked at.
    generation: u32,
    /// Partitions that may have something at the cursor, next first, none twice.
    ready: VecDeque<i32>,
    history: Option<Box<History>>,
    /// Where it began, if it asked for the first events there are.
    begin: Option<Begin>,
    /// What it passed and has not told.
    passed: Passed,
}

impl Reader {
    /// The next part of an image with at least one event to show, waiting for one if need be. The
    /// cursor moves by [`Reader::advance`] and [`Reader::finish`] and, over stretches in which
    /// nothing is visible, by itself. Slices of one partition come in offset order; asking again
    /// without having moved may give the same slice again.
    ///
    /// # Errors
    /// [`ReadError`]; the reader is of no use afterwards.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Slice, ReadError>> {
        for _ in 0..BATCHES_PER_TURN {
            self.collect_ready(context);
            if let Err(error) = self.poll_history(context) {
                return Poll::Ready(Err(error));
            }
            let Some(partition) = self.ready.pop_front() else {
                return Poll::Pending;
            };
            match self.look(partition) {
                Ok(Some(slice)) => return Poll::Ready(Ok(slice)),
                Ok(None) => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    /// Passes the events of a slice up to and including this offset.
    pub fn advance(&mut self, slice: &Slice, offset: i64) {
        self.passed.add(slice.image().passed(slice.from, offset));
        self.cursor.advance(slice.image().partition, offset.saturating_add(1));
    }

    /// Passes all of a slice.
    pub fn finish(&mut self, slice: &Slice) {
        let partition = slice.image().partition;
        self.passed.add(slice.image().passed(slice.from, i64::MAX));
        self.cursor.advance(partition, slice.shown.next);
        // Its partition was made ready last. What came meanwhile is told as moved.
        let newest = slice.newest_at == Some(self.view.watermark.sequence());
        if newest && self.ready.back() == Some(&partition) {
            self.ready.pop_back();
        }
    }

    /// What became of the records that it passed since this was last asked.
    pub fn take_passed(&mut self) -> Passed {
        std::mem::take(&mut self.passed)
    }

    /// Where the reader is.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// What the reader may do.
    pub fn permit(&self) -> &Permit {
        &self.view.permit
    }

    /// Takes a renewed permit: from here on, the new chain holds.
    ///
    /// # Errors
    /// What the reader stands on is no longer the endpoint's (its cluster, topic, replay window):
    /// open a new one.
    pub fn renew(&mut self, permit: Permit) -> Result<(), ReadError> {
        self.view.renew(permit)
    }

    /// Adds to `ready` what has moved since the last look; registers the waker if nothing has.
    fn collect_ready(&mut self, context: &mut Context<'_>) {
        match self.view.moved(context.waker()) {
            Moved::Nothing => {}
            Moved::Partitions(moved) => {
                for partition in moved {
                    self.make_ready(partition);
                }
            }
            Moved::Everything => {
                self.take_new_partitions();
                let all = self.view.partitions.len();
                self.ready.clear();
                self.ready.extend((0..).take(all));
            }
        }
    }

    fn make_ready(&mut self, partition: i32) {
        if !self.ready.contains(&partition) {
            self.ready.push_back(partition);
        }
    }

    /// Partitions that came later are read from their first offset.
    fn take_new_partitions(&mut self) {
        self.view.take_new_partitions();
        for partition in self.view.partitions.iter().skip(self.cursor.offsets().len()) {
            self.cursor.push(partition.begins);
        }
    }

    /// Looks at one partition once: a slice if something is visible there.
    fn look(&mut self, partition: i32) -> Result<Option<Slice>, ReadError> {
        let Some(offset) = self.cursor.offset(partition) else {
            self.take_new_partitions();
            return Ok(None);
        };
        let question = self.question(partition, offset);
        if let Some(shown) = question.as_ref().and_then(recent::find) {
            return match self.view.check((partition, offset)) {
                Ok(()) => Ok(Some(self.slice((partition, offset), shown))),
                Err(error) => self.begin_later(error).map(|()| None),
            };
        }
        let sight = match self.view.look((partition, offset), ISOLATION, self.generation) {
            Ok(sight) => sight,
            Err(error) => return self.begin_later(error).map(|()| None),
        };
        match sight {
            Sight::Batch { batch, newest } => {
                self.show((partition, offset), (&batch, newest), question)
            }
            Sight::End => Ok(None),
            Sight::Gap { next, .. } => {
                self.cursor.advance(partition, next);
                self.make_ready(partition);
                Ok(None)
            }
            Sight::Fetching(pending) => {
                self.wait_for_history(partition, pending);
                Ok(None)
            }
            Sight::Truncated => {
                self.look_at_truncations()?;
                self.make_ready(partition);
                Ok(None)
            }
            Sight::Unknown => {
                self.take_new_partitions();
                Ok(None)
            }
        }
    }

    /// What is asked when a partition's tail is looked at from there.
    fn question(&self, partition: i32, offset: i64) -> Option<Question> {
        let chain = self.view.permit.grant().chain.as_ref().ok()?.fingerprint();
        // Before the tail is looked at: what is found may be newer than its state, not older.
        let state = self.view.followed(partition)?.tail.state();
        Some(Question { state, offset, generation: self.generation, chain })
    }

    /// The visible part of a batch; passes the batch by itself if there is none.
    fn show(
        &mut self,
        (partition, offset): (i32, i64),
        (batch, newest): (&TailBatch, bool),
        question: Option<Question>,
    ) -> Result<Option<Slice>, ReadError> {
        self.view.check_key_rules()?;
        let Ok(chain) = &self.view.permit.grant().chain else {
            return Err(ReadError::Moved);
        };
        let metrics = self.view.tails.metrics();
        let image = batch.image(partition, chain, metrics);
        let next = batch.last_offset().saturating_add(1);
        if image.last_kept().is_some_and(|last| last >= offset) {
            let shown = Shown { image, next, newest };
            let shown = match question {
                Some(question) => recent::keep(question, shown, &metrics.images_shared),
                None => Rc::new(shown),
            };
            return Ok(Some(self.slice((partition, offset), shown)));
        }
        // Later batches of this partition come after one of each other ready partition.
        self.make_ready(partition);
        self.passed.add(image.passed(offset, i64::MAX));
        self.cursor.advance(partition, next);
        Ok(None)
    }

    fn slice(&mut self, (partition, from): (i32, i64), shown: Rc<Shown>) -> Slice {
        let newest_at = shown.newest.then(|| self.view.watermark.sequence());
        self.make_ready(partition);
        Slice { from, shown, newest_at }
    }

    /// Begins where the log begins now, if nothing was read of it yet; otherwise the error stays.
    fn begin_later(&mut self, error: ReadError) -> Result<(), ReadError> {
        let (ReadError::Expired { partition, offset, start }
        | ReadError::BehindWindow { partition, offset, start }) = error
        else {
            return Err(error);
        };
        let later = self.begin.as_mut().and_then(|begin| begin.later(partition, offset, start));
        self.cursor.advance(partition, later.ok_or(error)?);
        self.make_ready(partition);
        Ok(())
    }

    /// What has been passed must still be true: readers beyond a cut are told.
    fn look_at_truncations(&mut self) -> Result<(), ReadError> {
        let generation = self.view.topic.generation();
        for (followed, offset) in self.view.partitions.iter().zip(self.cursor.offsets()) {
            if let Some(end) = followed.tail.cut(*offset, self.generation) {
                let partition = followed.source.partition;
                return Err(ReadError::Truncated { partition, end, offset: *offset });
            }
        }
        self.generation = generation;
        Ok(())
    }
}
