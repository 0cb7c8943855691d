//! A reading position in bytes from the wire: big-endian numbers, varints, and the protocol's three
//! kinds of length. Every read is checked against what remains; nothing is copied.

use crate::wire::WireError;

/// A reading position.
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    pub(crate) fn position(&self) -> usize {
        self.position
    }

    pub(crate) fn remaining(&self) -> usize {
        self.bytes.len() - self.position
    }

    pub(crate) fn skip(&mut self, count: usize) -> Result<(), WireError> {
        self.take(count).map(|_| ())
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], WireError> {
        let end = self.position.checked_add(count);
        let end = end.ok_or(WireError::BadLength)?;
        let taken = self.bytes.get(self.position..end);
        let taken = taken.ok_or(WireError::Truncated)?;
        self.position = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        self.take(N)?.try_into().map_err(|_| WireError::Truncated)
    }

    pub(crate) fn uuid(&mut self) -> Result<[u8; 16], WireError> {
        self.array()
    }

    pub(crate) fn i16(&mut self) -> Result<i16, WireError> {
        self.array().map(i16::from_be_bytes)
    }

    pub(crate) fn i32(&mut self) -> Result<i32, WireError> {
        self.array().map(i32::from_be_bytes)
    }

    pub(crate) fn i64(&mut self) -> Result<i64, WireError> {
        self.array().map(i64::from_be_bytes)
    }

    /// An unsigned varint of at most five bytes and 32 bits.
    pub(crate) fn varint(&mut self) -> Result<u32, WireError> {
        let mut value = 0u32;
        for shift in [0, 7, 14, 21, 28] {
            let [byte] = self.array()?;
            if shift == 28 && byte > 0x0f {
                return Err(WireError::BadLength);
            }
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(WireError::BadLength)
    }

    /// A compact length: 0 is null, otherwise one more than the length.
    fn compact_length(&mut self) -> Result<Option<usize>, WireError> {
        Ok(self.varint()?.checked_sub(1).map(|length| length as usize))
    }

    /// A string's length; `None` is null.
    pub(crate) fn text_length(&mut self, flexible: bool) -> Result<Option<usize>, WireError> {
        let length = match flexible {
            true => self.compact_length()?,
            false => nullable(i32::from(self.i16()?))?,
        };
        self.bounded(length)
    }

    /// The length of bytes; `None` is null.
    pub(crate) fn blob_length(&mut self, flexible: bool) -> Result<Option<usize>, WireError> {
        let length = match flexible {
            true => self.compact_length()?,
            false => nullable(self.i32()?)?,
        };
        self.bounded(length)
    }

    /// An array's count; `None` is null. Each element takes a byte at least.
    pub(crate) fn array_length(&mut self, flexible: bool) -> Result<Option<usize>, WireError> {
        self.blob_length(flexible)
    }

    /// Skips tagged fields (KIP-482) of which none is known.
    pub(crate) fn skip_tagged_fields(&mut self) -> Result<(), WireError> {
        let count = self.varint()?;
        for _ in 0..count {
            self.varint()?;
            let size = self.varint()? as usize;
            self.skip(size)?;
        }
        Ok(())
    }

    fn bounded(&self, length: Option<usize>) -> Result<Option<usize>, WireError> {
        match length {
            Some(length) if length > self.remaining() => Err(WireError::BadLength),
            length => Ok(length),
        }
    }
}

/// -1 is null; anything below is impossible.
fn nullable(length: i32) -> Result<Option<usize>, WireError> {
    match length {
        -1 => Ok(None),
        length => usize::try_from(length).map(Some).map_err(|_| WireError::BadLength),
    }
}
