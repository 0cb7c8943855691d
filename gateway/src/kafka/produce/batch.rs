//! What a produced batch says of itself, before a broker sees it: exactly one batch of the current
//! format, none of those that only brokers write. The records in it are not looked at.

use bytes::Bytes;

use crate::wire::codec::Codec;
use crate::wire::record_batch::BatchHeader;

const UNSUPPORTED_COMPRESSION_TYPE: i16 = 76;
const INVALID_RECORD: i16 = 87;
/// The first version in which batches may be zstd (KIP-110).
const ZSTD_SINCE: i16 = 7;

/// What it takes from a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) events: u32,
    pub(super) bytes: u64,
}

/// Checks the records field of a partition.
///
/// # Errors
/// The code of the refusal.
pub(super) fn check(records: Option<&Bytes>, version: i16) -> Result<Cost, i16> {
    let records = records.ok_or(INVALID_RECORD)?;
    // Also refuses counts that the bytes cannot hold.
    let header = BatchHeader::parse(records).map_err(|_| INVALID_RECORD)?;
    if header.size() != Some(records.len()) || header.is_control() {
        return Err(INVALID_RECORD);
    }
    match header.codec() {
        Ok(Codec::Zstd) if version < ZSTD_SINCE => Err(UNSUPPORTED_COMPRESSION_TYPE),
        Err(_) => Err(UNSUPPORTED_COMPRESSION_TYPE),
        Ok(_) => Ok(Cost {
            events: u32::try_from(header.record_count).unwrap_or(u32::MAX),
            bytes: records.len() as u64,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(attributes: i16, record_count: i32) -> Vec<u8> {
        let header = BatchHeader {
            base_offset: 0,
            length: 49,
            leader_epoch: -1,
            crc: 0,
            attributes,
            last_offset_delta: 0,
            base_timestamp: 1,
            max_timestamp: 1,
            producer_id: -1,
            producer_epoch: -1,
            base_sequence: -1,
            record_count,
        };
        let mut bytes = Vec::new();
        header.write(&mut bytes);
        bytes
    }

    fn checked(bytes: Vec<u8>, version: i16) -> Result<u32, i16> {
        check(Some(&Bytes::from(bytes)), version).map(|cost| cost.events)
    }

    #[test]
    fn only_one_whole_batch_that_producers_write_passes() {
        assert_eq!(check(None, 9), Err(INVALID_RECORD));
        assert_eq!(checked(Vec::new(), 9), Err(INVALID_RECORD));
        // The 61 bytes that claim two billion records.
        assert_eq!(checked(header(0, i32::MAX), 9), Err(INVALID_RECORD));
        assert_eq!(checked(header(0, -1), 9), Err(INVALID_RECORD));
        assert_eq!(checked(header(0, 0), 9), Ok(0));
        assert_eq!(checked(header(0x20, 0), 9), Err(INVALID_RECORD), "a transaction marker");
        let two = [header(0, 0), header(0, 0)].concat();
        assert_eq!(checked(two, 9), Err(INVALID_RECORD));
        let mut old = header(0, 0);
        old[16] = 1;
        assert_eq!(checked(old, 9), Err(INVALID_RECORD), "magic 1");
        assert_eq!(checked(header(0, 0)[..60].to_vec(), 9), Err(INVALID_RECORD));
    }

    #[test]
    fn codecs_are_those_of_the_version() {
        assert_eq!(checked(header(4, 3), 6), Err(UNSUPPORTED_COMPRESSION_TYPE));
        assert_eq!(checked(header(4, 3), 7), Ok(3));
        assert_eq!(checked(header(6, 3), 9), Err(UNSUPPORTED_COMPRESSION_TYPE));
    }
}
