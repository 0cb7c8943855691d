//! A reader's walk through what is older than the tail: one chunk waited for at a time, the next
//! one fetched ahead.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::Sleep;

use super::{ReadError, Reader};
use crate::tail::Pending;
use crate::upstream::UpstreamError;

/// How long a reader waits before it asks a cluster again that could not serve history.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// The chunk that a reader waits for.
pub struct History {
    waiting: Waiting,
    /// Partitions that are older than the tail and wait for their turn, this one first.
    queue: Vec<i32>,
}

enum Waiting {
    Chunk(Pending),
    Retry(Pin<Box<Sleep>>),
}

impl Waiting {
    /// For the next try.
    fn retry(context: &mut Context<'_>) -> Self {
        let mut sleep = Box::pin(tokio::time::sleep(RETRY_AFTER));
        // Polled once so that the timer knows the task.
        let _ = sleep.as_mut().poll_unpin(context);
        Waiting::Retry(sleep)
    }
}

impl Reader {
    /// Waits for a chunk of this partition, in turn with the others that are older than the tail.
    pub(super) fn wait_for_history(&mut self, partition: i32, pending: Pending) {
        match &mut self.history {
            Some(history) => {
                if !history.queue.contains(&partition) {
                    history.queue.push(partition);
                }
            }
            None => {
                let waiting = Waiting::Chunk(pending);
                self.history = Some(Box::new(History { waiting, queue: vec![partition] }));
            }
        }
    }

    /// Goes on with the partitions that waited, once the chunk has come.
    pub(super) fn poll_history(&mut self, context: &mut Context<'_>) -> Result<(), ReadError> {
        let Some(history) = &mut self.history else {
            return Ok(());
        };
        let failed = match &mut history.waiting {
            Waiting::Chunk(pending) => match pending.poll_unpin(context) {
                Poll::Pending => return Ok(()),
                Poll::Ready(Ok(_)) => None,
                Poll::Ready(Err(error)) => Some(error),
            },
            Waiting::Retry(sleep) => match sleep.as_mut().poll_unpin(context) {
                Poll::Pending => return Ok(()),
                Poll::Ready(()) => None,
            },
        };
        match failed {
            None => {
                let queue = self.history.take().map(|history| history.queue).unwrap_or_default();
                queue.into_iter().for_each(|partition| self.make_ready(partition));
                Ok(())
            }
            Some(UpstreamError::OffsetOutOfRange) => self.explain_out_of_range(context),
            // A leader that moves, a broker that restarts: no error to the subscriber.
            Some(_) => {
                history.waiting = Waiting::retry(context);
                Ok(())
            }
        }
    }

    /// The log moved past the reader: events that it had not read are gone. Who has not begun to
    /// read looks again, when the log's beginning will be known.
    fn explain_out_of_range(&mut self, context: &mut Context<'_>) -> Result<(), ReadError> {
        let Some(mut history) = self.history.take() else {
            return Ok(());
        };
        let Some(&partition) = history.queue.first() else {
            return Ok(());
        };
        let offset = self.cursor.offset(partition).unwrap_or_default();
        let start = self.view.followed(partition).map_or(0, |f| f.tail.log_start());
        self.begin_later(ReadError::Expired { partition, offset, start })?;
        history.waiting = Waiting::retry(context);
        self.history = Some(history);
        Ok(())
    }
}
