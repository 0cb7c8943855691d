//! Looks into a backend cluster for people: what topics it has, and a few records of one. On
//! connections of its own, which end with the look: nobody who reads events waits for it.

mod ask;
mod configs;
mod offsets;
mod sample;
mod topics;

use std::{future::Future, sync::Arc, time::Duration};

use catalog::{
    SnapshotReceiver,
    inspect::{Answer, ClusterInspector, InspectError, InspectPermit, SampledRecord},
    inspect::{TopicPage, TopicQuery},
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use super::{UpstreamCluster, UpstreamError};
use crate::metrics::Metrics;

/// How many look at the same time, all clusters together.
const INSPECTIONS_MAX: usize = 4;
/// How long one look may take.
const INSPECTION_TIMEOUT: Duration = Duration::from_secs(20);

/// Looks into the clusters of the catalog.
pub struct Inspector {
    snapshots: SnapshotReceiver,
    metrics: Metrics,
    turns: Semaphore,
}

impl Inspector {
    /// Of the clusters that snapshots have.
    pub fn new(snapshots: SnapshotReceiver, metrics: Metrics) -> Arc<Self> {
        Arc::new(Self { snapshots, metrics, turns: Semaphore::new(INSPECTIONS_MAX) })
    }

    /// A place among those who look.
    fn turn(&self) -> Result<SemaphorePermit<'_>, InspectError> {
        let busy = |_| InspectError::Busy { most: INSPECTIONS_MAX };
        self.turns.try_acquire().map_err(busy)
    }

    fn open(&self, cluster: &str) -> Result<Arc<UpstreamCluster>, InspectError> {
        let resolved = self.snapshots.borrow().clusters.get(cluster).cloned();
        let resolved =
            resolved.ok_or_else(|| InspectError::NoSuchCluster { cluster: cluster.to_owned() })?;
        Ok(UpstreamCluster::connect(resolved, self.metrics.clone()))
    }
}

async fn in_time<T>(
    cluster: &str,
    look: impl Future<Output = Result<T, InspectError>> + Send,
) -> Result<T, InspectError> {
    let seconds = INSPECTION_TIMEOUT.as_secs();
    let late = |_| InspectError::TimedOut { cluster: cluster.to_owned(), seconds };
    timeout(INSPECTION_TIMEOUT, look).await.map_err(late)?
}

impl ClusterInspector for Inspector {
    fn topics<'a>(&'a self, cluster: &'a str, query: &'a TopicQuery) -> Answer<'a, TopicPage> {
        Box::pin(async move {
            let _turn = self.turn()?;
            let upstream = self.open(cluster)?;
            in_time(cluster, topics::page(&upstream.core, query)).await
        })
    }

    fn sample(&self, permit: InspectPermit) -> Answer<'_, Vec<SampledRecord>> {
        Box::pin(async move {
            let _turn = self.turn()?;
            let upstream = self.open(permit.cluster())?;
            in_time(permit.cluster(), sample::latest(&upstream, &permit)).await
        })
    }
}

/// What went wrong upstream, for people who look.
fn told(error: UpstreamError, topic: &str) -> InspectError {
    match error {
        UpstreamError::Unavailable { cluster, reason } => {
            InspectError::Unreachable { cluster, reason }
        }
        UpstreamError::Refused { cluster, reason } => InspectError::Refused { cluster, reason },
        UpstreamError::UnknownTopic { cluster, topic } => {
            InspectError::NoSuchTopic { cluster, topic }
        }
        UpstreamError::OffsetOutOfRange => InspectError::Unreachable {
            cluster: String::new(),
            reason: format!("topic {topic} was cut while it was read; try again"),
        },
    }
}
