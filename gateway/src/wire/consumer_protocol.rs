//! The bytes that members of a consumer group exchange through their coordinator
//! (ConsumerProtocolSubscription and ConsumerProtocolAssignment, versions 0-3): topic names are
//! replaced, everything else stays as it is, user data and what newer versions append included.
//!
//! Bytes that are something else are left alone: other kinds of groups put in what they like.
//! Source: Kafka's ConsumerProtocolSubscription.json and ConsumerProtocolAssignment.json; KIP-429.

use bytes::Bytes;

use super::{WireError, guard::Cursor};

/// The largest result, in bytes: short names that become long ones must not fill the memory.
const OUTPUT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The first version of a subscription that lists owned partitions.
const OWNED_SINCE: i16 = 1;

/// Gives a topic its other name.
pub type Rename<'a> = &'a mut dyn FnMut(&str) -> String;

/// A subscription with its topics, also those of its owned partitions, renamed; `None`: it is no
/// subscription.
///
/// # Errors
/// [`WireError::TooLarge`] when the names would grow it beyond all measure.
pub fn subscription(bytes: &[u8], rename: Rename<'_>) -> Result<Option<Bytes>, WireError> {
    settled(Rewrite::new(bytes, rename).subscription())
}

/// An assignment with its topics renamed; `None`: it is no assignment.
///
/// # Errors
/// [`WireError::TooLarge`] when the names would grow it beyond all measure.
pub fn assignment(bytes: &[u8], rename: Rename<'_>) -> Result<Option<Bytes>, WireError> {
    settled(Rewrite::new(bytes, rename).assignment())
}

fn settled(rewritten: Result<Vec<u8>, WireError>) -> Result<Option<Bytes>, WireError> {
    match rewritten {
        Ok(bytes) => Ok(Some(bytes.into())),
        Err(WireError::TooLarge) => Err(WireError::TooLarge),
        Err(_) => Ok(None),
    }
}

struct Rewrite<'a> {
    bytes: &'a [u8],
    cursor: Cursor<'a>,
    rename: Rename<'a>,
    out: Vec<u8>,
    /// Up to where `bytes` are in `out`.
    copied: usize,
}

impl<'a> Rewrite<'a> {
    fn new(bytes: &'a [u8], rename: Rename<'a>) -> Self {
        let (cursor, out) = (Cursor::new(bytes), Vec::with_capacity(bytes.len()));
        Self { bytes, cursor, rename, out, copied: 0 }
    }

    fn subscription(mut self) -> Result<Vec<u8>, WireError> {
        let version = self.version()?;
        for _ in 0..self.count(2)? {
            self.topic()?;
        }
        self.user_data()?;
        // Some clients write a newer version and end here.
        if version >= OWNED_SINCE && self.cursor.remaining() > 0 {
            self.topic_partitions()?;
        }
        self.rest()
    }

    fn assignment(mut self) -> Result<Vec<u8>, WireError> {
        self.version()?;
        // An empty assignment may be the version alone.
        if self.cursor.remaining() > 0 {
            self.topic_partitions()?;
            if self.cursor.remaining() > 0 {
                self.user_data()?;
            }
        }
        self.rest()
    }

    fn version(&mut self) -> Result<i16, WireError> {
        match self.cursor.i16()? {
            version if version >= 0 => Ok(version),
            _ => Err(WireError::BadLength),
        }
    }

    fn topic_partitions(&mut self) -> Result<(), WireError> {
        for _ in 0..self.count(2 + 4)? {
            self.topic()?;
            let count = self.count(4)?;
            self.cursor.skip(count.saturating_mul(4))?;
        }
        Ok(())
    }

    /// An array's count, of elements of at least so many bytes; null is none.
    fn count(&mut self, element_bytes_min: usize) -> Result<usize, WireError> {
        let count = self.cursor.array_length(false)?.unwrap_or(0);
        match count > self.cursor.remaining() / element_bytes_min {
            true => Err(WireError::BadLength),
            false => Ok(count),
        }
    }

    fn user_data(&mut self) -> Result<(), WireError> {
        let length = self.cursor.blob_length(false)?;
        self.cursor.skip(length.unwrap_or(0))
    }

    fn topic(&mut self) -> Result<(), WireError> {
        let start = self.cursor.position();
        let length = self.cursor.text_length(false)?.ok_or(WireError::BadLength)?;
        let name = std::str::from_utf8(self.cursor.take(length)?);
        let name = (self.rename)(name.map_err(|_| WireError::BadLength)?);
        let length = i16::try_from(name.len()).map_err(|_| WireError::BadLength)?;
        self.copy_to(start)?;
        self.out.extend_from_slice(&length.to_be_bytes());
        self.out.extend_from_slice(name.as_bytes());
        self.copied = self.cursor.position();
        Ok(())
    }

    fn rest(mut self) -> Result<Vec<u8>, WireError> {
        self.copy_to(self.bytes.len())?;
        Ok(self.out)
    }

    fn copy_to(&mut self, end: usize) -> Result<(), WireError> {
        let kept = self.bytes.get(self.copied..end).ok_or(WireError::Truncated)?;
        if self.out.len() + kept.len() > OUTPUT_BYTES_MAX {
            return Err(WireError::TooLarge);
        }
        self.out.extend_from_slice(kept);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
