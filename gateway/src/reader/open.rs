//! Opens a reader: from where the subscriber asks, within what the plan allows.

use std::sync::Arc;

use super::begin::Begin;
use super::view::View;
use super::{Cursor, ISOLATION, ReadError, Reader, cursor};
use crate::authz::Permit;
use crate::image::Passed;
use crate::tail::{FollowedPartition, Tails, TopicTail};
use crate::upstream::OffsetAt;

/// Where a reader begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// The oldest event that the plan's replay window allows.
    Earliest,
    /// The end: only what comes.
    Latest,
    /// The first event at or after this time, in milliseconds since the epoch.
    Time(i64),
    /// Where another stream stopped, as text.
    Cursor(String),
}

impl Reader {
    /// Opens a reader.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn open(tails: &Arc<Tails>, permit: Permit, start: Start) -> Result<Self, ReadError> {
        let view = View::open(tails, permit).await?;
        let (topic, window) = (&view.topic, &view.window);
        // Before the offsets are looked up: what moves in between is seen as moved.
        let generation = topic.generation();
        let endpoint = &view.permit.grant().endpoint.name;
        let identity = cursor::identity(endpoint, topic.name(), topic.id());
        let first = || async {
            let earliest = topic.earliest().await?;
            let starts = window.as_ref().map(|window| window.starts());
            Ok::<_, ReadError>(match starts {
                Some(starts) => Arc::new(later(&earliest, &starts)),
                None => earliest,
            })
        };
        let mut begin = None;
        let mut begin_at = |offsets: Arc<Vec<i64>>| {
            begin = Some(Begin::at(Arc::clone(&offsets)));
            offsets.as_ref().clone()
        };
        let offsets = match start {
            Start::Latest => topic.partitions().iter().map(|p| p.tail.end(ISOLATION)).collect(),
            Start::Earliest => begin_at(first().await?),
            Start::Time(at) => {
                let found = topic.look_up(OffsetAt::Timestamp(at)).await?;
                begin_at(Arc::new(later(&found, &first().await?)))
            }
            Start::Cursor(text) => {
                let cursor = Cursor::read(&text, identity)?;
                let (mut offsets, first) = (cursor.offsets().to_vec(), first().await?);
                check(topic, &offsets, &first, window.is_some()).await?;
                offsets.extend(first.iter().skip(offsets.len()));
                offsets
            }
        };
        let mut view = view;
        view.take_new_partitions();
        Ok(Self {
            ready: (0..).take(view.partitions.len()).collect(),
            cursor: Cursor::new(identity, offsets),
            generation,
            history: None,
            begin,
            view,
            passed: Passed::default(),
        })
    }
}

/// The later of two offsets for each partition; a partition that only `offsets` knows stays.
fn later(offsets: &[i64], starts: &[i64]) -> Vec<i64> {
    let starts = starts.iter().copied().chain(std::iter::repeat(0));
    offsets.iter().zip(starts).map(|(offset, start)| start.max(*offset)).collect()
}

/// A cursor must stand between what may be read and the end of the log.
async fn check(
    topic: &TopicTail,
    offsets: &[i64],
    first: &[i64],
    windowed: bool,
) -> Result<(), ReadError> {
    let partitions = topic.partitions();
    for (partition, (&offset, &start)) in (0..).zip(offsets.iter().zip(first)) {
        if offset < start {
            return Err(match windowed {
                true => ReadError::BehindWindow { partition, offset, start },
                false => ReadError::Expired { partition, offset, start },
            });
        }
    }
    // Another replica may be ahead of this one, so only the cluster can say where the log ends.
    let end = |partition: &FollowedPartition| partition.tail.end(ISOLATION);
    let ahead = offsets.iter().zip(partitions.iter()).any(|(offset, p)| *offset > end(p));
    if ahead || offsets.len() > partitions.len() {
        let ends = topic.look_up(OffsetAt::Latest).await?;
        for (partition, (&offset, &end)) in (0..).zip(offsets.iter().zip(&ends)) {
            if offset > end {
                return Err(ReadError::Truncated { partition, end, offset });
            }
        }
        if offsets.len() > ends.len() {
            return Err(ReadError::Cursor(super::CursorError::OtherTopic));
        }
    }
    Ok(())
}
