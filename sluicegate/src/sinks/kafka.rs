//! A Kafka topic: a CloudEvent a record in structured mode, keyed by what it happened to, so that
//! what happened to one resource stays in its order. All replicas in sync have a record before it
//! counts as sent. The brokers are reached as those of endpoints are: with TLS and SASL.

use std::sync::Arc;

use bytes::Bytes;
use catalog::ResolvedCluster;
use catalog::audit::{Checkpoint, Record, Sending, Sink};
use gateway::metrics::Metrics;
use gateway::upstream::{NewRecord, UpstreamCluster};
use serde_json::{Value, json};

use super::reduced;

/// Bytes of a record around its event: key, headers, and what a batch needs.
const AROUND_BYTES: usize = 2_048;
/// What an event is.
const CONTENT_TYPE: &str = "application/cloudevents+json; charset=UTF-8";

/// Writes to a topic.
pub struct KafkaSink {
    topic: String,
    bytes_max: usize,
    cluster: Arc<UpstreamCluster>,
}

impl KafkaSink {
    /// A sink into a topic of these brokers, which are asked when there is something to send; they
    /// take records of so many bytes.
    pub fn new(cluster: ResolvedCluster, topic: &str, bytes_max: u32) -> Self {
        let bytes_max = usize::try_from(bytes_max).unwrap_or(usize::MAX);
        let bytes_max = bytes_max.saturating_sub(AROUND_BYTES);
        let cluster = UpstreamCluster::connect(Arc::new(cluster), Metrics::default());
        Self { topic: topic.to_owned(), bytes_max, cluster }
    }

    async fn append(&self, records: &[NewRecord]) -> Result<(), String> {
        // An error's words hold nothing of the records.
        let appended = self.cluster.append(&self.topic, records).await;
        appended.map_err(|error| format!("topic {}: {error}", self.topic))
    }
}

fn record(key: &str, event: String, hash: String) -> NewRecord {
    let headers = vec![
        ("content-type", Bytes::from_static(CONTENT_TYPE.as_bytes())),
        ("sluicegate-hash", Bytes::from(hash)),
    ];
    NewRecord { key: Bytes::from(key.to_owned()), value: Bytes::from(event), headers }
}

impl Sink for KafkaSink {
    fn name(&self) -> &'static str {
        "kafka"
    }

    fn send<'a>(&'a mut self, records: &'a [Record]) -> Sending<'a> {
        Box::pin(async move {
            let (mut together, mut bytes) = (Vec::new(), 0_usize);
            for kept in records {
                let event = reduced::event(kept, self.bytes_max);
                let read: Value = serde_json::from_str(&event).unwrap_or_default();
                let key = read.get("subject").and_then(Value::as_str).unwrap_or_default();
                let size = event.len().saturating_add(AROUND_BYTES);
                // A batch is not larger than a record may be.
                if bytes.saturating_add(size) > self.bytes_max && !together.is_empty() {
                    self.append(&together).await?;
                    (together, bytes) = (Vec::new(), 0);
                }
                bytes = bytes.saturating_add(size);
                together.push(record(key, event, kept.hash.to_string()));
            }
            self.append(&together).await
        })
    }

    fn checkpoint<'a>(&'a mut self, checkpoint: &'a Checkpoint) -> Sending<'a> {
        Box::pin(async move {
            let Checkpoint { number, hash, at, key, signature } = checkpoint;
            let event = json!({
                "specversion": "1.0",
                "id": format!("checkpoint-{number}"),
                "source": "urn:sluicegate:catalog",
                "type": "io.sluicegate.audit.checkpoint.v1",
                "time": at,
                "subject": "Audit",
                "datacontenttype": "application/json",
                "data": {
                    "number": number, "hash": hash.to_string(), "at": at, "key": key,
                    "signature": signature,
                },
            });
            self.append(&[record("Audit", event.to_string(), hash.to_string())]).await
        })
    }
}
