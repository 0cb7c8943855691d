//! Record batches (magic 2) byte by byte: right by default, and wrong in every way a test asks for.
//! Independent of the product's own codec on purpose.

use std::io::Write;

use broker::{Partition, Stored};

use crate::produce::Codec;

/// Bytes of a batch header, with the leading offset and length.
pub const HEADER_BYTES: usize = 61;

/// One record of a batch.
#[derive(Clone, Debug, Default)]
pub struct BatchRecord {
    /// Offset minus the batch's base; `None`: one after the record before.
    pub offset_delta: Option<i32>,
    /// Timestamp minus the batch's base, milliseconds (a varlong).
    pub timestamp_delta: i64,
    /// The key.
    pub key: Option<Vec<u8>>,
    /// The value.
    pub value: Option<Vec<u8>>,
    /// Headers.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

/// A batch to write.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Offset of delta 0; `None`: where the partition ends.
    pub base_offset: Option<i64>,
    /// Partition leader epoch; `None`: the partition's.
    pub leader_epoch: Option<i32>,
    /// 2, unless it lies.
    pub magic: i8,
    /// Codec in the attributes and of the records.
    pub codec: Codec,
    /// Snappy in xerial frames, as Java writes it.
    pub xerial: bool,
    /// Bits of the attributes beside the codec (8: log append time, 16: transactional, 32:
    /// control).
    pub attributes: i16,
    /// Milliseconds since 1970.
    pub base_timestamp: i64,
    /// Producer id; -1: none.
    pub producer_id: i64,
    /// Producer epoch; -1: none.
    pub producer_epoch: i16,
    /// Base sequence; -1: none.
    pub base_sequence: i32,
    /// The records.
    pub records: Vec<BatchRecord>,
    /// What shall be untrue.
    pub lies: Lies,
}

/// Fields that shall not tell the truth; `None`: the truth.
#[derive(Clone, Debug, Default)]
pub struct Lies {
    /// The checksum.
    pub crc: Option<u32>,
    /// The length field.
    pub length: Option<i32>,
    /// The record count.
    pub count: Option<i32>,
    /// The last offset delta.
    pub last_offset_delta: Option<i32>,
    /// The max timestamp.
    pub max_timestamp: Option<i64>,
    /// The records' bytes before compression.
    pub records: Option<Vec<u8>>,
    /// The records' bytes as they stand in the batch (after compression).
    pub payload: Option<Vec<u8>>,
    /// Only that many bytes of the batch are written.
    pub cut: Option<usize>,
}

impl Default for Batch {
    fn default() -> Batch {
        Batch {
            base_offset: None,
            leader_epoch: None,
            magic: 2,
            codec: Codec::None,
            xerial: false,
            attributes: 0,
            base_timestamp: 1_767_323_045_678,
            producer_id: -1,
            producer_epoch: -1,
            base_sequence: -1,
            records: Vec::new(),
            lies: Lies::default(),
        }
    }
}

impl BatchRecord {
    /// A record with a value.
    pub fn value(value: impl Into<Vec<u8>>) -> BatchRecord {
        BatchRecord { value: Some(value.into()), ..BatchRecord::default() }
    }
}

impl Batch {
    /// A batch of values.
    pub fn of<T: AsRef<[u8]>>(values: &[T]) -> Batch {
        let records = values.iter().map(|value| BatchRecord::value(value.as_ref())).collect();
        Batch { records, ..Batch::default() }
    }

    /// With a codec.
    pub fn codec(mut self, codec: Codec) -> Batch {
        self.codec = codec;
        self
    }

    /// At an offset.
    pub fn at(mut self, base_offset: i64) -> Batch {
        self.base_offset = Some(base_offset);
        self
    }

    /// With lies.
    pub fn lying(mut self, lies: Lies) -> Batch {
        self.lies = lies;
        self
    }

    /// In a transaction of a producer.
    pub fn transactional(mut self, producer_id: i64) -> Batch {
        self.attributes |= 16;
        self.producer_id = producer_id;
        self.producer_epoch = 0;
        self.base_sequence = 0;
        self
    }

    /// The marker that ends a producer's transaction.
    pub fn marker(producer_id: i64, commit: bool) -> Batch {
        let kind: i16 = if commit { 1 } else { 0 };
        let mut key = 0_i16.to_be_bytes().to_vec();
        key.extend_from_slice(&kind.to_be_bytes());
        // Version and coordinator epoch.
        let value = Some(vec![0; 6]);
        let record = BatchRecord { key: Some(key), value, ..BatchRecord::default() };
        let mut batch = Batch { records: vec![record], ..Batch::default() };
        batch = batch.transactional(producer_id);
        batch.attributes |= 32;
        batch.base_sequence = -1;
        batch
    }

    /// Offset minus base of the last offset that the batch covers.
    pub fn last_offset_delta(&self) -> i32 {
        if let Some(lie) = self.lies.last_offset_delta {
            return lie;
        }
        self.deltas().last().copied().unwrap_or(0)
    }

    /// Appends it to a partition as it is, right or wrong; answers its first offset.
    pub fn append_to(&self, partition: &mut Partition) -> i64 {
        let base = self.base_offset.unwrap_or(partition.end());
        let last = base + i64::from(self.last_offset_delta());
        let bytes = self.bytes(base, partition.leader_epoch).into();
        partition.place(Stored::new(base, last, bytes));
        base
    }

    fn deltas(&self) -> Vec<i32> {
        let mut next = 0;
        let delta = |record: &BatchRecord| {
            let delta = record.offset_delta.unwrap_or(next);
            next = delta.wrapping_add(1);
            delta
        };
        self.records.iter().map(delta).collect()
    }

    /// The batch's bytes, with `base_offset` and `leader_epoch` where the batch has none of its
    /// own.
    pub fn bytes(&self, base_offset: i64, leader_epoch: i32) -> Vec<u8> {
        let records = self.lies.records.clone().unwrap_or_else(|| self.record_bytes());
        let payload = self.lies.payload.clone().unwrap_or_else(|| self.compress(&records));
        let checked = self.checked_bytes(&payload);
        let crc = self.lies.crc.unwrap_or_else(|| crc32c::crc32c(&checked));
        // Leader epoch, magic and checksum come before what is checked.
        let length = i32::try_from(checked.len() + 9).unwrap_or(i32::MAX);
        let mut bytes = Vec::with_capacity(checked.len() + 21);
        bytes.extend_from_slice(&self.base_offset.unwrap_or(base_offset).to_be_bytes());
        bytes.extend_from_slice(&self.lies.length.unwrap_or(length).to_be_bytes());
        bytes.extend_from_slice(&self.leader_epoch.unwrap_or(leader_epoch).to_be_bytes());
        bytes.extend_from_slice(&self.magic.to_be_bytes());
        bytes.extend_from_slice(&crc.to_be_bytes());
        bytes.extend_from_slice(&checked);
        bytes.truncate(self.lies.cut.unwrap_or(usize::MAX));
        bytes
    }

    fn checked_bytes(&self, payload: &[u8]) -> Vec<u8> {
        let deltas = self.records.iter().map(|record| record.timestamp_delta);
        let max_timestamp = self.base_timestamp + deltas.max().unwrap_or(0);
        let count = i32::try_from(self.records.len()).unwrap_or(i32::MAX);
        let mut bytes = Vec::with_capacity(payload.len() + 40);
        bytes.extend_from_slice(&(self.attributes | self.codec.number()).to_be_bytes());
        bytes.extend_from_slice(&self.last_offset_delta().to_be_bytes());
        bytes.extend_from_slice(&self.base_timestamp.to_be_bytes());
        bytes.extend_from_slice(&self.lies.max_timestamp.unwrap_or(max_timestamp).to_be_bytes());
        bytes.extend_from_slice(&self.producer_id.to_be_bytes());
        bytes.extend_from_slice(&self.producer_epoch.to_be_bytes());
        bytes.extend_from_slice(&self.base_sequence.to_be_bytes());
        bytes.extend_from_slice(&self.lies.count.unwrap_or(count).to_be_bytes());
        bytes.extend_from_slice(payload);
        bytes
    }

    /// The records before compression.
    pub fn record_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (record, delta) in self.records.iter().zip(self.deltas()) {
            let body = record.body(delta);
            varint(&mut bytes, length(&body));
            bytes.extend_from_slice(&body);
        }
        bytes
    }

    fn compress(&self, records: &[u8]) -> Vec<u8> {
        match self.codec {
            Codec::Snappy if self.xerial => xerial(records),
            codec => compress(codec, records),
        }
    }
}

impl BatchRecord {
    fn body(&self, delta: i32) -> Vec<u8> {
        let mut bytes = vec![0];
        varint(&mut bytes, self.timestamp_delta);
        varint(&mut bytes, i64::from(delta));
        optional(&mut bytes, self.key.as_deref());
        optional(&mut bytes, self.value.as_deref());
        varint(&mut bytes, i64::try_from(self.headers.len()).unwrap_or(i64::MAX));
        for (name, value) in &self.headers {
            optional(&mut bytes, Some(name.as_bytes()));
            optional(&mut bytes, value.as_deref());
        }
        bytes
    }
}

/// Compresses as a producer would.
///
/// # Panics
/// Never: compressing into memory does not fail.
pub fn compress(codec: Codec, bytes: &[u8]) -> Vec<u8> {
    const IN_MEMORY: &str = "compressing into memory does not fail";
    match codec {
        Codec::None => bytes.to_vec(),
        Codec::Gzip => {
            let level = flate2::Compression::default();
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
            encoder.write_all(bytes).expect(IN_MEMORY);
            encoder.finish().expect(IN_MEMORY)
        }
        Codec::Snappy => snap::raw::Encoder::new().compress_vec(bytes).expect(IN_MEMORY),
        Codec::Lz4 => {
            let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
            encoder.write_all(bytes).expect(IN_MEMORY);
            encoder.finish().expect(IN_MEMORY)
        }
        Codec::Zstd => zstd::bulk::compress(bytes, 3).expect(IN_MEMORY),
    }
}

/// Snappy as snappy-java frames it: magic, two versions, blocks with lengths.
fn xerial(bytes: &[u8]) -> Vec<u8> {
    const BLOCK_BYTES: usize = 32 * 1024;
    let mut framed = b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01".to_vec();
    for block in bytes.chunks(BLOCK_BYTES) {
        let block = compress(Codec::Snappy, block);
        framed.extend_from_slice(&u32::try_from(block.len()).unwrap_or(u32::MAX).to_be_bytes());
        framed.extend_from_slice(&block);
    }
    framed
}

/// Appends a zigzag varint.
pub fn varint(bytes: &mut Vec<u8>, value: i64) {
    let mut left = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while left >= 0x80 {
        bytes.push((left & 0x7f) as u8 | 0x80);
        left >>= 7;
    }
    bytes.push(left as u8);
}

fn optional(bytes: &mut Vec<u8>, value: Option<&[u8]>) {
    match value {
        None => varint(bytes, -1),
        Some(value) => {
            varint(bytes, length(value));
            bytes.extend_from_slice(value);
        }
    }
}

fn length(bytes: &[u8]) -> i64 {
    i64::try_from(bytes.len()).unwrap_or(i64::MAX)
}
