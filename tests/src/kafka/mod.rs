//! A real Apache Kafka cluster for tests: resolved from Maven Central into the cache, started on
//! free ports with data folders of its own, stopped whatever happens to the test.
//!
//! One node does for most tests: [`KafkaCluster::shared`], with one topic per test. Three nodes are
//! for those that move leaders or need TLS and SASL.

mod admin;
mod install;
mod jmx;
mod log;
mod node;
mod properties;
pub mod wire;

pub use admin::Leader;
pub(crate) use install::require;

use std::time::Duration;

use anyhow::Context;
use kafka_protocol::messages::{MetadataRequest, MetadataResponse};
use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;
use tempfile::TempDir;
use tokio::sync::OnceCell;

use self::node::Node;
use crate::expect::eventually;
use crate::tls::{Authority, Identity};

/// How long a cluster may take to accept: 3 s alone, much more on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(120);
/// How long a clean stop may take before the node is killed.
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// The version of Metadata that is asked (topic ids and leader epochs; every broker of 4.x has it).
const METADATA_VERSION: i16 = 12;

/// The SASL user of every test cluster.
pub const SASL_USER: &str = "gateway";
/// Its password, for SCRAM-SHA-512 and PLAIN.
pub const SASL_PASSWORD: &str = "canary-upstream-password-7f3a";

/// What a cluster shall be.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many combined broker and controller nodes.
    pub nodes: u8,
    /// Whether there is a SASL_SSL listener beside the PLAINTEXT one.
    pub sasl_ssl: bool,
    /// Whether the SASL_SSL listener asks for a client certificate.
    pub mutual_tls: bool,
    /// More lines for `server.properties`.
    pub properties: Vec<(String, String)>,
    /// Ports of relays before the cluster: each has a plaintext listener of its own that names the
    /// relay's port as the broker's, as a proxy that passes bytes through needs it. One node only.
    pub relays: Vec<u16>,
}

impl Options {
    /// One node, plaintext.
    pub fn single() -> Options {
        Options {
            nodes: 1,
            sasl_ssl: false,
            mutual_tls: false,
            properties: Vec::new(),
            relays: Vec::new(),
        }
    }

    /// Three nodes with TLS and SASL beside plaintext.
    pub fn three() -> Options {
        Options { nodes: 3, sasl_ssl: true, ..Options::single() }
    }
}

/// A running cluster; dropping it stops every node and removes its data.
pub struct KafkaCluster {
    nodes: Vec<Node>,
    admin: AdminClient<DefaultClientContext>,
    authority: Authority,
    // After the nodes: the folder goes when they are stopped.
    _folder: TempDir,
}

static SHARED: OnceCell<KafkaCluster> = OnceCell::const_new();

impl KafkaCluster {
    /// The one-node cluster that all tests of this process share; one topic per test.
    pub async fn shared() -> anyhow::Result<&'static KafkaCluster> {
        SHARED.get_or_try_init(KafkaCluster::single).await
    }

    /// A one-node cluster, plaintext, for tests that stop it or count its bytes.
    pub async fn single() -> anyhow::Result<KafkaCluster> {
        KafkaCluster::with(Options::single()).await
    }

    /// Three nodes, replication 3, SASL_SSL (SCRAM-SHA-512 and PLAIN) beside plaintext.
    pub async fn three() -> anyhow::Result<KafkaCluster> {
        KafkaCluster::with(Options::three()).await
    }

    /// A cluster to measure.
    pub async fn with(options: Options) -> anyhow::Result<KafkaCluster> {
        let libraries = tokio::task::spawn_blocking(install::libraries).await??;
        crate::say(&format!("starting Apache Kafka ({} node(s))", options.nodes));
        let folder = TempDir::with_prefix("sluicegate-kafka-")?;
        let authority = Authority::new()?;
        let plan = properties::Plan::new(options, folder.path(), &authority)?;
        let nodes = Node::all(&plan, &libraries)?;
        for node in &nodes {
            node.format().await?;
        }
        for node in &nodes {
            node.start()?;
        }
        let bootstrap = bootstrap(&nodes);
        let admin = rdkafka::ClientConfig::new()
            .set("bootstrap.servers", &bootstrap)
            .set("log_level", "2")
            .create()?;
        let cluster = KafkaCluster { nodes, admin, authority, _folder: folder };
        for node in &cluster.nodes {
            cluster.ready(node).await?;
        }
        Ok(cluster)
    }

    /// The class path of Kafka's own tools.
    pub async fn libraries() -> anyhow::Result<String> {
        tokio::task::spawn_blocking(install::libraries).await?
    }

    /// `host:port,…` of the plaintext listeners.
    pub fn bootstrap(&self) -> String {
        bootstrap(&self.nodes)
    }

    /// `host:port` of each plaintext listener.
    pub fn bootstrap_list(&self) -> Vec<String> {
        self.nodes.iter().map(Node::plaintext).collect()
    }

    /// `host:port` of each SASL_SSL listener; empty when the cluster has none.
    pub fn bootstrap_sasl_ssl(&self) -> Vec<String> {
        self.nodes.iter().filter_map(Node::sasl_ssl).collect()
    }

    /// `host:port` of the listeners behind the relays, in their order.
    pub fn bootstrap_relayed(&self) -> Vec<String> {
        self.nodes.iter().flat_map(Node::relayed).collect()
    }

    /// The process id of a running node.
    pub fn pid(&self, id: i32) -> anyhow::Result<u32> {
        self.node(id)?.pid().with_context(|| format!("node {id} does not run"))
    }

    /// The PEM certificate that signed the brokers' certificates.
    pub fn ca(&self) -> &str {
        self.authority.ca()
    }

    /// A client certificate that the brokers trust.
    pub fn client_identity(&self) -> anyhow::Result<Identity> {
        self.authority.client("gateway")
    }

    /// The node ids, from 1.
    pub fn node_ids(&self) -> Vec<i32> {
        self.nodes.iter().map(|node| node.id).collect()
    }

    /// Stops a node cleanly; its data and ports stay.
    pub async fn stop(&self, id: i32) -> anyhow::Result<()> {
        self.node(id)?.stop(STOP_LIMIT).await
    }

    /// Kills a node at once; its data and ports stay.
    pub fn kill(&self, id: i32) -> anyhow::Result<()> {
        self.node(id)?.kill();
        Ok(())
    }

    /// Stops a node's process in its tracks (SIGSTOP): it accepts connections and answers nothing.
    pub fn freeze(&self, id: i32) -> anyhow::Result<()> {
        self.node(id)?.signal("STOP")
    }

    /// Lets a frozen node go on.
    pub fn thaw(&self, id: i32) -> anyhow::Result<()> {
        self.node(id)?.signal("CONT")
    }

    /// Starts a stopped or killed node on its ports and data, and waits until it serves.
    pub async fn start(&self, id: i32) -> anyhow::Result<()> {
        let node = self.node(id)?;
        node.start()?;
        self.ready(node).await
    }

    /// What a node wrote so far (its log, for a failing test's message).
    pub fn log(&self, id: i32) -> anyhow::Result<String> {
        Ok(self.node(id)?.output())
    }

    /// Bytes that the brokers count as sent to consumers, over all topics.
    pub async fn bytes_out(&self) -> anyhow::Result<u64> {
        self.bytes_out_of(None).await
    }

    /// Bytes that the brokers count as sent to consumers of one topic.
    pub async fn bytes_out_of_topic(&self, topic: &str) -> anyhow::Result<u64> {
        self.bytes_out_of(Some(topic)).await
    }

    async fn bytes_out_of(&self, topic: Option<&str>) -> anyhow::Result<u64> {
        let mut sum = 0;
        for node in self.nodes.iter().filter(|node| node.is_running()) {
            sum += jmx::bytes_out(node, topic).await?;
        }
        Ok(sum)
    }

    fn node(&self, id: i32) -> anyhow::Result<&Node> {
        self.nodes.iter().find(|node| node.id == id).with_context(|| format!("no node {id}"))
    }

    /// Waits until `node` answers and lists every running node.
    async fn ready(&self, node: &Node) -> anyhow::Result<()> {
        let what = format!("Kafka node {} accepts (see {})", node.id, node.log().display());
        let wanted = self.nodes.iter().filter(|node| node.is_running()).count();
        let waited = eventually(START_LIMIT, &what, || async move {
            let seen = metadata(&node.plaintext(), &[]).await.ok()?;
            (seen.brokers.len() >= wanted).then_some(())
        });
        waited.await.with_context(|| node.output())
    }
}

/// The class path of Kafka's own tools, resolved if need be.
pub fn class_path() -> anyhow::Result<String> {
    install::libraries()
}

fn bootstrap(nodes: &[Node]) -> String {
    nodes.iter().map(Node::plaintext).collect::<Vec<_>>().join(",")
}

/// Asks one broker for metadata of `topics`; with none: of the cluster only.
pub async fn metadata(address: &str, topics: &[&str]) -> anyhow::Result<MetadataResponse> {
    use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
    let topics = topics
        .iter()
        .map(|topic| MetadataRequestTopic::default().with_name(Some(wire::topic_name(topic))))
        .collect();
    let request =
        MetadataRequest::default().with_topics(Some(topics)).with_allow_auto_topic_creation(false);
    wire::call(address, &request, METADATA_VERSION).await
}
