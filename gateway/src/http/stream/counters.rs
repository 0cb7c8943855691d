//! What one stream counts: for itself, so that an event costs an addition that nobody else makes.

use std::sync::Arc;

use catalog::model::Door;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

use crate::activity::{Meter, Open};
use crate::metrics::Metrics;

/// Counters of one stream; the open stream is counted until dropped.
pub struct Counters {
    /// What the subscription uses.
    pub meter: Arc<Meter>,
    /// Segments of images that were compressed.
    pub compressed: Counter,
    open: Gauge,
    /// Whoever looks after the application sees the connection until this is dropped.
    _session: Option<Open>,
}

impl Counters {
    /// The counters of a stream.
    pub fn new(
        metrics: &Metrics,
        (meter, session): (Arc<Meter>, Option<Open>),
        door: Door,
    ) -> Self {
        let labels = vec![("door", door.label().to_owned())];
        let open = metrics.streams_open.get_or_create(&labels).clone();
        open.inc();
        let compressed = metrics.segments_compressed.clone();
        Self { meter, compressed, open, _session: session }
    }
}

impl Drop for Counters {
    fn drop(&mut self) {
        self.open.dec();
    }
}
