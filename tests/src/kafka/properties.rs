//! `server.properties` of each node, and the files that it names.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngExt;

use super::{Options, SASL_PASSWORD, SASL_USER};
use crate::ports;
use crate::tls::Authority;

/// The same for every node: small, quick, nothing created by accident, nothing deleted by age: some
/// tests write times of the past.
const FIXED: &str = "\
process.roles=broker,controller
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
num.partitions=1
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
share.coordinator.state.topic.num.partitions=4
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
delete.topic.enable=true
num.network.threads=2
num.io.threads=2
log.cleaner.dedupe.buffer.size=16777216
log.cleaner.backoff.ms=1000
log.retention.ms=-1
log.retention.check.interval.ms=5000
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
controlled.shutdown.enable=true
";

/// Errors only reach the node's log, without a colour or a file.
const LOG4J: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="error">
  <Appenders>
    <Console name="err" target="SYSTEM_ERR">
      <PatternLayout pattern="%d{HH:mm:ss.SSS} %p %c: %m%n"/>
    </Console>
  </Appenders>
  <Loggers><Root level="warn"><AppenderRef ref="err"/></Root></Loggers>
</Configuration>
"#;

/// What one cluster is made of: ports, folders, files.
pub(super) struct Plan {
    pub(super) cluster_id: String,
    pub(super) options: Options,
    pub(super) nodes: Vec<NodePlan>,
    pub(super) log4j: PathBuf,
    pub(super) scratch: PathBuf,
}

/// One node's share.
#[derive(Clone)]
pub(super) struct NodePlan {
    pub(super) id: i32,
    pub(super) plaintext: u16,
    pub(super) sasl_ssl: Option<u16>,
    /// Listeners behind relays: their own port, and the relay's.
    pub(super) relayed: Vec<(u16, u16)>,
    pub(super) controller: u16,
    pub(super) jmx: u16,
    pub(super) folder: PathBuf,
}

impl Plan {
    /// Chooses ports and writes every file.
    pub(super) fn new(
        options: Options,
        scratch: &Path,
        authority: &Authority,
    ) -> anyhow::Result<Plan> {
        let log4j = scratch.join("log4j2.xml");
        std::fs::write(&log4j, LOG4J)?;
        let mut nodes = Vec::new();
        for id in 1..=i32::from(options.nodes) {
            let folder = scratch.join(format!("node-{id}"));
            std::fs::create_dir_all(&folder)?;
            let sasl_ssl = if options.sasl_ssl { Some(ports::free()?) } else { None };
            let (plaintext, controller, jmx) = (ports::free()?, ports::free()?, ports::free()?);
            let relays = options.relays.iter();
            let relayed = relays.map(|relay| Ok((ports::free()?, *relay)));
            let relayed = relayed.collect::<anyhow::Result<Vec<_>>>()?;
            nodes.push(NodePlan { id, plaintext, sasl_ssl, relayed, controller, jmx, folder });
        }
        let mut id: [u8; 16] = rand::rng().random();
        // The first sign is a letter: the tool takes a `-` for the beginning of an option.
        id[0] &= 0x7f;
        let cluster_id = URL_SAFE_NO_PAD.encode(id);
        let plan = Plan { cluster_id, options, nodes, log4j, scratch: scratch.to_owned() };
        for node in &plan.nodes {
            plan.write(node, authority)?;
        }
        Ok(plan)
    }

    fn write(&self, node: &NodePlan, authority: &Authority) -> anyhow::Result<()> {
        let mut text = FIXED.to_owned();
        self.write_listeners(node, &mut text)?;
        let replicas = self.options.nodes;
        let in_sync = if replicas > 1 { 2 } else { 1 };
        writeln!(text, "default.replication.factor={replicas}")?;
        writeln!(text, "min.insync.replicas={in_sync}")?;
        for topic in ["offsets.topic", "transaction.state.log", "share.coordinator.state.topic"] {
            writeln!(text, "{topic}.replication.factor={replicas}")?;
        }
        for topic in ["transaction.state.log", "share.coordinator.state.topic"] {
            writeln!(text, "{topic}.min.isr={in_sync}")?;
        }
        if node.sasl_ssl.is_some() {
            self.write_security(node, authority, &mut text)?;
        }
        for (name, value) in &self.options.properties {
            writeln!(text, "{name}={value}")?;
        }
        std::fs::write(node.properties(), text)?;
        Ok(())
    }

    fn write_listeners(&self, node: &NodePlan, text: &mut String) -> anyhow::Result<()> {
        let mut clients = format!("PLAINTEXT://127.0.0.1:{}", node.plaintext);
        if let Some(port) = node.sasl_ssl {
            write!(clients, ",SASL_SSL://127.0.0.1:{port}")?;
        }
        let (mut advertised, mut map) = (
            clients.clone(),
            "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL".to_owned(),
        );
        for (index, (port, relay)) in node.relayed.iter().enumerate() {
            write!(clients, ",RELAY{index}://127.0.0.1:{port}")?;
            write!(advertised, ",RELAY{index}://127.0.0.1:{relay}")?;
            write!(map, ",RELAY{index}:PLAINTEXT")?;
        }
        let voters =
            self.nodes.iter().map(|node| format!("{}@127.0.0.1:{}", node.id, node.controller));
        let voters = voters.collect::<Vec<_>>().join(",");
        writeln!(text, "node.id={}", node.id)?;
        writeln!(text, "broker.rack=rack-{}", node.id)?;
        writeln!(text, "controller.quorum.voters={voters}")?;
        writeln!(text, "listeners={clients},CONTROLLER://127.0.0.1:{}", node.controller)?;
        writeln!(text, "advertised.listeners={advertised}")?;
        writeln!(text, "listener.security.protocol.map={map}")?;
        writeln!(text, "log.dirs={}", node.folder.join("data").display())?;
        Ok(())
    }

    fn write_security(
        &self,
        node: &NodePlan,
        authority: &Authority,
        text: &mut String,
    ) -> anyhow::Result<()> {
        let identity = authority.server()?;
        let store = node.folder.join("keystore.pem");
        std::fs::write(&store, format!("{}{}", identity.key, identity.certificate))?;
        let trust = node.folder.join("truststore.pem");
        std::fs::write(&trust, authority.ca())?;
        let modules = "org.apache.kafka.common.security";
        let prefix = "listener.name.sasl_ssl";
        writeln!(text, "sasl.enabled.mechanisms=SCRAM-SHA-512,SCRAM-SHA-256,PLAIN")?;
        for scram in ["scram-sha-512", "scram-sha-256"] {
            let module = format!("{modules}.scram.ScramLoginModule required;");
            writeln!(text, "{prefix}.{scram}.sasl.jaas.config={module}")?;
        }
        writeln!(
            text,
            "{prefix}.plain.sasl.jaas.config={modules}.plain.PlainLoginModule required \
             user_{SASL_USER}=\"{SASL_PASSWORD}\";"
        )?;
        writeln!(text, "ssl.keystore.type=PEM\nssl.keystore.location={}", store.display())?;
        writeln!(text, "ssl.truststore.type=PEM\nssl.truststore.location={}", trust.display())?;
        if self.options.mutual_tls {
            writeln!(text, "{prefix}.ssl.client.auth=required")?;
        }
        Ok(())
    }
}

impl NodePlan {
    pub(super) fn properties(&self) -> PathBuf {
        self.folder.join("server.properties")
    }
}
