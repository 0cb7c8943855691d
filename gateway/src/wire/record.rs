//! Records inside an uncompressed record section: spans, nothing copied. Lengths must fit exactly:
//! a record that leaves bytes over, or a section that holds more than its count, is refused.

use policies::HeaderView;
use smallvec::SmallVec;

use super::WireError;

/// The largest uncompressed record, in bytes; beyond it the record is withheld.
const RECORD_BYTES_MAX: usize = 8 * 1024 * 1024;

/// One record, borrowed from the section.
pub struct RecordSpan<'a> {
    /// The whole record, its length varint included.
    pub bytes: &'a [u8],
    /// Attributes byte (unused by Kafka).
    pub attributes: u8,
    /// Milliseconds relative to the batch's base timestamp (a varlong).
    pub timestamp_delta: i64,
    /// Offset relative to the batch's base offset.
    pub offset_delta: i32,
    /// Key; `None` is null.
    pub key: Option<&'a [u8]>,
    /// Value; `None` is null.
    pub value: Option<&'a [u8]>,
    /// Headers in order; names may repeat.
    pub headers: Headers<'a>,
}

/// Headers of one record, without an allocation for the usual few.
pub type Headers<'a> = SmallVec<[HeaderView<'a>; 4]>;

/// The smallest encoded header: empty name, null value.
const HEADER_BYTES_MIN: usize = 2;

/// Walks the records of a section. Ends after the first error.
pub struct Records<'a> {
    rest: &'a [u8],
    left: usize,
    last_offset_delta: i32,
}

impl<'a> Records<'a> {
    /// A walk over `section`, which must hold exactly `count` records with rising offset deltas up
    /// to `last_offset_delta`.
    pub fn new(section: &'a [u8], count: usize, last_offset_delta: i32) -> Self {
        Self { rest: section, left: count, last_offset_delta }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<RecordSpan<'a>, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            let over = !std::mem::take(&mut self.rest).is_empty();
            return over.then_some(Err(WireError::BadLength));
        }
        self.left -= 1;
        let record = read_record(&mut self.rest).and_then(|record| {
            let inside = (0..=self.last_offset_delta).contains(&record.offset_delta);
            if inside { Ok(record) } else { Err(WireError::BadLength) }
        });
        if record.is_err() {
            (self.left, self.rest) = (0, &[]);
        }
        Some(record)
    }
}

fn read_record<'a>(rest: &mut &'a [u8]) -> Result<RecordSpan<'a>, WireError> {
    let whole = *rest;
    let length = usize::try_from(read_varint(rest)?).map_err(|_| WireError::BadLength)?;
    if length > RECORD_BYTES_MAX {
        return Err(WireError::TooLarge);
    }
    let (mut body, after) = rest.split_at_checked(length).ok_or(WireError::Truncated)?;
    let bytes = whole.get(..whole.len() - after.len()).ok_or(WireError::Truncated)?;
    *rest = after;
    let (&attributes, inner) = body.split_first().ok_or(WireError::Truncated)?;
    body = inner;
    let record = RecordSpan {
        bytes,
        attributes,
        timestamp_delta: read_varlong(&mut body)?,
        offset_delta: read_varint(&mut body)?,
        key: read_nullable(&mut body)?,
        value: read_nullable(&mut body)?,
        headers: read_headers(&mut body)?,
    };
    if body.is_empty() { Ok(record) } else { Err(WireError::BadLength) }
}

fn read_headers<'a>(body: &mut &'a [u8]) -> Result<Headers<'a>, WireError> {
    let count = usize::try_from(read_varint(body)?).map_err(|_| WireError::BadLength)?;
    if count > body.len() / HEADER_BYTES_MIN {
        return Err(WireError::BadLength);
    }
    let mut headers = Headers::with_capacity(count);
    for _ in 0..count {
        let name = read_nullable(body)?.ok_or(WireError::BadLength)?;
        headers.push(HeaderView { name, value: read_nullable(body)? });
    }
    Ok(headers)
}

/// A length-prefixed span; -1 is null.
fn read_nullable<'a>(bytes: &mut &'a [u8]) -> Result<Option<&'a [u8]>, WireError> {
    let length = read_varint(bytes)?;
    if length == -1 {
        return Ok(None);
    }
    let length = usize::try_from(length).map_err(|_| WireError::BadLength)?;
    let (span, rest) = bytes.split_at_checked(length).ok_or(WireError::Truncated)?;
    *bytes = rest;
    Ok(Some(span))
}

/// A zigzag varint of at most five bytes.
fn read_varint(bytes: &mut &[u8]) -> Result<i32, WireError> {
    i32::try_from(read_zigzag(bytes, 5)?).map_err(|_| WireError::BadLength)
}

/// A zigzag varlong of at most ten bytes.
fn read_varlong(bytes: &mut &[u8]) -> Result<i64, WireError> {
    read_zigzag(bytes, 10)
}

#[inline]
fn read_zigzag(bytes: &mut &[u8], bytes_max: usize) -> Result<i64, WireError> {
    let mut value = 0u64;
    let mut rest = *bytes;
    for shift in (0..64).step_by(7).take(bytes_max) {
        let (&byte, after) = rest.split_first().ok_or(WireError::Truncated)?;
        rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            *bytes = rest;
            return Ok((value >> 1) as i64 ^ -((value & 1) as i64));
        }
    }
    Err(WireError::BadLength)
}

/// Appends a zigzag varint (or varlong: the encoding is one).
pub fn write_varint(out: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Bytes of a value as [`write_varint`] encodes it.
pub fn varint_bytes(value: i64) -> usize {
    let zigzag = ((value << 1) ^ (value >> 63)) as u64;
    (u64::BITS - (zigzag | 1).leading_zeros()).div_ceil(7) as usize
}

#[cfg(test)]
mod tests;
