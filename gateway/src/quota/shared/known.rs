//! The subscriptions whose connections are counted over all replicas.

use std::sync::{Arc, Weak};

use crate::quota::connections::Connections;

/// Swept when there are twice as many as the last sweep left, and never below this many.
const SWEEP_MIN: usize = 64;

/// All that are in use.
#[derive(Default)]
pub(super) struct Known {
    connections: Vec<Weak<Connections>>,
    sweep_at: usize,
}

impl Known {
    pub(super) fn add(&mut self, connections: &Arc<Connections>) {
        if self.connections.len() >= self.sweep_at.max(SWEEP_MIN) {
            self.connections.retain(|known| known.strong_count() > 0);
            self.sweep_at = self.connections.len().saturating_mul(2);
        }
        self.connections.push(Arc::downgrade(connections));
    }

    pub(super) fn all(&self) -> Vec<Arc<Connections>> {
        self.connections.iter().filter_map(Weak::upgrade).collect()
    }
}
