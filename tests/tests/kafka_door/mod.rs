//! A Kafka door inside the test process, over a catalog made by hand: two applications, endpoints
//! under addresses of their own. The binary's own door is tested with real clients elsewhere.
#![allow(dead_code)] // Each test file uses a part of it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use catalog::activity::ActivitySink;
use catalog::model::{Credential, Verifier};
use catalog::{Grant, ResolvedCluster, ResolvedEndpoint, Snapshot};
use gateway::gateway::{Gateway, GatewayConfig, Listeners};
use gateway::kafka::{ClusterKey, KEY_BYTES, VirtualCluster, VirtualClusterConfig};
use gateway::listener::kafka::{Entrance, KafkaListener};
use gateway::metrics::Metrics;
use policies::Chain;
use rdkafka::ClientConfig;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::kafka::wire;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The virtual cluster's name, which groups begin with on the backend cluster.
pub const CLUSTER: &str = "shop";

/// An endpoint: its resource's name, address and topic, and what it may be used for.
pub struct Endpoint {
    pub name: &'static str,
    pub address: &'static str,
    pub topic: String,
    pub direction: &'static str,
}

impl Endpoint {
    /// One that may be consumed.
    pub fn new(name: &'static str, address: &'static str, topic: &str) -> Self {
        Self { name, address, topic: topic.to_owned(), direction: "consume" }
    }
}

/// A running door; dropping it stops it.
pub struct KafkaDoor {
    address: SocketAddr,
    snapshots: watch::Sender<Arc<Snapshot>>,
    bootstrap: String,
    _stop: tokio::sync::oneshot::Sender<()>,
}

/// The secret of an application, whose credential is called after it.
pub fn secret(application: &str) -> String {
    format!("slg_{application}_0123456789")
}

impl KafkaDoor {
    /// Starts a door; `granted`: endpoints by application.
    pub async fn start(
        bootstrap: &str,
        granted: &[(&str, &[Endpoint])],
    ) -> anyhow::Result<KafkaDoor> {
        let (snapshots, receiver) = watch::channel(Arc::new(snapshot(bootstrap, granted)?));
        let (metrics, sink) = (Metrics::default(), ActivitySink::nowhere());
        let gateway = Gateway::build(GatewayConfig::default(), receiver, metrics, sink);
        let socket = TcpListener::bind("127.0.0.1:0").await?;
        let address = socket.local_addr()?;
        let cluster = VirtualCluster::new(VirtualClusterConfig {
            name: CLUSTER.to_owned(),
            backend: "main".to_owned(),
            host: address.ip().to_string(),
            port: address.port(),
            key: ClusterKey::new([7; KEY_BYTES]),
        });
        let entrance = Entrance { cluster: Arc::new(cluster), server_names: Vec::new(), tls: None };
        let listeners = Listeners {
            http: TcpListener::bind("127.0.0.1:0").await?,
            tls: None,
            admin: None,
            kafka: vec![KafkaListener { socket, entrances: vec![entrance] }],
        };
        let (stop, stopped) = tokio::sync::oneshot::channel();
        tokio::spawn(async move {
            let shutdown = async { drop(stopped.await) };
            drop(gateway.serve(listeners, shutdown).await);
        });
        Ok(KafkaDoor { address, snapshots, bootstrap: bootstrap.to_owned(), _stop: stop })
    }

    /// Grants something else from now on.
    pub fn grant(&self, granted: &[(&str, &[Endpoint])]) -> anyhow::Result<()> {
        self.snapshots.send_replace(Arc::new(snapshot(&self.bootstrap, granted)?));
        Ok(())
    }

    /// `host:port`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// A librdkafka configuration of an application.
    pub fn client(&self, application: &str) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", self.address())
            .set("security.protocol", "SASL_PLAINTEXT")
            .set("sasl.mechanism", "PLAIN")
            .set("sasl.username", application)
            .set("sasl.password", secret(application))
            .set("log_level", "3");
        config
    }

    /// A connection that has logged in, for requests that no client library sends.
    pub async fn connect(&self, application: &str) -> anyhow::Result<TcpStream> {
        let mut socket = TcpStream::connect(self.address).await?;
        let secret = secret(application);
        let let_in = wire::log_in(&mut socket, application, &secret).await?;
        anyhow::ensure!(let_in, "{application} is not let in");
        Ok(socket)
    }
}

fn snapshot(bootstrap: &str, granted: &[(&str, &[Endpoint])]) -> anyhow::Result<Snapshot> {
    let bootstrap: Vec<&str> = bootstrap.split(',').collect();
    let cluster = Arc::new(ResolvedCluster {
        name: "main".to_owned(),
        spec: serde_json::from_value(json!({ "bootstrapServers": bootstrap }))?,
        sasl_password: None,
        tls_key: None,
    });
    let mut snapshot = Snapshot {
        clusters: HashMap::from([("main".to_owned(), Arc::clone(&cluster))]),
        ..Snapshot::default()
    };
    for (application, endpoints) in granted {
        let sha256 = Sha256::digest(secret(application)).into();
        let credential = Credential {
            application: (*application).to_owned(),
            verifier: Verifier { sha256, ..Verifier::default() },
            ..Credential::default()
        };
        let credentials = Arc::make_mut(&mut snapshot.credentials);
        credentials.insert((*application).into(), Arc::new(credential));
        let applications = Arc::make_mut(&mut snapshot.applications);
        applications.insert((*application).into(), Arc::default());
        let grants = snapshot.grants.entry((*application).into()).or_default();
        for endpoint in *endpoints {
            let grant = grant(application, endpoint, &cluster)?;
            let addresses = Arc::make_mut(&mut snapshot.endpoints);
            addresses.insert(endpoint.address.into(), Arc::clone(&grant.endpoint));
            Arc::make_mut(grants).insert(endpoint.name.into(), Arc::new(grant));
        }
    }
    Ok(snapshot)
}

fn grant(
    application: &str,
    endpoint: &Endpoint,
    cluster: &Arc<ResolvedCluster>,
) -> anyhow::Result<Grant> {
    let mut spec: Value = json!({
        "cluster": "main",
        "topic": endpoint.topic,
        "address": endpoint.address,
        "lifecycle": "published",
    });
    if endpoint.direction != "consume" {
        spec["direction"] = endpoint.direction.into();
    }
    let subscription = json!({
        "application": application, "endpoint": endpoint.name, "plan": "all", "state": "active",
    });
    Ok(Grant {
        name: format!("{application}-{}", endpoint.name).into(),
        subscription: serde_json::from_value(subscription).context("the subscription")?,
        plan: serde_json::from_value(json!({ "endpoint": endpoint.name }))?,
        endpoint: Arc::new(ResolvedEndpoint {
            name: endpoint.name.to_owned(),
            spec: serde_json::from_value(spec).context("the endpoint")?,
        }),
        cluster: Arc::clone(cluster),
        replay_window: None,
        chain: Ok(Arc::new(Chain::empty())),
    })
}
