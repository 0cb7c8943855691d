//! `[audit]`: where the audit is sent beside the store.

use std::path::PathBuf;

use anyhow::bail;
use catalog::model::SaslMechanism;
use serde::{Deserialize, Serialize};

use crate::sinks::Address;

/// Bytes of a Kafka record that a sink needs at least, and may have.
const MESSAGE_BYTES: (u32, u32) = (4_096, 100_000_000);
/// Longest name of a topic.
const TOPIC_BYTES_MAX: usize = 249;

/// `[audit]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    /// A file that grows.
    pub file: Option<AuditFile>,
    /// A syslog server.
    pub syslog: Option<AuditSyslog>,
    /// A Kafka topic.
    pub kafka: Option<AuditKafka>,
}

/// `[audit.file]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AuditFile {
    /// The file; made if there is none, readable by this user only.
    pub path: PathBuf,
}

/// `[audit.syslog]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AuditSyslog {
    /// `unix:/dev/log`, `udp://host:514` or `tcp://host:601`.
    pub address: String,
}

/// `[audit.kafka]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AuditKafka {
    /// `host:port` of one or more brokers.
    pub bootstrap_servers: Vec<String>,
    /// The topic, which must exist.
    pub topic: String,
    /// Bytes of the largest record that the brokers take.
    #[serde(default = "message_bytes_max")]
    pub message_bytes_max: u32,
    /// TLS; absent: plaintext.
    pub tls: Option<AuditKafkaTls>,
    /// SASL; absent: none.
    pub sasl: Option<AuditKafkaSasl>,
}

/// `[audit.kafka.tls]`: PEM files. Host names are always verified.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditKafkaTls {
    /// Authorities to trust; absent: the system's.
    pub ca: Option<PathBuf>,
    /// The certificate chain to show, with its key.
    pub certificate: Option<PathBuf>,
    /// The certificate's PKCS#8 key.
    pub key: Option<PathBuf>,
}

/// `[audit.kafka.sasl]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AuditKafkaSasl {
    /// `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`.
    pub mechanism: SaslMechanism,
    /// The user name.
    pub username: String,
    /// A file that holds the password.
    pub password_file: PathBuf,
}

impl Audit {
    pub(super) fn validate(&self) -> anyhow::Result<()> {
        if let Some(syslog) = &self.syslog {
            Address::parse(&syslog.address)?;
        }
        let Some(kafka) = &self.kafka else { return Ok(()) };
        if kafka.bootstrap_servers.is_empty() {
            bail!("audit.kafka.bootstrap_servers names no broker");
        }
        let named = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let topic = &kafka.topic;
        if topic.is_empty() || topic.len() > TOPIC_BYTES_MAX || !topic.chars().all(named) {
            bail!("audit.kafka.topic = {topic:?} is no name of a topic");
        }
        if !(MESSAGE_BYTES.0..=MESSAGE_BYTES.1).contains(&kafka.message_bytes_max) {
            let (least, most) = MESSAGE_BYTES;
            bail!("audit.kafka.message_bytes_max is {least} to {most}");
        }
        if let Some(tls) = &kafka.tls
            && tls.certificate.is_some() != tls.key.is_some()
        {
            bail!("audit.kafka.tls: certificate and key belong together");
        }
        Ok(())
    }
}

/// What brokers take by default, less what a batch needs around a record.
fn message_bytes_max() -> u32 {
    1_000_000
}
