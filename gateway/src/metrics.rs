//! What the data plane counts (Prometheus). Labels never hold payload, keys or secrets.

use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge};
use prometheus_client::registry::Registry;

/// One label pair, such as `reason="invalid_json"`.
pub type Labels = Vec<(&'static str, String)>;

/// All metrics of the data plane; handles are cheap to clone.
#[derive(Clone, Default)]
pub struct Metrics {
    /// Events written to subscribers, by subscription, endpoint and plan.
    pub events_sent: Family<Labels, Counter>,
    /// Bytes written to subscribers, by subscription, endpoint and plan.
    pub bytes_sent: Family<Labels, Counter>,
    /// Records withheld from subscribers, by subscription, endpoint and plan.
    pub subscriber_withheld: Family<Labels, Counter>,
    /// Records that filters did not pass to subscribers, by subscription, endpoint and plan.
    pub subscriber_filtered: Family<Labels, Counter>,
    /// Records written to subscribers with a change, by subscription, endpoint and plan.
    pub subscriber_redacted: Family<Labels, Counter>,
    /// Milliseconds that limits made readers wait, by subscription, endpoint and plan.
    pub subscriber_throttled: Family<Labels, Counter>,
    /// Events taken from subscribers, by subscription, endpoint and plan.
    pub events_received: Family<Labels, Counter>,
    /// Bytes taken from subscribers, by subscription, endpoint and plan.
    pub bytes_received: Family<Labels, Counter>,
    /// Records withheld, by reason.
    pub records_withheld: Family<Labels, Counter>,
    /// Records filtered out by a chain.
    pub records_filtered: Counter,
    /// Images computed: one per (batch, chain fingerprint).
    pub images_computed: Counter,
    /// Images served from an earlier computation.
    pub images_shared: Counter,
    /// Segments of images compressed for gzip streams: each once, however many read it.
    pub segments_compressed: Counter,
    /// Batches withheld whole, by reason.
    pub batches_withheld: Family<Labels, Counter>,
    /// Bytes of record batches fetched upstream, by path (`live`, `cold`).
    pub upstream_bytes: Family<Labels, Counter>,
    /// Live connections to brokers opened again after one was lost.
    pub upstream_reconnects: Counter,
    /// Errors in Fetch answers and unreadable batches, by code.
    pub upstream_fetch_errors: Family<Labels, Counter>,
    /// Bytes held by tails and the cold cache, images included.
    pub tail_bytes: Gauge,
    /// Open streams, by door.
    pub streams_open: Family<Labels, Gauge>,
    /// Requests refused, by problem code.
    pub refusals: Family<Labels, Counter>,
    /// Kafka requests served, by API.
    pub kafka_requests: Family<Labels, Counter>,
    /// Microseconds that Kafka requests took, waiting included, by API.
    pub kafka_request_micros: Family<Labels, Counter>,
    /// Errors in Kafka answers, each as often as it stands there, by API and code.
    pub kafka_errors: Family<Labels, Counter>,
    /// Kafka logins, by mechanism and outcome.
    pub kafka_logins: Family<Labels, Counter>,
    /// Kafka connections that broke a rule, by reason.
    pub kafka_closed: Family<Labels, Counter>,
    /// Kafka connections.
    pub kafka_connections: Gauge,
}

impl Metrics {
    /// Registers every metric under `sluicegate_…`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let r = registry.sub_registry_with_prefix("sluicegate");
        r.register("events_sent", "Events written to subscribers", metrics.events_sent.clone());
        r.register("bytes_sent", "Bytes written to subscribers", metrics.bytes_sent.clone());
        let (events, bytes) = (metrics.events_received.clone(), metrics.bytes_received.clone());
        r.register("events_received", "Events taken from subscribers", events);
        r.register("bytes_received", "Bytes taken from subscribers", bytes);
        metrics.register_missed(r);
        r.register("records_withheld", "Records withheld", metrics.records_withheld.clone());
        r.register("records_filtered", "Records filtered out", metrics.records_filtered.clone());
        r.register("images_computed", "Images computed", metrics.images_computed.clone());
        r.register("images_shared", "Images reused", metrics.images_shared.clone());
        r.register(
            "segments_compressed",
            "Segments of images compressed for gzip streams",
            metrics.segments_compressed.clone(),
        );
        r.register("batches_withheld", "Batches withheld whole", metrics.batches_withheld.clone());
        r.register(
            "upstream_bytes",
            "Batch bytes fetched upstream",
            metrics.upstream_bytes.clone(),
        );
        r.register(
            "upstream_reconnects",
            "Live connections to brokers opened again",
            metrics.upstream_reconnects.clone(),
        );
        r.register(
            "upstream_fetch_errors",
            "Errors in Fetch answers and unreadable batches",
            metrics.upstream_fetch_errors.clone(),
        );
        r.register("tail_bytes", "Bytes held by tails and cold cache", metrics.tail_bytes.clone());
        r.register("streams_open", "Open streams", metrics.streams_open.clone());
        r.register("refusals", "Requests refused", metrics.refusals.clone());
        metrics.register_kafka(r);
        metrics
    }

    fn register_missed(&self, r: &mut Registry) {
        r.register(
            "subscriber_withheld",
            "Records withheld from subscribers",
            self.subscriber_withheld.clone(),
        );
        r.register(
            "subscriber_filtered",
            "Records that filters did not pass to subscribers",
            self.subscriber_filtered.clone(),
        );
        r.register(
            "subscriber_redacted",
            "Records written to subscribers with a change",
            self.subscriber_redacted.clone(),
        );
        r.register(
            "subscriber_throttled_milliseconds",
            "Milliseconds that limits made readers wait",
            self.subscriber_throttled.clone(),
        );
    }

    fn register_kafka(&self, r: &mut Registry) {
        r.register("kafka_requests", "Kafka requests served", self.kafka_requests.clone());
        r.register(
            "kafka_request_micros",
            "Microseconds that Kafka requests took, waiting included",
            self.kafka_request_micros.clone(),
        );
        r.register("kafka_errors", "Errors in Kafka answers", self.kafka_errors.clone());
        r.register("kafka_logins", "Kafka logins", self.kafka_logins.clone());
        r.register(
            "kafka_closed",
            "Kafka connections that broke a rule",
            self.kafka_closed.clone(),
        );
        r.register("kafka_connections", "Kafka connections", self.kafka_connections.clone());
    }
}
