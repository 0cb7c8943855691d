//! The backend clusters in use, one upstream client each. A cluster whose resource changed gets a
//! new client; readers of the old one are told to come again.

use std::collections::HashMap;
use std::sync::Arc;

use catalog::{ResolvedCluster, Snapshot};
use parking_lot::Mutex;

use crate::metrics::Metrics;
use crate::upstream::UpstreamCluster;

/// Upstream clients by cluster name.
pub struct Clusters {
    metrics: Metrics,
    entries: Mutex<HashMap<String, Entry>>,
}

struct Entry {
    resolved: Arc<ResolvedCluster>,
    incarnation: u64,
    upstream: Arc<UpstreamCluster>,
}

impl Clusters {
    pub(super) fn new(metrics: Metrics) -> Self {
        Self { metrics, entries: Mutex::default() }
    }

    /// The client of a cluster as it is configured now, and how often it has been replaced.
    pub fn open(&self, resolved: &Arc<ResolvedCluster>) -> (u64, Arc<UpstreamCluster>) {
        let mut entries = self.entries.lock();
        if let Some(entry) = entries.get_mut(&resolved.name) {
            if Arc::ptr_eq(&entry.resolved, resolved) {
                return (entry.incarnation, Arc::clone(&entry.upstream));
            }
            if !same(&entry.resolved, resolved) {
                entry.incarnation += 1;
                entry.upstream =
                    UpstreamCluster::connect(Arc::clone(resolved), self.metrics.clone());
            }
            entry.resolved = Arc::clone(resolved);
            return (entry.incarnation, Arc::clone(&entry.upstream));
        }
        let upstream = UpstreamCluster::connect(Arc::clone(resolved), self.metrics.clone());
        let entry =
            Entry { resolved: Arc::clone(resolved), incarnation: 0, upstream: upstream.clone() };
        entries.insert(resolved.name.clone(), entry);
        (0, upstream)
    }

    /// Whether `upstream` is still the client of the cluster as it is configured now.
    pub fn is_current(&self, resolved: &Arc<ResolvedCluster>, upstream: &UpstreamCluster) -> bool {
        let (_, current) = self.open(resolved);
        std::ptr::eq(Arc::as_ptr(&current), upstream)
    }

    /// Forgets the clusters that the snapshot no longer has.
    pub fn retain(&self, snapshot: &Snapshot) {
        self.entries.lock().retain(|name, _| snapshot.clusters.contains_key(name));
    }
}

fn same(a: &ResolvedCluster, b: &ResolvedCluster) -> bool {
    a.spec == b.spec && a.sasl_password == b.sasl_password && a.tls_key == b.tls_key
}
