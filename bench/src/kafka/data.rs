//! What is in the topics: orders of a kilobyte, as JSON, so that the same records are read as they
//! are and redacted.

use std::time::Duration;

use anyhow::{Result, ensure};
use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::types::RDKafkaErrorCode;

use crate::corpus::{self, Shape};

/// Bytes of a record's value.
pub const RECORD_BYTES: usize = 1_024;
/// What producers gather before they send: a tuned producer's batch.
pub const BATCH_BYTES: usize = 128 * 1024;
/// How long the last records may take to be written.
const FLUSH_WAIT: Duration = Duration::from_secs(60);

/// Values of exactly [`RECORD_BYTES`]: orders with a filler member at their end.
pub fn values() -> Vec<Vec<u8>> {
    let orders = corpus::values(Shape::Plain).into_iter();
    let padded = orders.map(|mut order| {
        // `,"filler":""` before the closing brace.
        const AROUND: usize = 12;
        let missing = RECORD_BYTES.saturating_sub(order.len() + AROUND);
        order.pop();
        order.extend_from_slice(b",\"filler\":\"");
        // Letters that a codec cannot shrink to nothing.
        let letters = order.iter().filter(|byte| byte.is_ascii_alphanumeric()).copied();
        let letters: Vec<u8> = letters.collect();
        order.extend(letters.iter().rev().cycle().take(missing));
        order.extend_from_slice(b"\"}");
        order
    });
    padded.collect()
}

/// Writes that many records, spread over the partitions.
///
/// # Errors
/// When one is not taken.
pub fn fill(
    bootstrap: &str,
    (topic, partitions): (&str, i32),
    codec: &str,
    count: usize,
) -> Result<()> {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("acks", "1")
        .set("linger.ms", "5")
        .set("batch.size", BATCH_BYTES.to_string())
        .set("queue.buffering.max.messages", "200000")
        .set("compression.codec", codec)
        .create()?;
    let values = values();
    // A batch's worth of records to one partition, then the next: full batches in all of them.
    let run = BATCH_BYTES / RECORD_BYTES;
    for (index, value) in values.iter().cycle().take(count).enumerate() {
        let partition = i32::try_from(index / run)? % partitions;
        let mut record = BaseRecord::<[u8], [u8]>::to(topic).payload(value).partition(partition);
        loop {
            match producer.send(record) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    producer.poll(Duration::from_millis(10));
                    record = back;
                }
                Err((error, _)) => return Err(error.into()),
            }
        }
        producer.poll(Duration::ZERO);
    }
    producer.flush(FLUSH_WAIT)?;
    ensure!(producer.in_flight_count() == 0, "records are still on their way");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_json_of_a_kilobyte() {
        for value in values() {
            assert_eq!(value.len(), RECORD_BYTES);
            let tree: serde_json::Value = serde_json::from_slice(&value).unwrap();
            assert!(tree["customer"]["ssn"].is_string());
        }
    }
}
