//! The resume point of HTTP doors: every topic-partition's next offset, as opaque text that any
//! replica can read. It carries no secret and grants nothing: what may be read is decided by the
//! permit and its replay window, so a check value against mistakes is enough.
//!
//! Layout before base64url: version (1 byte), identity of the endpoint and its topic (4), number of
//! partitions (varint), smallest offset (varint), bits per offset (1), the offsets minus the
//! smallest, packed; then CRC-32C of all that (4). Offsets that differ by less than 2^48 therefore
//! stay within 8 KiB for 1,000 partitions.

use std::cell::RefCell;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use smallvec::SmallVec;

/// The first byte of a cursor.
const VERSION: u8 = 1;

/// The longest cursor text that is looked at, in bytes: 10,000 partitions of 8 bytes, in base64.
const TEXT_BYTES_MAX: usize = 128 * 1024;

/// The most partitions a cursor may speak of.
const PARTITIONS_MAX: usize = 10_000;

/// Next offsets of an endpoint's topic-partitions, by partition index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    identity: u32,
    offsets: Vec<i64>,
}

/// Why a cursor's text cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// Not a cursor, or damaged.
    #[error("it is not a cursor of this gateway, or it is damaged")]
    Malformed,
    /// Another endpoint's, or of a topic that has been deleted and created anew since.
    #[error("it belongs to another endpoint, or its topic was deleted and created anew since")]
    OtherTopic,
}

/// Ties cursors to one endpoint and one incarnation of its topic.
pub fn identity(endpoint: &str, topic: &str, topic_id: &[u8; 16]) -> u32 {
    let crc = crc32c::crc32c(endpoint.as_bytes());
    let crc = crc32c::crc32c_append(crc, &[0]);
    let crc = crc32c::crc32c_append(crc, topic.as_bytes());
    crc32c::crc32c_append(crc, topic_id)
}

thread_local! {
    /// A cursor and its text: at most [`PARTITIONS_MAX`] offsets and [`TEXT_BYTES_MAX`] bytes.
    static WRITTEN: RefCell<(Cursor, Vec<u8>)> = const {
        RefCell::new((Cursor { identity: 0, offsets: Vec::new() }, Vec::new()))
    };
}

impl Cursor {
    /// A cursor at these next offsets, one per partition index from 0.
    pub fn new(identity: u32, offsets: Vec<i64>) -> Self {
        Self { identity, offsets }
    }

    /// The next offset of a partition; `None` for one that the cursor does not know.
    pub fn offset(&self, partition: i32) -> Option<i64> {
        self.offsets.get(usize::try_from(partition).ok()?).copied()
    }

    /// All next offsets, by partition index.
    pub fn offsets(&self) -> &[i64] {
        &self.offsets
    }

    /// Moves a partition's next offset; never back.
    pub fn advance(&mut self, partition: i32, next: i64) {
        if let Ok(index) = usize::try_from(partition)
            && let Some(offset) = self.offsets.get_mut(index)
        {
            *offset = next.max(*offset);
        }
    }

    /// Adds the partition after the last known one, at this next offset.
    pub fn push(&mut self, next: i64) {
        self.offsets.push(next);
    }

    /// Appends the cursor's text to `out`. Streams of one endpoint that keep pace stand at the same
    /// place one after the other: the text that was last made on this thread is used again.
    pub fn write(&self, out: &mut Vec<u8>) {
        WRITTEN.with_borrow_mut(|(cursor, text)| {
            if cursor != self || text.is_empty() {
                text.clear();
                self.encode(text);
                cursor.clone_from(self);
            }
            out.extend_from_slice(text);
        });
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let mut bytes: SmallVec<[u8; 64]> = SmallVec::new();
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.identity.to_be_bytes());
        write_varint(&mut bytes, self.offsets.len() as u64);
        let least = self.offsets.iter().copied().min().unwrap_or(0).max(0).unsigned_abs();
        let most = self.offsets.iter().copied().max().unwrap_or(0).max(0).unsigned_abs();
        let width = u64::BITS - (most - least).leading_zeros();
        write_varint(&mut bytes, least);
        bytes.push(width as u8);
        pack(&mut bytes, &self.offsets, least, width);
        let crc = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&crc.to_be_bytes());
        encode_into(&bytes, out);
    }

    /// Reads a cursor's text.
    ///
    /// # Errors
    /// [`CursorError`]; an `identity` other than this endpoint's is [`CursorError::OtherTopic`].
    pub fn read(text: &str, identity: u32) -> Result<Self, CursorError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(CursorError::Malformed);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError::Malformed)?;
        let (body, crc) = bytes.split_last_chunk::<4>().ok_or(CursorError::Malformed)?;
        if crc32c::crc32c(body) != u32::from_be_bytes(*crc) {
            return Err(CursorError::Malformed);
        }
        let (&version, body) = body.split_first().ok_or(CursorError::Malformed)?;
        let (stated, body) = body.split_first_chunk::<4>().ok_or(CursorError::Malformed)?;
        if version != VERSION {
            return Err(CursorError::Malformed);
        }
        if u32::from_be_bytes(*stated) != identity {
            return Err(CursorError::OtherTopic);
        }
        let offsets = read_offsets(body).ok_or(CursorError::Malformed)?;
        Ok(Self { identity, offsets })
    }
}

/// Base64url without padding, straight into `out`.
fn encode_into(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let written = out
        .get_mut(start..)
        .and_then(|room| URL_SAFE_NO_PAD.encode_slice(bytes, room).ok())
        .unwrap_or(0);
    out.truncate(start + written);
}

fn pack(bytes: &mut SmallVec<[u8; 64]>, offsets: &[i64], least: u64, width: u32) {
    let mut pending: u128 = 0;
    let mut bits = 0;
    for offset in offsets {
        pending |= u128::from(offset.max(&0).unsigned_abs() - least) << bits;
        bits += width;
        while bits >= 8 {
            bytes.push(pending as u8);
            pending >>= 8;
            bits -= 8;
        }
    }
    if bits > 0 {
        bytes.push(pending as u8);
    }
}

fn read_offsets(mut body: &[u8]) -> Option<Vec<i64>> {
    let count = usize::try_from(read_varint(&mut body)?).ok()?;
    let least = read_varint(&mut body)?;
    let (&width, packed) = body.split_first()?;
    let width = u32::from(width);
    let fits = width <= 63 && count <= PARTITIONS_MAX;
    if !fits || packed.len() != (count * width as usize).div_ceil(8) {
        return None;
    }
    let mask = (1u128 << width) - 1;
    let mut packed = packed.iter();
    let mut pending: u128 = 0;
    let mut bits = 0;
    let mut offsets = Vec::with_capacity(count);
    for _ in 0..count {
        while bits < width {
            pending |= u128::from(*packed.next()?) << bits;
            bits += 8;
        }
        let offset = least.checked_add((pending & mask) as u64)?;
        offsets.push(i64::try_from(offset).ok()?);
        pending >>= width;
        bits -= width;
    }
    Some(offsets)
}

fn write_varint(out: &mut SmallVec<[u8; 64]>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests;
