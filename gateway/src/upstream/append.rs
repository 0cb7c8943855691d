//! Appends records of the gateway's own: what it tells through a topic, beside what clients write
//! through it. At least once: a batch whose answer was lost is sent again.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kafka_protocol::indexmap::IndexMap;
use kafka_protocol::messages::{ProduceRequest, ProduceResponse};
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records::{
    Compression, NO_PARTITION_LEADER_EPOCH, NO_PRODUCER_EPOCH, NO_PRODUCER_ID, NO_SEQUENCE, Record,
    RecordBatchEncoder, RecordEncodeOptions, TimestampType,
};
use time::OffsetDateTime;

use super::relay::{Forward, Wait};
use super::{UpstreamCluster, UpstreamError, codes};
use crate::wire::produce_writer;

/// How long a broker waits for its replicas.
const REPLICAS_TIMEOUT: Duration = Duration::from_secs(10);
/// All replicas in sync.
const ACKS_ALL: i16 = -1;
/// In whose name.
const CLIENT_ID: &str = "sluicegate";

/// Why records were not appended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The cluster or its topic is not there.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// The partition's leader answered with this code.
    #[error("the broker answered {0}")]
    Refused(&'static str),
}

/// A record to append.
#[derive(Clone, Debug)]
pub struct NewRecord {
    /// Its key, which also decides its partition.
    pub key: Bytes,
    /// Its value.
    pub value: Bytes,
    /// Its headers.
    pub headers: Vec<(&'static str, Bytes)>,
}

impl UpstreamCluster {
    /// Appends records to a topic, one batch for each partition; those of one key keep their order.
    /// All replicas in sync have them when this returns.
    ///
    /// # Errors
    /// [`AppendError`]; some of the records may be there all the same.
    pub async fn append(&self, topic: &str, records: &[NewRecord]) -> Result<(), AppendError> {
        let partitions = self.topic(topic).await?.partitions.len();
        let mut batches: BTreeMap<i32, Vec<&NewRecord>> = BTreeMap::new();
        for record in records {
            batches.entry(partition_of(&record.key, partitions)).or_default().push(record);
        }
        let sent = batches.into_iter().map(|(partition, records)| async move {
            self.append_batch(topic, (partition, batch(&records))).await
        });
        futures_util::future::try_join_all(sent).await.map(|_| ())
    }

    async fn append_batch(&self, topic: &str, batch: (i32, Bytes)) -> Result<(), AppendError> {
        let partition = batch.0;
        let batches = [batch];
        let timeout_ms = i32::try_from(REPLICAS_TIMEOUT.as_millis()).unwrap_or(i32::MAX);
        let terms = produce_writer::Terms { transactional_id: None, acks: ACKS_ALL, timeout_ms };
        let write = |version| {
            let topics = [(topic, batches.as_slice())];
            produce_writer::write(version, terms, topics.into_iter())
        };
        let empty = ProduceRequest::default();
        let versions = (produce_writer::VERSION_MIN, produce_writer::VERSION_MAX);
        let forward = Forward::new(&empty, versions)
            .waiting(Wait::Produce(REPLICAS_TIMEOUT))
            .named(CLIENT_ID)
            .checked(error_code)
            .written(&write);
        match error_code(&self.to_leader(topic, partition, forward).await?) {
            0 => Ok(()),
            code => Err(AppendError::Refused(codes::name(code))),
        }
    }
}

/// The code of the only partition that was asked; an answer without one is as bad as none.
fn error_code(answer: &ProduceResponse) -> i16 {
    let mut partitions = answer.responses.iter().flat_map(|topic| &topic.partition_responses);
    partitions.next().map_or(-1, |partition| partition.error_code)
}

/// As librdkafka's partitioner does it for records with keys (`consistent`).
fn partition_of(key: &[u8], partitions: usize) -> i32 {
    let partitions = u32::try_from(partitions).unwrap_or(u32::MAX).max(1);
    i32::try_from(crc32fast::hash(key) % partitions).unwrap_or_default()
}

fn batch(records: &[&NewRecord]) -> Bytes {
    let now = OffsetDateTime::now_utc();
    let timestamp = i64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
    let encoded = |(record, offset): (&&NewRecord, i32)| Record {
        transactional: false,
        control: false,
        delete_horizon: false,
        partition_leader_epoch: NO_PARTITION_LEADER_EPOCH,
        producer_id: NO_PRODUCER_ID,
        producer_epoch: NO_PRODUCER_EPOCH,
        timestamp_type: TimestampType::Creation,
        offset: i64::from(offset),
        // The batch has none; the encoder counts on from its first.
        sequence: offset.saturating_add(NO_SEQUENCE),
        timestamp,
        key: Some(record.key.clone()),
        value: Some(record.value.clone()),
        headers: headers(record),
    };
    let records: Vec<Record> = records.iter().zip(0..).map(encoded).collect();
    let options = RecordEncodeOptions { version: 2, compression: Compression::None };
    let mut bytes = BytesMut::new();
    // Fails only beyond two gibibytes; then there is nothing, which the broker refuses.
    let _ = RecordBatchEncoder::encode(&mut bytes, &records, &options);
    bytes.freeze()
}

fn headers(record: &NewRecord) -> IndexMap<StrBytes, Option<Bytes>> {
    let header = |(name, value): &(&'static str, Bytes)| {
        (StrBytes::from_static_str(name), Some(value.clone()))
    };
    record.headers.iter().map(header).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::record::Records;
    use crate::wire::record_batch::{BatchHeader, HEADER_BYTES};

    #[test]
    fn a_batch_is_one_that_brokers_take() {
        let record = |n: u8| NewRecord {
            key: Bytes::from(vec![n]),
            value: Bytes::from_static(b"{}"),
            headers: vec![("content-type", Bytes::from_static(b"application/json"))],
        };
        let (one, two) = (record(1), record(2));
        let bytes = batch(&[&one, &two]);
        let header = BatchHeader::parse(&bytes).unwrap();
        assert_eq!(header.size(), Some(bytes.len()));
        assert_eq!((header.record_count, header.last_offset_delta), (2, 1));
        assert_eq!((header.producer_id, header.base_sequence), (-1, -1));
        let records = Records::new(&bytes[HEADER_BYTES..], 2, 1);
        let keys: Vec<_> = records.map(|record| record.unwrap().key.unwrap().to_vec()).collect();
        assert_eq!(keys, [vec![1], vec![2]]);
    }

    #[test]
    fn a_key_has_its_partition() {
        // CRC-32/ISO-HDLC of these digits is 0xcbf43926, says the catalogue of CRCs.
        assert_eq!(partition_of(b"123456789", 1_000), 262);
        assert_eq!(partition_of(b"", 12), 0);
    }
}
