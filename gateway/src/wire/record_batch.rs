//! The record batch, version 2 (magic 2): header view, CRC, iteration over the records field of a
//! Fetch answer. Older formats (magic 0 and 1) are refused. Source: Kafka protocol guide, "Record
//! Batch"; KIP-98.

use bytes::{Buf, Bytes};

use super::{WireError, codec::Codec};

/// Bytes of the batch header, up to and including the record count.
pub const HEADER_BYTES: usize = 61;

/// Bytes before those that the length field counts: base offset and the length itself.
pub const LENGTH_PREFIX_BYTES: usize = 12;

/// Where the length stands in a batch, after the base offset.
const LENGTH_FROM: usize = 8;

/// Where every format has its magic.
const MAGIC_AT: usize = 16;

/// Where the last offset delta stands.
const LAST_OFFSET_DELTA_FROM: usize = 23;

/// Where the bytes that the CRC covers begin: at the attributes.
pub const CRC_FROM: usize = 21;

/// The smallest encoded record: length, attributes, two deltas, null key, null value, no headers.
const RECORD_BYTES_MIN: usize = 7;

/// Attribute bits 0-2.
const CODEC_BITS: i16 = 0x07;

/// The 61-byte header of a record batch (magic 2), decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHeader {
    /// Offset of the first record when the batch was written.
    pub base_offset: i64,
    /// Bytes after this field: the batch's size is this + 12.
    pub length: i32,
    /// Leader epoch; outside the CRC.
    pub leader_epoch: i32,
    /// CRC-32C over everything from the attributes to the end.
    pub crc: u32,
    /// Codec, timestamp type, transactional, control, delete horizon.
    pub attributes: i16,
    /// Offset of the last record when the batch was written, minus the base.
    pub last_offset_delta: i32,
    /// Milliseconds.
    pub base_timestamp: i64,
    /// Milliseconds.
    pub max_timestamp: i64,
    /// -1: none.
    pub producer_id: i64,
    /// -1: none.
    pub producer_epoch: i16,
    /// -1: none.
    pub base_sequence: i32,
    /// Records in the batch.
    pub record_count: i32,
}

impl BatchHeader {
    /// Reads a header and checks that lengths and counts are possible.
    ///
    /// # Errors
    /// [`WireError::Truncated`], [`WireError::BadMagic`], [`WireError::BadLength`].
    pub fn parse(mut bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() < HEADER_BYTES {
            return Err(WireError::Truncated);
        }
        let base_offset = bytes.get_i64();
        let length = bytes.get_i32();
        let leader_epoch = bytes.get_i32();
        if bytes.get_i8() != 2 {
            return Err(WireError::BadMagic);
        }
        let header = Self {
            base_offset,
            length,
            leader_epoch,
            crc: bytes.get_u32(),
            attributes: bytes.get_i16(),
            last_offset_delta: bytes.get_i32(),
            base_timestamp: bytes.get_i64(),
            max_timestamp: bytes.get_i64(),
            producer_id: bytes.get_i64(),
            producer_epoch: bytes.get_i16(),
            base_sequence: bytes.get_i32(),
            record_count: bytes.get_i32(),
        };
        header.check()?;
        Ok(header)
    }

    /// Lengths and counts that no broker can mean.
    fn check(&self) -> Result<(), WireError> {
        let size = self.size().ok_or(WireError::BadLength)?;
        let body = size - HEADER_BYTES;
        let count = usize::try_from(self.record_count).map_err(|_| WireError::BadLength)?;
        let uncompressed = self.attributes & CODEC_BITS == 0;
        let possible = self.base_offset >= 0
            && self.last_offset_delta >= 0
            && self.base_offset.checked_add(i64::from(self.last_offset_delta)).is_some()
            && (!uncompressed || count <= body / RECORD_BYTES_MIN);
        if possible { Ok(()) } else { Err(WireError::BadLength) }
    }

    /// Bytes of the whole batch; `None` if the length field says less than a header.
    pub fn size(&self) -> Option<usize> {
        let size = usize::try_from(self.length).ok()?.checked_add(LENGTH_PREFIX_BYTES)?;
        (size >= HEADER_BYTES).then_some(size)
    }

    /// Appends the header's 61 bytes.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.base_offset.to_be_bytes());
        out.extend_from_slice(&self.length.to_be_bytes());
        out.extend_from_slice(&self.leader_epoch.to_be_bytes());
        out.push(2);
        out.extend_from_slice(&self.crc.to_be_bytes());
        out.extend_from_slice(&self.attributes.to_be_bytes());
        out.extend_from_slice(&self.last_offset_delta.to_be_bytes());
        out.extend_from_slice(&self.base_timestamp.to_be_bytes());
        out.extend_from_slice(&self.max_timestamp.to_be_bytes());
        out.extend_from_slice(&self.producer_id.to_be_bytes());
        out.extend_from_slice(&self.producer_epoch.to_be_bytes());
        out.extend_from_slice(&self.base_sequence.to_be_bytes());
        out.extend_from_slice(&self.record_count.to_be_bytes());
    }

    /// Offset of the last record when the batch was written.
    pub fn last_offset(&self) -> i64 {
        self.base_offset.saturating_add(i64::from(self.last_offset_delta))
    }

    /// The codec.
    ///
    /// # Errors
    /// [`WireError::BadCompression`] for bits that name none.
    pub fn codec(&self) -> Result<Codec, WireError> {
        Codec::from_bits(self.attributes & CODEC_BITS)
    }

    /// The same header with another codec's bits.
    #[must_use]
    pub fn with_codec(mut self, codec: Codec) -> Self {
        self.attributes = (self.attributes & !CODEC_BITS) | codec.bits();
        self
    }

    /// Bit 3: all records carry `max_timestamp` (log append time).
    pub fn is_log_append_time(&self) -> bool {
        self.attributes & 0x08 != 0
    }

    /// Bit 4.
    pub fn is_transactional(&self) -> bool {
        self.attributes & 0x10 != 0
    }

    /// Bit 5: a transaction marker, never shown to applications.
    pub fn is_control(&self) -> bool {
        self.attributes & 0x20 != 0
    }
}

/// One whole record batch: its header decoded, its bytes as they came.
#[derive(Clone)]
pub struct RecordBatch {
    /// The header.
    pub header: BatchHeader,
    /// The whole batch, header included; a slice of the answer it came in.
    pub bytes: Bytes,
}

impl RecordBatch {
    /// Checks the CRC.
    ///
    /// # Errors
    /// [`WireError::BadCrc`].
    pub fn verify_crc(&self) -> Result<(), WireError> {
        let covered = self.bytes.get(CRC_FROM..).ok_or(WireError::Truncated)?;
        if crc32c::crc32c(covered) == self.header.crc { Ok(()) } else { Err(WireError::BadCrc) }
    }

    /// The record section, as it is on the wire (compressed by the header's codec).
    pub fn records(&self) -> &[u8] {
        self.bytes.get(HEADER_BYTES..).unwrap_or_default()
    }
}

/// Splits the records field of a Fetch answer into batches. An incomplete last batch, which
/// brokers may send, ends the iteration without an error; so does the first error, after it.
pub fn split(records: Bytes) -> Batches {
    Batches { rest: records, damaged: Bytes::new() }
}

/// See [`split`].
pub struct Batches {
    rest: Bytes,
    damaged: Bytes,
}

impl Batches {
    /// After an error: the batch whose header is impossible, if its length can be believed; the
    /// iteration then goes on after it. Its header says only what it covers, as far as it can be
    /// known (a delta of -1: not at all), and that it holds no records.
    pub fn step_over(&mut self) -> Option<RecordBatch> {
        let mut damaged = std::mem::take(&mut self.damaged);
        let claimed = |from: usize| damaged.get(from..from + 4)?.try_into().ok();
        let length = i32::from_be_bytes(claimed(LENGTH_FROM)?);
        let delta = i32::from_be_bytes(claimed(LAST_OFFSET_DELTA_FROM)?);
        let base_offset = damaged.get(..LENGTH_FROM)?.try_into().ok();
        let header = BatchHeader {
            base_offset: base_offset.map(i64::from_be_bytes)?,
            length,
            leader_epoch: -1,
            crc: 0,
            attributes: 0,
            last_offset_delta: match damaged.get(MAGIC_AT)? {
                // One message each: formats before record batches.
                0 | 1 => 0,
                _ => delta.max(-1),
            },
            base_timestamp: -1,
            max_timestamp: -1,
            producer_id: -1,
            producer_epoch: -1,
            base_sequence: -1,
            record_count: 0,
        };
        let size = usize::try_from(length).ok()?;
        let size = size.checked_add(LENGTH_PREFIX_BYTES)?;
        let whole = (MAGIC_AT + 1..=damaged.len()).contains(&size);
        if !whole || header.base_offset < 0 {
            return None;
        }
        let bytes = damaged.split_to(size);
        self.rest = damaged;
        Some(RecordBatch { header, bytes })
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.len() < HEADER_BYTES {
            return None;
        }
        let header = match BatchHeader::parse(&self.rest) {
            Ok(header) => header,
            Err(error) => {
                self.damaged = std::mem::take(&mut self.rest);
                return Some(Err(error));
            }
        };
        let Some(size) = header.size().filter(|size| *size <= self.rest.len()) else {
            self.rest.clear();
            return None;
        };
        let bytes = self.rest.split_to(size);
        Some(Ok(RecordBatch { header, bytes }))
    }
}

#[cfg(test)]
mod tests;
