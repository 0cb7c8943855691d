//! The record batch, version 2 (magic 2): header view, CRC, iteration. (Contract; bodies to be written.)

use bytes::Bytes;

use super::{WireError, codec::Codec};

/// Bytes of the batch header, up to and including the record count.
pub const HEADER_BYTES: usize = 61;

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
    pub fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        let _ = bytes;
        Err(WireError::Truncated)
    }

    /// Offset of the last record when the batch was written.
    pub fn last_offset(&self) -> i64 {
        self.base_offset
            .saturating_add(i64::from(self.last_offset_delta))
    }

    /// The codec, or an error for bits that name none.
    pub fn codec(&self) -> Result<Codec, WireError> {
        Err(WireError::BadCompression)
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
        Err(WireError::BadCrc)
    }

    /// The record section, as it is on the wire (compressed by the header's codec).
    pub fn records(&self) -> &[u8] {
        self.bytes.get(HEADER_BYTES..).unwrap_or_default()
    }
}

/// Splits the records field of a Fetch answer into batches. An incomplete last batch, which
/// brokers may send, ends the iteration without an error.
pub fn split(records: Bytes) -> impl Iterator<Item = Result<RecordBatch, WireError>> {
    let _ = records;
    std::iter::empty()
}
