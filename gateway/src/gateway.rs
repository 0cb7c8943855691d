//! Builds the data plane from its parts and runs it until shutdown.

use std::sync::Arc;

use catalog::SnapshotReceiver;
use tokio::net::TcpListener;

use crate::http::{AdminHandler, Door};
use crate::listener::{self, ListenerConfig, Serving};
use crate::metrics::Metrics;
use crate::quota::Quotas;
use crate::readiness::Readiness;
use crate::signal::Signal;
use crate::tail::{TailConfig, Tails};

/// What the data plane is built from.
#[derive(Clone, Debug, Default)]
pub struct GatewayConfig {
    /// Memory and lingering of tails.
    pub tail: TailConfig,
    /// Limits of the listener.
    pub listener: ListenerConfig,
}

/// The data plane of one replica.
pub struct Gateway {
    config: GatewayConfig,
    door: Arc<Door>,
    readiness: Arc<Readiness>,
}

impl Gateway {
    /// Builds the parts and starts what runs beside the connections. Must be called inside the
    /// runtime.
    pub fn build(config: GatewayConfig, snapshots: SnapshotReceiver, metrics: Metrics) -> Self {
        let tails = Tails::build(config.tail.clone(), metrics.clone());
        let readiness = Readiness::watch(&tails, snapshots.clone());
        let signal = Signal::new(snapshots);
        let following = Arc::clone(&signal);
        tokio::spawn(async move { following.run().await });
        let door = Arc::new(Door::new(signal, tails, Arc::new(Quotas::default()), metrics));
        Self { config, door, readiness }
    }

    /// What keeps the gateway from serving everything that is published; empty: ready.
    pub fn problems(&self) -> Vec<String> {
        self.readiness.problems().as_ref().clone()
    }

    /// Serves the HTTP doors on a listener until `shutdown`, then drains. Returns whether every
    /// connection ended before the drain time-out.
    ///
    /// # Errors
    /// When the threads that serve connections cannot be started.
    pub async fn serve(
        &self,
        listener: TcpListener,
        tls: Option<Arc<rustls::ServerConfig>>,
        admin: Option<AdminHandler>,
        shutdown: impl Future<Output = ()>,
    ) -> std::io::Result<bool> {
        let serving = Serving { door: Arc::clone(&self.door), tls, admin };
        listener::run(listener, serving, self.config.listener.clone(), shutdown).await
    }
}
