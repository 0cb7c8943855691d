//! What all parts of one cluster's client share.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use catalog::ResolvedCluster;

use super::{
    UpstreamError,
    brokers::Brokers,
    follow::Registry,
    health::Health,
    lookup::placement_of,
    relay::Coordinators,
    topology::{Known, Placement, Topology},
};
use crate::metrics::Metrics;

/// The shared parts.
pub(super) struct Core {
    name: String,
    pub(super) metrics: Metrics,
    pub(super) health: Arc<Health>,
    pub(super) brokers: Arc<Brokers>,
    pub(super) topology: Topology,
    pub(super) followed: Registry,
    pub(super) coordinators: Coordinators,
    without_configs: AtomicBool,
}

impl Core {
    pub(super) fn new(cluster: Arc<ResolvedCluster>, metrics: Metrics) -> Self {
        let name = cluster.name.clone();
        let bootstrap = cluster.spec.bootstrap_servers.clone();
        let health = Arc::new(Health::new(&name));
        let brokers = Arc::new(Brokers::new(cluster, health.clone()));
        Self {
            name,
            metrics,
            health,
            topology: Topology::new(bootstrap, brokers.clone()),
            brokers,
            followed: Registry::default(),
            coordinators: Coordinators::default(),
            without_configs: AtomicBool::new(false),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Where a topic's partitions are led; `refresh`: what is remembered has proved wrong.
    pub(super) async fn placement(
        &self,
        topic: &str,
        refresh: bool,
    ) -> Result<Arc<Placement>, UpstreamError> {
        if refresh {
            let refreshed = self.topology.refresh(&[topic.to_owned()]).await;
            refreshed.map_err(|failure| failure.into_error(&self.name))?;
        }
        let known = self.topology.known(topic).await;
        let known = known.map_err(|failure| failure.into_error(&self.name))?;
        placement_of(known, &self.name, topic)
    }

    /// What was known last of where a topic's partitions are led, however long ago.
    pub(super) fn remembered(&self, topic: &str) -> Option<Arc<Placement>> {
        match self.topology.remembered(topic)? {
            Known::Here(placement) => Some(placement),
            _ => None,
        }
    }

    /// Logs once that the brokers cannot say whether topics are compacted.
    pub(super) fn note_no_describe_configs(&self) {
        if !self.without_configs.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                cluster = %self.name,
                "the brokers offer no DescribeConfigs: topics are taken as not compacted"
            );
        }
    }
}
