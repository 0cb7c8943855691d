//! A control batch of one record that says nothing: applications never see it, but the position of
//! the client moves past it. Sent after a stretch in which a subscriber sees nothing, to clients
//! that are known to take it so. Source: KIP-98 (control batches, end-of-transaction markers).

use bytes::Bytes;

use super::WireError;
use super::codec::Codec;
use super::rebuild;
use super::record::write_varint;
use super::record_batch::{BatchHeader, RecordBatch};

/// Attribute bit 5: a control batch.
const CONTROL: i16 = 0x20;

/// The key of a commit marker: version 0, type 1. Without a producer it ends no transaction.
const COMMIT: [u8; 4] = [0, 0, 0, 1];

/// Its value: version 0, coordinator epoch 0.
const VALUE: [u8; 6] = [0; 6];

/// A batch at an offset, in the leader epoch of what lies there.
///
/// # Errors
/// Never: it is small and not compressed.
pub fn batch(offset: i64, leader_epoch: i32) -> Result<Bytes, WireError> {
    let header = BatchHeader {
        base_offset: offset,
        length: 0,
        leader_epoch,
        crc: 0,
        attributes: CONTROL,
        last_offset_delta: 0,
        base_timestamp: -1,
        max_timestamp: -1,
        producer_id: -1,
        producer_epoch: -1,
        base_sequence: -1,
        record_count: 0,
    };
    // Attributes, two deltas, key, value, no headers.
    let mut body = vec![0, 0, 0];
    write_varint(&mut body, COMMIT.len() as i64);
    body.extend_from_slice(&COMMIT);
    write_varint(&mut body, VALUE.len() as i64);
    body.extend_from_slice(&VALUE);
    body.push(0);
    let mut records = Vec::with_capacity(body.len() + 1);
    write_varint(&mut records, body.len() as i64);
    records.extend_from_slice(&body);
    rebuild::batch(&header, &records, 1, Codec::None).map(|RecordBatch { bytes, .. }| bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::record::Records;
    use crate::wire::record_batch::split;

    #[test]
    fn it_is_a_control_batch_of_one_record() {
        let mut batches = split(batch(41, 7).unwrap());
        let batch = batches.next().unwrap().unwrap();
        assert!(batches.next().is_none());
        batch.verify_crc().unwrap();
        let header = &batch.header;
        assert!(header.is_control() && !header.is_transactional());
        assert_eq!((header.base_offset, header.last_offset()), (41, 41));
        assert_eq!((header.leader_epoch, header.producer_id), (7, -1));
        let records: Result<Vec<_>, _> = Records::new(batch.records(), 1, 0).collect();
        assert_eq!(records.unwrap()[0].key, Some(&COMMIT[..]));
    }
}
