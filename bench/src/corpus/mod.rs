//! What the JSON benchmarks feed in: orders with random words and ids, about a kilobyte each, in
//! uncompressed or compressed record batches. `Plain` repeats one shape; `Varied` shuffles members,
//! leaves out a quarter of the optional ones and has lists of 0 to 4 elements, so that neither a
//! branch predictor nor a cache of shapes can learn it. The same bytes in every run.

mod order;

use gateway::upstream::{BatchKind, FetchedBatch};
use gateway::wire::WireError;
use gateway::wire::codec::Codec;
use gateway::wire::rebuild::{self, Changed};
use gateway::wire::record::{Headers, RecordSpan};
use gateway::wire::record_batch::{BatchHeader, RecordBatch};

use order::Random;

/// Records of a corpus: 2 MB, larger than a core's nearest cache.
const RECORDS: usize = 2_000;
/// Records of a batch: 100 KB, what a producer with `linger.ms` gathers.
const RECORDS_PER_BATCH: usize = 100;

/// The paths that policies and peers mask or hash: four fields with two parents.
pub const FIELDS: [[&str; 2]; 4] =
    [["customer", "name"], ["customer", "email"], ["customer", "ssn"], ["payment", "card"]];

/// Which orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One shape.
    Plain,
    /// No shape twice.
    Varied,
}

/// Batches and the size of what is in them.
pub struct Corpus {
    /// The batches, as fetched.
    pub batches: Vec<FetchedBatch>,
    /// Bytes of all record values.
    pub value_bytes: usize,
    /// Bytes of all batches, uncompressed.
    pub batch_bytes: usize,
    /// Records.
    pub records: usize,
}

/// The values alone.
pub fn values(shape: Shape) -> Vec<Vec<u8>> {
    let mut random = Random::new(0x5eed);
    let varied = shape == Shape::Varied;
    (0..RECORDS).map(|id| order::order(&mut random, id, varied).into_bytes()).collect()
}

/// The values in batches.
///
/// # Errors
/// When a batch cannot be built.
pub fn batches(shape: Shape, codec: Codec) -> Result<Corpus, WireError> {
    let values = values(shape);
    let mut corpus = Corpus {
        batches: Vec::new(),
        value_bytes: values.iter().map(Vec::len).sum(),
        batch_bytes: 0,
        records: values.len(),
    };
    for (index, values) in values.chunks(RECORDS_PER_BATCH).enumerate() {
        let plain = batch(values, index * RECORDS_PER_BATCH, Codec::None)?;
        corpus.batch_bytes += plain.bytes.len();
        let batch = if codec == Codec::None { plain } else { batch(values, 0, codec)? };
        corpus.batches.push(FetchedBatch { batch, kind: BatchKind::Data });
    }
    Ok(corpus)
}

fn batch(values: &[Vec<u8>], base_offset: usize, codec: Codec) -> Result<RecordBatch, WireError> {
    let mut section = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let key = format!("o-{}", base_offset + index);
        let old = RecordSpan {
            bytes: &[],
            attributes: 0,
            timestamp_delta: index as i64,
            offset_delta: i32::try_from(index).map_err(|_| WireError::TooLarge)?,
            key: None,
            value: None,
            headers: Headers::new(),
        };
        let new = Changed { key: Some(key.as_bytes()), value: Some(value), headers: &[] };
        rebuild::append_record(&mut section, &old, &new);
    }
    let count = i32::try_from(values.len()).map_err(|_| WireError::TooLarge)?;
    let header = BatchHeader {
        base_offset: base_offset as i64,
        length: 0,
        leader_epoch: 0,
        crc: 0,
        attributes: 0,
        last_offset_delta: count - 1,
        base_timestamp: 1_780_000_000_000,
        max_timestamp: 1_780_000_000_000 + i64::from(count),
        producer_id: -1,
        producer_epoch: -1,
        base_sequence: -1,
        record_count: count,
    };
    let built = rebuild::batch(&header, &section, count.unsigned_abs(), codec)?;
    // As a Fetch answer brings it: parsed from its bytes.
    Ok(RecordBatch { header: BatchHeader::parse(&built.bytes)?, bytes: built.bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corpora_are_what_they_say() {
        for shape in [Shape::Plain, Shape::Varied] {
            let values = values(shape);
            let size = values.iter().map(Vec::len).sum::<usize>() / values.len();
            assert!((600..1_200).contains(&size), "{shape:?}: {size}");
            for value in &values {
                let tree: serde_json::Value = serde_json::from_slice(value).unwrap();
                assert!(tree["customer"]["name"].is_string());
            }
        }
        for codec in [Codec::None, Codec::Lz4] {
            let corpus = batches(Shape::Plain, codec).unwrap();
            assert!(corpus.batches.iter().all(|batch| batch.batch.verify_crc().is_ok()));
        }
    }
}
