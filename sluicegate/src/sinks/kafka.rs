//! A Kafka topic: a CloudEvent a record in structured mode, keyed by what it happened to, so that
//! what happened to one resource stays in its order. The producer is idempotent and waits for all
//! replicas in sync.

use std::time::Duration;

use catalog::audit::{Checkpoint, Record, Sending, Sink};
use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::future_producer::DeliveryFuture;
use rdkafka::producer::{FutureProducer, FutureRecord};
use serde_json::{Value, json};

use super::reduced;
use crate::config::AuditKafka;

/// How long a record may take to be written: less than the sender waits for a batch.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of a record around its event: key, headers, and what a batch needs.
const AROUND_BYTES: usize = 2_048;

/// Writes to a topic.
pub struct KafkaSink {
    topic: String,
    bytes_max: usize,
    producer: FutureProducer,
}

impl KafkaSink {
    /// A sink into the topic of these brokers. They are asked when there is something to send.
    ///
    /// # Errors
    /// When the client cannot be made.
    pub fn new(config: &AuditKafka) -> Result<Self, KafkaError> {
        let producer = ClientConfig::new()
            .set("bootstrap.servers", config.bootstrap_servers.join(","))
            .set("client.id", "sluicegate-audit")
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("linger.ms", "0")
            .set("compression.type", "lz4")
            .set("message.max.bytes", config.message_bytes_max.to_string())
            .set("message.timeout.ms", DELIVERY_TIMEOUT.as_millis().to_string())
            // A topic that is not there is an error, not one with whatever settings.
            .set("allow.auto.create.topics", "false")
            .create()?;
        let bytes_max = usize::try_from(config.message_bytes_max).unwrap_or(usize::MAX);
        let bytes_max = bytes_max.saturating_sub(AROUND_BYTES);
        Ok(Self { topic: config.topic.clone(), bytes_max, producer })
    }

    /// Hands a record to the producer: what is handed over first is written first.
    fn begin(&self, key: &str, event: &str, hash: &str) -> Result<DeliveryFuture, String> {
        let kind = "application/cloudevents+json; charset=UTF-8";
        let headers = OwnedHeaders::new()
            .insert(Header { key: "content-type", value: Some(kind) })
            .insert(Header { key: "sluicegate-hash", value: Some(hash) });
        let record = FutureRecord::to(&self.topic).key(key).payload(event).headers(headers);
        // An error's words hold no payload: the record that comes with it is left out.
        self.producer.send_result(record).map_err(|(error, _record)| self.wrong(&error))
    }

    async fn end(&self, begun: DeliveryFuture) -> Result<(), String> {
        match begun.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err((error, _record))) => Err(self.wrong(&error)),
            Err(_) => Err(format!("topic {}: the producer was closed", self.topic)),
        }
    }

    fn wrong(&self, error: &KafkaError) -> String {
        format!("topic {}: {error}", self.topic)
    }
}

impl Sink for KafkaSink {
    fn name(&self) -> &'static str {
        "kafka"
    }

    fn send<'a>(&'a mut self, records: &'a [Record]) -> Sending<'a> {
        Box::pin(async move {
            let mut begun = Vec::with_capacity(records.len());
            for record in records {
                let event = reduced::event(record, self.bytes_max);
                let read: Value = serde_json::from_str(&event).unwrap_or_default();
                let key = read.get("subject").and_then(Value::as_str).unwrap_or_default();
                begun.push(self.begin(key, &event, &record.hash.to_string())?);
            }
            for begun in begun {
                self.end(begun).await?;
            }
            Ok(())
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
            let begun = self.begin("Audit", &event.to_string(), &hash.to_string())?;
            self.end(begun).await
        })
    }
}
