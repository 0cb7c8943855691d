//! What most benchmarks stand on: the real Kafka cluster and the gateway as processes, one endpoint
//! with a masking policy, and an application that may read it.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use tests::documents::Documents;
use tests::gateway::{Gateway, Options};
use tests::kafka::KafkaCluster;
use tokio_rustls::rustls::ClientConfig;

use crate::peer::Door;

/// Sockets that a benchmark with many connections needs in one process.
pub const OPEN_FILES_MIN: u64 = 11_000;

/// The policy of the benchmarks: the field that every event has.
const RULES: &str = "[{mask: {path: \"$.card\", keepLast: 4}}]";
/// The policy's name.
pub const POLICY: &str = "masked-cards";
/// The subscriber.
pub const APPLICATION: &str = "reader";

/// Kafka, a gateway before it, and what a subscriber needs.
pub struct Stand {
    /// The cluster, shared by all benchmarks of a run.
    pub kafka: &'static KafkaCluster,
    /// The gateway, of this benchmark alone.
    pub gateway: Gateway,
    /// The endpoint, which is also the topic.
    pub topic: String,
    /// The application's secret.
    pub secret: String,
    is_tls: bool,
}

impl Stand {
    /// Starts a gateway with default settings, and publishes a new topic of one partition.
    ///
    /// # Errors
    /// When a part does not start.
    pub async fn start(topic: &str) -> Result<Self> {
        Self::start_with(topic, quiet()).await
    }

    /// The same with a gateway of other settings.
    ///
    /// # Errors
    /// As [`Stand::start`].
    pub async fn start_with(topic: &str, options: Options) -> Result<Self> {
        enough_files()?;
        let is_tls = options.tls;
        let kafka = KafkaCluster::shared().await?;
        kafka.create_topic(topic, 1).await?;
        let gateway = Gateway::start_with(options).await?;
        let plan = format!("{topic}-plan");
        let documents = Documents::new()
            .cluster("real", &kafka.bootstrap())
            .policy(POLICY, RULES)
            .endpoint("real", topic)
            .plan(&plan, topic, &[POLICY])
            .subscriber(APPLICATION, topic, &plan);
        let applied = gateway.apply(documents.yaml()).await?;
        let secret = applied.secret(APPLICATION)?.secret.clone();
        Ok(Self { kafka, gateway, topic: topic.to_owned(), secret, is_tls })
    }

    /// Where subscribers connect.
    ///
    /// # Errors
    /// Never for a gateway that runs.
    pub fn address(&self) -> Result<SocketAddr> {
        self.gateway.address().parse().context("the gateway's address")
    }

    /// A subscriber's request, from now on.
    pub fn request(&self) -> String {
        let request = self.gateway.events(&self.topic).bearer(&self.secret).from("latest");
        String::from_utf8_lossy(&request.bytes()).into_owned()
    }

    /// The same, through a door.
    pub fn request_for(&self, door: Door) -> String {
        match door {
            Door::Sse => self.request(),
            Door::Websocket => {
                let target = format!("/v1/endpoints/{}/events?from=latest", self.topic);
                door.request(&target, &format!("authorization: Bearer {}\r\n", self.secret))
            }
        }
    }

    /// What subscribers connect with, where the gateway speaks TLS.
    ///
    /// # Errors
    /// Never for an authority that is one.
    pub fn tls(&self) -> Result<Option<Arc<ClientConfig>>> {
        match self.is_tls {
            true => tests::tls::client_config(self.gateway.ca(), None).map(Some),
            false => Ok(None),
        }
    }

    /// The gateway's process id.
    ///
    /// # Errors
    /// When it does not run.
    pub fn pid(&self) -> Result<u32> {
        self.gateway.pid()
    }
}

/// As people run it: the harness's default writes debug lines.
pub fn quiet() -> Options {
    Options { level: "warn".to_owned(), ..Options::default() }
}

/// Whether this process may hold the sockets of a benchmark with many connections.
///
/// # Errors
/// When it may not.
pub fn enough_files() -> Result<()> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    match soft {
        Some(soft) if soft < OPEN_FILES_MIN => {
            bail!("{soft} open files are too few: run `ulimit -n {OPEN_FILES_MIN}` first")
        }
        _ => Ok(()),
    }
}
