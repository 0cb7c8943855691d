//! What a partition's log holds, as a plain Fetch shows it: how many batches, whoever made them.

use anyhow::Context;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::{BrokerId, FetchRequest};

use super::{KafkaCluster, wire};

/// The last version that names topics.
const FETCH_VERSION: i16 = 12;
/// What one answer may hold.
const FETCH_BYTES: i32 = 8 * 1024 * 1024;
/// Base offset and length stand before every batch.
const BATCH_HEAD: usize = 12;
/// Where the last offset's delta stands.
const LAST_OFFSET_DELTA: usize = 23;

impl KafkaCluster {
    /// How many batches a partition of a cluster of one node holds. The broker counts the bytes of
    /// this look too.
    pub async fn batches(&self, topic: &str, partition: i32) -> anyhow::Result<u64> {
        let (mut offset, mut count) = (0, 0);
        loop {
            let records = self.fetch(topic, partition, offset).await?;
            let mut rest: &[u8] = &records;
            let before = count;
            while let Some((next, after)) = batch(rest)? {
                (offset, rest, count) = (next, after, count + 1);
            }
            if count == before {
                return Ok(count);
            }
        }
    }

    async fn fetch(&self, topic: &str, partition: i32, offset: i64) -> anyhow::Result<Vec<u8>> {
        let one = FetchPartition::default()
            .with_partition(partition)
            .with_fetch_offset(offset)
            .with_partition_max_bytes(FETCH_BYTES);
        let topic =
            FetchTopic::default().with_topic(wire::topic_name(topic)).with_partitions(vec![one]);
        let request = FetchRequest::default()
            .with_replica_id(BrokerId(-1))
            .with_max_bytes(FETCH_BYTES)
            .with_session_epoch(-1)
            .with_topics(vec![topic]);
        let answer = wire::call(&self.bootstrap(), &request, FETCH_VERSION).await?;
        let answered = answer.responses.first();
        let answered = answered.and_then(|topic| topic.partitions.first());
        let answered = answered.context("nothing about the partition")?;
        anyhow::ensure!(answered.error_code == 0, "error {}", answered.error_code);
        Ok(answered.records.as_deref().unwrap_or_default().to_vec())
    }
}

/// The offset after the first batch, and what follows it; `None` when none is whole.
fn batch(bytes: &[u8]) -> anyhow::Result<Option<(i64, &[u8])>> {
    let Some((head, _)) = bytes.split_at_checked(BATCH_HEAD) else {
        return Ok(None);
    };
    let (base, length) = head.split_at(8);
    let base = i64::from_be_bytes(base.try_into()?);
    let length = usize::try_from(i32::from_be_bytes(length.try_into()?))?;
    let Some((batch, rest)) = bytes.split_at_checked(BATCH_HEAD + length) else {
        return Ok(None);
    };
    let delta = batch.get(LAST_OFFSET_DELTA..LAST_OFFSET_DELTA + 4);
    let delta = i32::from_be_bytes(delta.context("a short batch")?.try_into()?);
    Ok(Some((base + i64::from(delta) + 1, rest)))
}
