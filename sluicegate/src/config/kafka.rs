//! `[kafka]`, or several as `[[kafka]]`: the Kafka door, one virtual cluster for each.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, bail};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor, value};
use serde::{Deserialize, Serialize};

/// Longest name of a virtual cluster, as for all names of the catalog.
const NAME_CHARS_MAX: usize = 63;

/// A virtual cluster and where it listens.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Kafka {
    /// Address and port.
    #[serde(default = "usual")]
    pub listen: SocketAddr,
    /// `host:port` that clients are told to connect to; absent: the address of `listen`.
    pub advertise: Option<String>,
    /// The backend cluster's name in the catalog.
    pub cluster: String,
    /// The virtual cluster's name, a part of group names on the backend cluster; absent: that of
    /// the backend cluster.
    pub name: Option<String>,
    /// Names for the server (SNI) that lead here, where several virtual clusters share an address.
    #[serde(default)]
    pub server_names: Vec<String>,
    /// Certificate and key; without it the listener is plain.
    pub tls: Option<KafkaTls>,
}

/// `[kafka.tls]`: PEM files, read again when they change.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KafkaTls {
    /// The certificate chain.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
    /// Authorities of client certificates; absent: clients are not asked for one.
    pub client_ca: Option<PathBuf>,
    /// Whether a client must have one.
    #[serde(default)]
    pub client_certificate: ClientCertificate,
}

/// Whether a client must show a certificate, where it is asked for one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientCertificate {
    /// Clients without one log in by SASL.
    #[default]
    Optional,
    /// The handshake fails without one.
    Required,
}

fn usual() -> SocketAddr {
    super::loopback(9092)
}

impl Kafka {
    /// A virtual cluster over this backend cluster, with all else as usual.
    pub fn new(listen: SocketAddr, cluster: &str) -> Self {
        Self {
            listen,
            advertise: None,
            cluster: cluster.to_owned(),
            name: None,
            server_names: Vec::new(),
            tls: None,
        }
    }

    /// The virtual cluster's name.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.cluster)
    }

    /// Host and port that clients are told, where they are written down.
    ///
    /// # Errors
    /// When that is not `host:port`.
    pub fn advertised(&self) -> anyhow::Result<Option<(String, u16)>> {
        let Some(text) = &self.advertise else { return Ok(None) };
        let wrong = || format!("kafka.advertise = \"{text}\" must be host:port");
        let (host, port) = text.rsplit_once(':').with_context(wrong)?;
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let port: u16 = port.parse().ok().filter(|port| *port > 0).with_context(wrong)?;
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        if host.is_empty() || !host.chars().all(legal) {
            bail!(wrong());
        }
        Ok(Some((host.to_owned(), port)))
    }

    fn validate(&self) -> anyhow::Result<()> {
        let name = self.name();
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.chars().all(legal) {
            bail!("kafka.name: \"{name}\" may only have small letters, digits and `-`");
        }
        if self.advertised()?.is_none() && self.listen.ip().is_unspecified() {
            bail!(
                "kafka.advertise is missing: clients cannot connect to kafka.listen = {}",
                self.listen
            );
        }
        let tls = self.tls.as_ref();
        let required = tls.is_some_and(|t| t.client_certificate == ClientCertificate::Required);
        if required && tls.is_some_and(|tls| tls.client_ca.is_none()) {
            bail!("kafka.tls.client_certificate = \"required\" needs kafka.tls.client_ca");
        }
        Ok(())
    }
}

/// Checks each virtual cluster, and that those of one address can be told apart.
pub(super) fn validate(all: &[Kafka]) -> anyhow::Result<()> {
    let mut names = BTreeSet::new();
    for kafka in all {
        kafka.validate()?;
        if !names.insert(kafka.name()) {
            bail!("two virtual clusters are called {}: give them a kafka.name", kafka.name());
        }
    }
    for kafka in all {
        let shared = all.iter().filter(|other| other.listen == kafka.listen).count() > 1;
        let shared = shared && kafka.listen.port() != 0;
        if shared && (kafka.tls.is_none() || kafka.server_names.is_empty()) {
            bail!(
                "several virtual clusters listen on {}: each needs kafka.tls and \
                 kafka.server_names",
                kafka.listen
            );
        }
    }
    Ok(())
}

/// A table or a list of tables.
pub(super) fn one_or_many<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<Kafka>, D::Error> {
    struct OneOrMany;

    impl<'de> Visitor<'de> for OneOrMany {
        type Value = Vec<Kafka>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a table [kafka], or several as [[kafka]]")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            Kafka::deserialize(value::MapAccessDeserializer::new(map)).map(|one| vec![one])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(value::SeqAccessDeserializer::new(seq))
        }
    }

    source.deserialize_any(OneOrMany)
}
