//! Builds the data plane from its parts and runs it until shutdown.

use std::sync::Arc;

use catalog::SnapshotReceiver;
use catalog::activity::ActivitySink;
use futures_util::future::join_all;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::activity::Meters;
use crate::http::{AdminHandler, Door};
use crate::kafka::{Failures, Groups, KafkaDoor, Served, SessionConfig};
use crate::listener::kafka::KafkaListener;
use crate::listener::{self, ListenerConfig, Room, Serving, TlsSource};
use crate::metrics::Metrics;
use crate::quota::{Quotas, Shared};
use crate::readiness::Readiness;
use crate::signal::{Phase, Signal};
use crate::tail::{TailConfig, Tails};

/// What the data plane is built from.
#[derive(Clone, Debug, Default)]
pub struct GatewayConfig {
    /// Memory and lingering of tails.
    pub tail: TailConfig,
    /// Limits of the listeners.
    pub listener: ListenerConfig,
    /// Bounds of Kafka sessions.
    pub kafka: SessionConfig,
    /// Verifies tokens; by default it refuses them all.
    pub tokens: Arc<identity::Verifier>,
    /// What limits are shared by; absent: each replica has its own.
    pub limits: Option<Arc<Shared>>,
}

/// Where the data plane is reached.
pub struct Listeners {
    /// The HTTP doors'.
    pub http: TcpListener,
    /// Their TLS; absent: plain.
    pub tls: Option<TlsSource>,
    /// What answers everything that the HTTP doors do not know.
    pub admin: Option<AdminHandler>,
    /// The Kafka door's.
    pub kafka: Vec<KafkaListener>,
}

/// The data plane of one replica.
pub struct Gateway {
    config: GatewayConfig,
    door: Arc<Door>,
    kafka: Arc<KafkaDoor>,
    readiness: Arc<Readiness>,
    meters: Arc<Meters>,
}

impl Gateway {
    /// Builds the parts and starts what runs beside the connections. Must be called inside the
    /// runtime.
    pub fn build(
        config: GatewayConfig,
        snapshots: SnapshotReceiver,
        metrics: Metrics,
        activity: ActivitySink,
    ) -> Self {
        let tails = Tails::build(config.tail.clone(), metrics.clone());
        let meters = Meters::new(activity, metrics.clone());
        tokio::spawn(Arc::clone(&meters).run());
        let readiness = Readiness::watch(&tails, snapshots.clone(), Arc::clone(&meters));
        let signal = Signal::new(snapshots);
        let following = Arc::clone(&signal);
        tokio::spawn(async move { following.run().await });
        let quotas = Arc::new(Quotas::shared(config.limits.clone()));
        let kafka = Arc::new(KafkaDoor {
            signal: Arc::clone(&signal),
            tails: Arc::clone(&tails),
            quotas: Arc::clone(&quotas),
            metrics: metrics.clone(),
            served: Served::default(),
            meters: Arc::clone(&meters),
            sessions: config.kafka,
            failures: Failures::default(),
            groups: Groups::default(),
            tokens: Arc::clone(&config.tokens),
        });
        kafka.report_lag();
        let tokens = Arc::clone(&config.tokens);
        let counting = (metrics, Arc::clone(&meters));
        let door = Arc::new(Door::new(signal, tails, quotas, tokens, counting));
        Self { config, door, kafka, readiness, meters }
    }

    /// What keeps the gateway from serving everything that is published; empty: ready.
    pub fn problems(&self) -> Vec<String> {
        self.readiness.problems().as_ref().clone()
    }

    /// Serves the doors on their listeners until `shutdown`, then drains. Returns whether every
    /// connection ended before the drain time-out.
    ///
    /// # Errors
    /// When the threads that serve connections cannot be started.
    pub async fn serve(
        &self,
        listeners: Listeners,
        shutdown: impl Future<Output = ()>,
    ) -> std::io::Result<bool> {
        let room = Room::open(&self.config.listener)?;
        let Listeners { http, tls, admin, kafka } = listeners;
        let serving = Serving { door: Arc::clone(&self.door), tls, admin };
        let http = listener::run(http, Arc::clone(&room), serving);
        let kafka = kafka.into_iter().map(|listener| {
            listener::kafka::run(listener, Arc::clone(&room), Arc::clone(&self.kafka))
        });
        let serving = async { tokio::join!(http, join_all(kafka)) };
        tokio::pin!(serving);
        tokio::select! {
            _ = &mut serving => return Ok(true),
            () = shutdown => {}
        }
        let signal = self.door.signal();
        signal.set_phase(Phase::Draining);
        let in_time = timeout(self.config.listener.drain_timeout, serving).await.is_ok();
        signal.set_phase(Phase::Stopping);
        // What the last streams used.
        self.meters.report();
        Ok(in_time)
    }
}
