//! What one stream counts: handles looked up once, so that an event costs an addition.

use std::sync::Arc;

use catalog::Grant;
use prometheus_client::metrics::{counter::Counter, gauge::Gauge};

use crate::activity::Meter;
use crate::metrics::Metrics;

/// Counters of one stream; the open stream is counted until dropped.
pub struct Counters {
    /// Events written.
    pub events: Counter,
    /// Bytes written.
    pub bytes: Counter,
    /// What the subscription uses.
    pub meter: Arc<Meter>,
    open: Gauge,
}

impl Counters {
    /// The counters of a stream under this grant.
    pub fn new(metrics: &Metrics, grant: &Grant, meter: Arc<Meter>) -> Self {
        let labels =
            vec![("endpoint", grant.endpoint.name.clone()), ("plan", grant.plan_name.clone())];
        let open = metrics.streams_open.get_or_create(&vec![("door", "sse".to_owned())]).clone();
        open.inc();
        Self {
            events: metrics.events_sent.get_or_create(&labels).clone(),
            bytes: metrics.bytes_sent.get_or_create(&labels).clone(),
            meter,
            open,
        }
    }
}

impl Drop for Counters {
    fn drop(&mut self) {
        self.open.dec();
    }
}
