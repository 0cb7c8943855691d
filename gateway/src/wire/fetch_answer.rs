//! Reads Fetch answers, versions 4 to 13, keeping record bytes as slices of the frame.
//!
//! Fetch sessions are not used (the session id is read over) and a preferred read replica is
//! ignored. Batches inside the records are not looked at here: `record_batch` splits them.

use std::sync::Arc;

use bytes::Bytes;

use super::{WireError, guard::Cursor};

/// Lowest version read: the first with magic 2 batches, isolation and aborted transactions.
pub const VERSION_MIN: i16 = 4;
/// Highest version read: the first with topic ids, by which a recreated topic is noticed.
pub const VERSION_MAX: i16 = 13;
/// First version with compact lengths and tagged fields, hence with `diverging_epoch`.
pub const FLEXIBLE_SINCE: i16 = 12;
/// First version that names topics by id.
pub const TOPIC_IDS_SINCE: i16 = 13;

/// A Fetch answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchAnswer {
    /// How long the broker delayed the answer because of a quota, in milliseconds.
    pub throttle_ms: i32,
    /// Error of the whole request; 0: none.
    pub error: i16,
    /// Every partition of the answer, in its order.
    pub partitions: Vec<PartitionAnswer>,
}

/// How an answer names a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopicRef {
    /// By name, up to version 12.
    Name(Arc<str>),
    /// By id, from version 13 on.
    Id([u8; 16]),
}

/// One partition's part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionAnswer {
    /// Its topic.
    pub topic: TopicRef,
    /// Its index.
    pub partition: i32,
    /// Error of this partition; 0: none.
    pub error: i16,
    /// End of what is replicated; -1: not known.
    pub high_watermark: i64,
    /// End of what has been decided by transactions; -1: not known.
    pub last_stable_offset: i64,
    /// First offset there is; -1: not known.
    pub log_start_offset: i64,
    /// `(producer id, first offset)` of aborted transactions that touch the records.
    pub aborted: Vec<(i64, i64)>,
    /// Where the broker's log parts from what was fetched before (version 12 on).
    pub diverging: Option<Divergence>,
    /// Record batches, the last possibly incomplete. Null is read as empty.
    pub records: Bytes,
}

/// The largest epoch that broker and reader share, and its end on the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The epoch; -1: none.
    pub epoch: i32,
    /// Its end offset; -1: not known.
    pub end_offset: i64,
}

/// Reads an answer's body (what follows the answer header).
///
/// # Errors
/// [`WireError::Truncated`], [`WireError::BadLength`].
pub fn read(body: &Bytes, version: i16) -> Result<FetchAnswer, WireError> {
    if !(VERSION_MIN..=VERSION_MAX).contains(&version) {
        return Err(WireError::BadLength);
    }
    let mut reader = Reader {
        frame: body,
        cursor: Cursor::new(body),
        version,
        flexible: version >= FLEXIBLE_SINCE,
    };
    reader.answer()
}

struct Reader<'a> {
    frame: &'a Bytes,
    cursor: Cursor<'a>,
    version: i16,
    flexible: bool,
}

impl Reader<'_> {
    fn answer(&mut self) -> Result<FetchAnswer, WireError> {
        let throttle_ms = self.cursor.i32()?;
        let mut error = 0;
        if self.version >= 7 {
            error = self.cursor.i16()?;
            self.cursor.i32()?; // session id: sessions are not used
        }
        let topics = self.cursor.array_length(self.flexible)?.unwrap_or(0);
        let mut partitions = Vec::new();
        for _ in 0..topics {
            let topic = self.topic()?;
            let count = self.cursor.array_length(self.flexible)?.unwrap_or(0);
            for _ in 0..count {
                partitions.push(self.partition(&topic)?);
            }
            self.tags(|_, _| Ok(()))?;
        }
        self.tags(|_, _| Ok(()))?;
        Ok(FetchAnswer { throttle_ms, error, partitions })
    }

    fn topic(&mut self) -> Result<TopicRef, WireError> {
        if self.version >= TOPIC_IDS_SINCE {
            return self.cursor.uuid().map(TopicRef::Id);
        }
        let length = self.cursor.text_length(self.flexible)?;
        let name = self.cursor.take(length.ok_or(WireError::BadLength)?)?;
        let name = std::str::from_utf8(name).map_err(|_| WireError::BadLength)?;
        Ok(TopicRef::Name(name.into()))
    }

    fn partition(&mut self, topic: &TopicRef) -> Result<PartitionAnswer, WireError> {
        let partition = self.cursor.i32()?;
        let error = self.cursor.i16()?;
        let high_watermark = self.cursor.i64()?;
        let last_stable_offset = self.cursor.i64()?;
        let log_start_offset = match self.version >= 5 {
            true => self.cursor.i64()?,
            false => -1,
        };
        let aborted = self.aborted()?;
        if self.version >= 11 {
            self.cursor.i32()?; // preferred read replica
        }
        let records = self.records()?;
        let mut diverging = None;
        self.tags(|tag, content| {
            if tag == 0 {
                let mut content = Cursor::new(content);
                diverging = Some(Divergence { epoch: content.i32()?, end_offset: content.i64()? });
            }
            Ok(())
        })?;
        Ok(PartitionAnswer {
            topic: topic.clone(),
            partition,
            error,
            high_watermark,
            last_stable_offset,
            log_start_offset,
            aborted,
            diverging,
            records,
        })
    }

    fn aborted(&mut self) -> Result<Vec<(i64, i64)>, WireError> {
        let count = self.cursor.array_length(self.flexible)?.unwrap_or(0);
        if count > self.cursor.remaining() / 16 {
            return Err(WireError::BadLength);
        }
        let mut aborted = Vec::with_capacity(count);
        for _ in 0..count {
            aborted.push((self.cursor.i64()?, self.cursor.i64()?));
            self.tags(|_, _| Ok(()))?;
        }
        Ok(aborted)
    }

    fn records(&mut self) -> Result<Bytes, WireError> {
        let length = self.cursor.blob_length(self.flexible)?.unwrap_or(0);
        let start = self.cursor.position();
        self.cursor.skip(length)?;
        Ok(self.frame.slice(start..start + length))
    }

    fn tags(
        &mut self,
        mut each: impl FnMut(u32, &[u8]) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        if !self.flexible {
            return Ok(());
        }
        for _ in 0..self.cursor.varint()? {
            let tag = self.cursor.varint()?;
            let size = self.cursor.varint()? as usize;
            each(tag, self.cursor.take(size)?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
