//! What the data plane counts (Prometheus). Labels never hold payload, keys or secrets.

use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge};
use prometheus_client::registry::Registry;

/// One label pair, such as `reason="invalid_json"`.
pub type Labels = Vec<(&'static str, String)>;

/// All metrics of the data plane; handles are cheap to clone.
#[derive(Clone, Default)]
pub struct Metrics {
    /// Events written to subscribers, by endpoint and plan.
    pub events_sent: Family<Labels, Counter>,
    /// Bytes written to subscribers, by endpoint and plan.
    pub bytes_sent: Family<Labels, Counter>,
    /// Records withheld, by reason.
    pub records_withheld: Family<Labels, Counter>,
    /// Records filtered out by a chain.
    pub records_filtered: Counter,
    /// Images computed: one per (batch, chain fingerprint).
    pub images_computed: Counter,
    /// Images served from an earlier computation.
    pub images_shared: Counter,
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
}

impl Metrics {
    /// Registers every metric under `sluicegate_…`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let r = registry.sub_registry_with_prefix("sluicegate");
        r.register("events_sent", "Events written to subscribers", metrics.events_sent.clone());
        r.register("bytes_sent", "Bytes written to subscribers", metrics.bytes_sent.clone());
        r.register("records_withheld", "Records withheld", metrics.records_withheld.clone());
        r.register("records_filtered", "Records filtered out", metrics.records_filtered.clone());
        r.register("images_computed", "Images computed", metrics.images_computed.clone());
        r.register("images_shared", "Images reused", metrics.images_shared.clone());
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
        metrics
    }
}
