//! The cursor every door uses: over one image, made from a permit. (Contract.)

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use crate::authz::Permit;
use crate::image::Image;

pub mod cursor;

pub use cursor::{Cursor, CursorError};

/// Where a reader begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// The oldest event the plan's replay window allows.
    Earliest,
    /// The end: only what comes.
    Latest,
    /// The first event at or after this time, in milliseconds since the epoch.
    Time(i64),
    /// Where another stream stopped (`Last-Event-ID` or `from=<cursor>`), as text.
    Cursor(String),
}

/// Part of an image that a reader has not passed yet.
pub struct Slice {
    /// The image: all of its batch.
    pub image: Arc<Image>,
    /// Events before this offset were passed already.
    pub from: i64,
}

/// Why a reader cannot be opened or go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The cursor cannot be used (malformed, another endpoint's, or a recreated topic's).
    #[error("{0}")]
    CursorUnusable(String),
    /// Events that the reader still needed are gone from the log or behind the replay window.
    #[error("{0}")]
    OffsetGone(String),
    /// A key rule that could merge keys meets a compacted topic.
    #[error("{0}")]
    KeyRuleOnCompacted(String),
    /// The cluster cannot serve now; try again.
    #[error("{0}")]
    Unavailable(String),
    /// The topic is not there.
    #[error("{0}")]
    UnknownTopic(String),
}

/// A cursor over the images of one endpoint, made from a [`Permit`].
pub struct Reader {
    permit: Permit,
    cursor: Cursor,
}

impl Reader {
    /// The next part of an image with at least one event to show, waiting for one if need be. The
    /// reader's cursor moves only by [`Reader::advance`] and, over stretches in which nothing is
    /// visible, by itself. Slices of one partition come in offset order.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Slice, ReadError>> {
        let _ = context;
        Poll::Pending
    }

    /// Passes the events of a partition up to and including this offset.
    pub fn advance(&mut self, partition: i32, offset: i64) {
        let _ = (partition, offset);
    }

    /// Passes all of a slice.
    pub fn finish(&mut self, slice: &Slice) {
        let _ = slice;
    }

    /// Where the reader is.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// What the reader may do.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }

    /// Takes a renewed permit: from here on, the new chain and replay window hold.
    pub fn renew(&mut self, permit: Permit) {
        self.permit = permit;
    }
}
