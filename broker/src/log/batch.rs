//! A batch as a producer sends it: checked whole before it is kept, then kept as it came but for
//! its offsets (and its time, where the topic says so).

use bytes::{Bytes, BytesMut};
use gateway::wire::codec::decompress;
use gateway::wire::record::{Records, write_varint};
use gateway::wire::record_batch::{BatchHeader, CRC_FROM, HEADER_BYTES, LENGTH_PREFIX_BYTES};

use super::config::Rules;
use crate::code;
use crate::limits::BATCH_BYTES_MAX;

/// Where the leader epoch stands.
const EPOCH_FROM: usize = 12;
/// Where the checksum stands.
const CHECKSUM_FROM: usize = 17;
/// Where the attributes stand.
const ATTRIBUTES_FROM: usize = 21;
/// Where the largest timestamp stands.
const MAX_TIMESTAMP_FROM: usize = 35;
/// The attributes' bit for the broker's time.
const APPEND_TIME: i16 = 0x08;
/// The attributes of a transaction's marker: transactional and control.
const MARKER: i16 = 0x30;

/// What a batch is appended under.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// What the topic's configuration says.
    pub(crate) rules: Rules,
    /// Milliseconds since 1970.
    pub(crate) now_ms: i64,
}

/// A batch that may be kept.
#[derive(Clone, Debug)]
pub(crate) struct Incoming {
    pub(crate) header: BatchHeader,
    pub(crate) bytes: Bytes,
    /// The largest timestamp of its records.
    pub(crate) max_timestamp: i64,
}

impl Incoming {
    /// Looks at every byte of what a producer wants to append.
    ///
    /// # Errors
    /// Kafka's code: CORRUPT_MESSAGE, MESSAGE_TOO_LARGE, INVALID_RECORD.
    pub(crate) fn check(bytes: Bytes, rules: &Rules) -> Result<Incoming, i16> {
        let header = BatchHeader::parse(&bytes).map_err(|_| code::CORRUPT_MESSAGE)?;
        if header.size() != Some(bytes.len()) {
            return Err(code::INVALID_RECORD); // exactly one batch (KIP-98)
        }
        if bytes.len() > rules.batch_bytes_max {
            return Err(code::MESSAGE_TOO_LARGE);
        }
        let covered = bytes.get(CRC_FROM..).unwrap_or_default();
        if crc32c::crc32c(covered) != header.crc {
            return Err(code::CORRUPT_MESSAGE);
        }
        let dense = header.record_count >= 1
            && header.last_offset_delta.checked_add(1) == Some(header.record_count);
        if header.is_control() || !dense {
            return Err(code::INVALID_RECORD);
        }
        let mut max_timestamp = i64::MIN;
        let mut next = 0;
        let mut right = true;
        walk(&header, &bytes, |delta, timestamp, key| {
            right &= delta == next && (key || !rules.keyed);
            next += 1;
            max_timestamp = max_timestamp.max(timestamp);
            true
        })
        .ok_or(code::INVALID_RECORD)?;
        if !right {
            return Err(code::INVALID_RECORD);
        }
        Ok(Incoming { header, bytes, max_timestamp })
    }

    /// The bytes as they are kept.
    pub(super) fn placed(&self, base: i64, epoch: i32, append_time: Option<i64>) -> Bytes {
        let mut bytes = BytesMut::from(self.bytes.as_ref());
        put(&mut bytes, 0, &base.to_be_bytes());
        put(&mut bytes, EPOCH_FROM, &epoch.to_be_bytes());
        if let Some(time) = append_time {
            let attributes = self.header.attributes | APPEND_TIME;
            put(&mut bytes, ATTRIBUTES_FROM, &attributes.to_be_bytes());
            put(&mut bytes, MAX_TIMESTAMP_FROM, &time.to_be_bytes());
            let crc = crc32c::crc32c(bytes.get(CRC_FROM..).unwrap_or_default());
            put(&mut bytes, CHECKSUM_FROM, &crc.to_be_bytes());
        }
        bytes.freeze()
    }
}

fn put(bytes: &mut BytesMut, from: usize, value: &[u8]) {
    if let Some(place) = bytes.get_mut(from..from + value.len()) {
        place.copy_from_slice(value);
    }
}

/// Walks a batch's records until `see` has seen enough (offset delta, timestamp, whether there is
/// a key). `None`: they cannot be read, or not all.
pub(super) fn walk(
    header: &BatchHeader,
    bytes: &[u8],
    mut see: impl FnMut(i32, i64, bool) -> bool,
) -> Option<()> {
    let section = bytes.get(HEADER_BYTES..)?;
    let mut plain = Vec::new();
    decompress(header.codec().ok()?, section, &mut plain, BATCH_BYTES_MAX).ok()?;
    let count = usize::try_from(header.record_count).ok()?;
    for record in Records::new(&plain, count, header.last_offset_delta) {
        let record = record.ok()?;
        let timestamp = match header.is_log_append_time() {
            true => header.max_timestamp,
            false => header.base_timestamp.saturating_add(record.timestamp_delta),
        };
        if !see(record.offset_delta, timestamp, record.key.is_some()) {
            break;
        }
    }
    Some(())
}

/// The batch that ends a producer's transaction in a partition (KIP-98).
pub(super) fn marker(
    (producer_id, producer_epoch): (i64, i16),
    commit: bool,
    (base, leader_epoch): (i64, i32),
    now_ms: i64,
) -> Bytes {
    // Key: version, kind. Value: version, the coordinator's epoch.
    let key = [0_i16.to_be_bytes(), i16::from(commit).to_be_bytes()].concat();
    let value = [0; 6];
    // Attributes, timestamp delta and offset delta are 0, and there are no headers.
    let mut record = vec![0; 3];
    for part in [&key[..], &value[..]] {
        write_varint(&mut record, i64::try_from(part.len()).unwrap_or(0));
        record.extend_from_slice(part);
    }
    record.push(0);
    let mut section = Vec::new();
    write_varint(&mut section, i64::try_from(record.len()).unwrap_or(0));
    section.extend_from_slice(&record);
    let length = HEADER_BYTES - LENGTH_PREFIX_BYTES + section.len();
    let mut header = BatchHeader {
        base_offset: base,
        length: i32::try_from(length).unwrap_or(0),
        leader_epoch,
        crc: 0,
        attributes: MARKER,
        last_offset_delta: 0,
        base_timestamp: now_ms,
        max_timestamp: now_ms,
        producer_id,
        producer_epoch,
        base_sequence: -1,
        record_count: 1,
    };
    let whole = |header: &BatchHeader| {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + section.len());
        header.write(&mut bytes);
        bytes.extend_from_slice(&section);
        bytes
    };
    header.crc = crc32c::crc32c(whole(&header).get(CRC_FROM..).unwrap_or_default());
    whole(&header).into()
}
