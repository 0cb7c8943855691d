//! One real broker and everything that stands before it: the gateway and its peers, all running at
//! the same time, so that clients can take turns with them.

use std::path::PathBuf;

use anyhow::{Context, Result};
use tests::documents::Documents;
use tests::gateway::{Gateway, Options};
use tests::kafka::{self, KafkaCluster};
use tests::ports;

use crate::corpus::FIELDS;
use crate::peer::{Server, haproxy, kroxylicious};
use crate::stand::quiet;

/// The subscriber.
const APPLICATION: &str = "bench";
/// The catalog's name of the broker.
const CLUSTER: &str = "real";
/// What follows a topic's name in the address of its endpoint with four masked fields.
const MASKED: &str = "-masked";

/// Where clients connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The broker itself.
    Direct,
    /// The gateway, without a policy.
    Gateway,
    /// The gateway, with four fields masked.
    Masked,
    /// HAProxy, passing bytes through.
    HaProxy,
    /// Kroxylicious, passing frames through.
    Kroxylicious,
    /// Kroxylicious with the record transformation that it ships.
    Transforming,
}

/// The broker, the gateway and the peers that could be started.
pub struct Stand {
    /// The broker; of this benchmark alone.
    pub kafka: KafkaCluster,
    /// The gateway.
    pub gateway: Gateway,
    door: String,
    user: String,
    password: String,
    peers: Vec<(Side, Server)>,
    /// Why peers are missing.
    pub notes: Vec<String>,
    // Client configurations.
    folder: tempfile::TempDir,
}

impl Side {
    /// What it is called in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Gateway => "sluicegate",
            Self::Masked => "sluicegate_masked",
            Self::HaProxy => "haproxy",
            Self::Kroxylicious => "kroxylicious",
            Self::Transforming => "kroxylicious_transforming",
        }
    }

    /// The topic as it is called there.
    pub fn topic(self, topic: &str) -> String {
        match self {
            Self::Masked => format!("{topic}{MASKED}"),
            _ => topic.to_owned(),
        }
    }
}

impl Stand {
    /// Starts everything with these topics and, beside the gateway, these peers; a peer that does
    /// not start is noted.
    ///
    /// # Errors
    /// When the broker or the gateway does not start.
    pub async fn start(topics: &[(&str, i32)], peers: &[Side]) -> Result<Self> {
        let relay = ports::free()?;
        let options = kafka::Options { relays: vec![relay], ..kafka::Options::single() };
        let kafka = KafkaCluster::with(options).await?;
        for (topic, partitions) in topics {
            kafka.create_topic(topic, *partitions).await?;
        }
        let door = format!("127.0.0.1:{}", ports::free()?);
        let gateway = Gateway::start_with(options_of(&door)).await?;
        let applied = gateway.apply(documents(&kafka.bootstrap(), topics).yaml()).await?;
        let secret = applied.secret(APPLICATION)?;
        let (user, password) = (secret.credential.clone(), secret.secret.clone());
        let folder = tempfile::tempdir()?;
        let mut stand = Self {
            kafka,
            gateway,
            door,
            user,
            password,
            peers: Vec::new(),
            notes: Vec::new(),
            folder,
        };
        for side in peers {
            match stand.peer(*side, relay) {
                Ok(server) => stand.peers.push((*side, server)),
                Err(error) => stand.notes.push(format!("{}: {error:#}", side.name())),
            }
        }
        Ok(stand)
    }

    fn peer(&self, side: Side, relay: u16) -> Result<Server> {
        let bootstrap = self.kafka.bootstrap();
        match side {
            Side::HaProxy => {
                let behind = self.kafka.bootstrap_relayed();
                haproxy::start(relay, behind.first().context("no listener behind the relay")?)
            }
            Side::Kroxylicious => kroxylicious::start(&bootstrap, false),
            Side::Transforming => kroxylicious::start(&bootstrap, true),
            Side::Direct | Side::Gateway | Side::Masked => anyhow::bail!("it is no peer"),
        }
    }

    /// Whether clients can connect there.
    pub fn has(&self, side: Side) -> bool {
        match side {
            Side::Direct | Side::Gateway | Side::Masked => true,
            side => self.peers.iter().any(|(of, _)| *of == side),
        }
    }

    /// Where clients connect to.
    ///
    /// # Errors
    /// When the peer did not start.
    pub fn bootstrap(&self, side: Side) -> Result<String> {
        Ok(match side {
            Side::Direct => self.kafka.bootstrap(),
            Side::Gateway | Side::Masked => self.door.clone(),
            side => self.server(side)?.address.to_string(),
        })
    }

    /// Where the leader of every partition is, as clients are told there.
    ///
    /// # Errors
    /// As [`Stand::bootstrap`].
    pub fn leader(&self, side: Side) -> Result<String> {
        match side {
            Side::Kroxylicious | Side::Transforming => {
                // The node's port is the next one.
                let mut address = self.server(side)?.address;
                address.set_port(address.port() + 1);
                Ok(address.to_string())
            }
            side => self.bootstrap(side),
        }
    }

    /// How clients log in; the broker and the peers ask for nothing.
    pub fn login(&self, side: Side) -> Vec<(&'static str, String)> {
        match side {
            Side::Gateway | Side::Masked => vec![
                ("security.protocol", "SASL_PLAINTEXT".to_owned()),
                ("sasl.mechanism", "PLAIN".to_owned()),
                ("sasl.username", self.user.clone()),
                ("sasl.password", self.password.clone()),
            ],
            _ => Vec::new(),
        }
    }

    /// User and password of the gateway's door.
    pub fn credential(&self) -> (&str, &str) {
        (&self.user, &self.password)
    }

    /// A file of client properties, as Java's tools take it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn properties(&self, side: Side) -> Result<PathBuf> {
        let path = self.folder.path().join(format!("{}.properties", side.name()));
        let text = match side {
            Side::Gateway | Side::Masked => format!(
                "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=\
                 org.apache.kafka.common.security.plain.PlainLoginModule required \
                 username=\"{}\" password=\"{}\";\n",
                self.user, self.password
            ),
            _ => String::new(),
        };
        std::fs::write(&path, text)?;
        Ok(path)
    }

    /// The process that stands between clients and the broker; `None`: nobody.
    ///
    /// # Errors
    /// When it does not run.
    pub fn pid(&self, side: Side) -> Result<Option<u32>> {
        Ok(match side {
            Side::Direct => None,
            Side::Gateway | Side::Masked => Some(self.gateway.pid()?),
            side => Some(self.server(side)?.pid()),
        })
    }

    /// The broker's process.
    ///
    /// # Errors
    /// When it does not run.
    pub fn broker_pid(&self) -> Result<u32> {
        self.kafka.pid(1)
    }

    /// Lets the gateway forget what it holds of topics: a turn must not be served from what the
    /// turn before it brought in.
    ///
    /// # Errors
    /// When the gateway does not start again.
    pub async fn forget(&self, side: Side) -> Result<()> {
        match side {
            Side::Gateway | Side::Masked => self.gateway.restart().await,
            _ => Ok(()),
        }
    }

    fn server(&self, side: Side) -> Result<&Server> {
        let found = self.peers.iter().find(|(of, _)| *of == side);
        found.map(|(_, server)| server).with_context(|| format!("{} did not start", side.name()))
    }
}

fn options_of(door: &str) -> Options {
    let toml = format!("[kafka]\nlisten = \"{door}\"\ncluster = \"{CLUSTER}\"\n");
    Options { toml, ..quiet() }
}

/// Each topic as an endpoint of its name that is read and written, and as one that masks.
fn documents(bootstrap: &str, topics: &[(&str, i32)]) -> Documents {
    let rules = FIELDS
        .iter()
        .map(|[parent, name]| format!("{{mask: {{path: \"$.{parent}.{name}\", keepLast: 4}}}}"));
    let rules = format!("[{}]", rules.collect::<Vec<_>>().join(", "));
    let mut documents = Documents::new()
        .cluster(CLUSTER, bootstrap)
        .policy("masked", &rules)
        .document("Application", APPLICATION, "{}")
        .document("Credential", "bench-1", &format!("{{application: {APPLICATION}}}"));
    for (topic, _) in topics {
        for (address, direction, policies) in [
            ((*topic).to_owned(), "both", [].as_slice()),
            (format!("{topic}{MASKED}"), "consume", ["masked"].as_slice()),
        ] {
            let endpoint = format!(
                "{{cluster: {CLUSTER}, topic: {topic}, address: {address}, direction: {direction}}}"
            );
            let subscription =
                format!("{{application: {APPLICATION}, endpoint: {address}, plan: {address}}}");
            documents = documents
                .document("Endpoint", &address, &endpoint)
                .plan(&address, &address, policies)
                .document("Subscription", &format!("bench-{address}"), &subscription);
        }
    }
    documents
}
