//! The one configuration file: read, overridden by the environment, validated whole.
//!
//! It deliberately opens nothing: no port, no database, no key file. What it returns can be
//! trusted.

mod audit;
mod environment;
mod identity;
mod kafka;
mod memory;
mod notify;
mod otlp;
mod provider;
mod settings;
mod shared;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

pub use self::identity::Identity;
pub use audit::{Audit, AuditKafka};
pub use kafka::{ClientCertificate, Kafka, KafkaTls};
pub use notify::{Notify, NotifyMail};
pub use otlp::{Otlp, Tracing};
pub use provider::Provider;
use settings::Sources;
pub use shared::LimitsRedis;

/// Two names further apart than this are not a misspelling of each other.
const SUGGESTION_DISTANCE_MAX: usize = 3;

/// kafkajs logs in before every request when a login lasts ten seconds or less.
const KAFKA_LOGIN_SECONDS_MIN: u64 = 60;

/// Everything `serve` needs to know before it starts.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The HTTP doors.
    pub http: Http,
    /// The Kafka door's virtual clusters; none: the door is closed.
    #[serde(deserialize_with = "kafka::one_or_many")]
    pub kafka: Vec<Kafka>,
    /// The administration interface.
    pub admin: Admin,
    /// Health and Prometheus metrics.
    pub metrics: Metrics,
    /// Whose tokens are believed.
    pub identity: Identity,
    /// Where the catalog is kept.
    pub store: Store,
    /// Where the audit is sent beside the store.
    pub audit: Audit,
    /// How people are told of what concerns them.
    pub notify: Notify,
    /// The key that seals secrets at rest.
    pub secrets: Secrets,
    /// How the process logs.
    pub log: Log,
    /// Where traces are sent.
    pub tracing: Tracing,
    /// The memory of the tail.
    pub tail: Tail,
    /// Bounds on connections and on stopping.
    pub limits: Limits,
    /// Where the values come from.
    #[serde(skip)]
    sources: Sources,
}

/// `[http]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Address and port of the doors.
    pub listen: SocketAddr,
    /// Base URL by which clients reach the doors, for what is printed for them; absent: the address
    /// of `listen`.
    pub public_url: Option<String>,
    /// Certificate and key; without it the listener speaks plain HTTP.
    pub tls: Option<Tls>,
}

/// `[http.tls]`: PEM files.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate chain.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
    /// Authorities of client certificates; without it clients are not asked for any.
    #[serde(default)]
    pub client_ca: Option<PathBuf>,
}

/// `[admin]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// File that holds the token of whoever may do everything; without it there is none.
    pub token_file: Option<PathBuf>,
    /// Whether people sign in with passwords and API tokens. The interface is on with this, with
    /// `token_file` or with `provider`.
    pub sign_in: bool,
    /// Base URL by which browsers reach it; absent: `http.public_url`.
    pub public_url: Option<String>,
    /// The identity provider by which people sign in.
    pub provider: Option<Provider>,
    /// A listener of its own; without it `/api/v1` is on the HTTP listener.
    pub listen: Option<SocketAddr>,
}

impl Admin {
    /// Whether the interface is served at all.
    pub fn is_on(&self) -> bool {
        self.token_file.is_some() || self.sign_in || self.provider.is_some()
    }
}

/// `[metrics]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// Address and port of `/metrics`, `/livez` and `/readyz`.
    pub listen: SocketAddr,
}

/// `[store]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// The SQLite file; created when missing. What happened (usage, refusals) is kept beside it,
    /// also when the catalog itself is elsewhere.
    pub path: PathBuf,
    /// File with the `postgres://` URL of the database that several replicas share, instead of the
    /// SQLite file.
    pub postgres_url_file: Option<PathBuf>,
    /// How long a replica that lost the database goes on with what it knew last; then it refuses
    /// everything until the database is back.
    pub stale_seconds: u64,
}

impl Store {
    /// How long what was known last is served without the database.
    pub fn stale(&self) -> Duration {
        Duration::from_secs(self.stale_seconds)
    }

    /// The file of what happened, beside the catalog's: `sluicegate.db` → `sluicegate.activity.db`.
    pub fn activity(&self) -> PathBuf {
        self.path.with_extension("activity.db")
    }
}

/// `[secrets]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Secrets {
    /// File with the master key; needed as soon as a secret is kept in the store.
    pub master_key_file: Option<PathBuf>,
    /// File with the key of topic ids and the like, the same for all replicas; made beside the
    /// catalog when absent.
    pub cluster_key_file: Option<PathBuf>,
}

/// `[log]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// For people or for machines.
    pub format: LogFormat,
    /// The least severe level that is written.
    pub level: LogLevel,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One readable line.
    Human,
    /// One JSON object.
    Json,
}

/// The least severe level that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// `[tail]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tail {
    /// Memory of all tails and images together; absent: see [`Tail::memory`].
    pub memory_bytes: Option<u64>,
    /// Memory of one topic-partition's tail.
    pub partition_bytes: u64,
    /// How long a tail is kept after its last reader left.
    pub linger_seconds: u64,
}

/// `[limits]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections of the whole process.
    pub connections: u32,
    /// Connections of one client address.
    pub connections_per_ip: u32,
    /// How long a stopping process waits for its streams to end.
    pub drain_seconds: u64,
    /// How long a Kafka login lasts before the client must repeat it.
    pub kafka_login_seconds: u64,
    /// Where limits of subscriptions are shared by all replicas; absent: each has its own.
    pub redis: Option<LimitsRedis>,
}

impl Default for Http {
    fn default() -> Self {
        Self { listen: loopback(8080), public_url: None, tls: None }
    }
}

impl Http {
    fn validate(&self) -> anyhow::Result<()> {
        let Some(text) = &self.public_url else { return Ok(()) };
        let url = reqwest::Url::parse(text).ok();
        let plain = url.is_some_and(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
                && url.query().is_none()
                && url.fragment().is_none()
        });
        if !plain || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            bail!("http.public_url = {text:?} is to be like https://events.example.org");
        }
        Ok(())
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self { listen: loopback(9464) }
    }
}

impl Default for Store {
    fn default() -> Self {
        let stale_seconds = 24 * 60 * 60;
        Self { path: "sluicegate.db".into(), postgres_url_file: None, stale_seconds }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Human, level: LogLevel::Info }
    }
}

impl Default for Tail {
    fn default() -> Self {
        Self { memory_bytes: None, partition_bytes: 16 << 20, linger_seconds: 60 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            connections_per_ip: 20_000,
            drain_seconds: 30,
            kafka_login_seconds: 3600,
            redis: None,
        }
    }
}

impl Tail {
    /// Memory of all tails and images together, in bytes: what was asked for, or a quarter of what
    /// the machine or the container has, from 256 MiB to 4 GiB.
    pub fn memory(&self) -> u64 {
        self.memory_bytes.unwrap_or_else(memory::default_bytes)
    }
}

impl Config {
    /// Reads a file and the process's environment.
    ///
    /// # Errors
    /// When the file cannot be read, or for everything [`Config::parse`] refuses.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the configuration {}", path.display()))?;
        let config = Self::parse(&text, std::env::vars());
        let mut config = config.with_context(|| path.display().to_string())?;
        config.sources.read_from(path);
        Ok(config)
    }

    /// Reads a text, then `SLUICEGATE__SECTION__KEY` variables over it, and validates the result.
    ///
    /// # Errors
    /// Unknown keys (with line and suggestion), wrong types, values that cannot work.
    pub fn parse(
        text: &str,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> anyhow::Result<Self> {
        let config: Self = toml::from_str(text).map_err(|error| explain(&error))?;
        let overrides = environment::overrides(variables);
        let sources = Sources::new(toml::from_str(text)?, &overrides);
        let mut config = if overrides.is_empty() {
            config
        } else {
            environment::apply(toml::from_str(text)?, overrides)?
        };
        config.validate()?;
        config.sources = sources;
        Ok(config)
    }

    /// What an operator should know although it is allowed.
    pub fn warnings(&self) -> Vec<String> {
        let plain = self.http.tls.is_none();
        let listeners = [
            ("http.listen", Some(self.http.listen).filter(|_| plain)),
            ("admin.listen", self.admin.listen),
            ("metrics.listen", Some(self.metrics.listen)),
        ];
        let plain = self.kafka.iter().filter(|kafka| kafka.tls.is_none());
        let kafka = plain.map(|kafka| ("kafka.listen", Some(kafka.listen)));
        let exposed = listeners.into_iter().chain(kafka).filter_map(|(key, listen)| {
            listen.filter(|address| !address.ip().is_loopback()).map(|address| (key, address))
        });
        exposed
            .map(|(key, address)| {
                format!("{key} = {address} is reachable from other machines and not encrypted")
            })
            .collect()
    }

    /// Base URL by which browsers reach the administration interface, as far as it is known.
    pub fn public_url(&self) -> Option<&str> {
        self.admin.public_url.as_deref().or(self.http.public_url.as_deref())
    }

    fn validate(&self) -> anyhow::Result<()> {
        let positive = [
            ("tail.memory_bytes", self.tail.memory()),
            ("tail.partition_bytes", self.tail.partition_bytes),
            ("limits.connections", self.limits.connections.into()),
            ("limits.connections_per_ip", self.limits.connections_per_ip.into()),
        ];
        for (key, value) in positive {
            if value == 0 {
                bail!("{key} must be more than 0");
            }
        }
        if self.tail.partition_bytes > self.tail.memory() {
            bail!("tail.partition_bytes must not be more than tail.memory_bytes");
        }
        self.http.validate()?;
        self.identity.validate()?;
        self.audit.validate()?;
        self.notify.validate()?;
        self.tracing.validate()?;
        if let Some(redis) = &self.limits.redis {
            redis.validate()?;
        }
        if self.admin.listen.is_some() && !self.admin.is_on() {
            bail!(
                "admin.listen needs admin.token_file, admin.sign_in or admin.provider: without one \
                 nobody could sign in"
            );
        }
        if let Some(provider) = &self.admin.provider {
            provider.validate(self.public_url())?;
        }
        if self.limits.kafka_login_seconds < KAFKA_LOGIN_SECONDS_MIN {
            bail!("limits.kafka_login_seconds must be at least {KAFKA_LOGIN_SECONDS_MIN}");
        }
        kafka::validate(&self.kafka)?;
        let listens = [Some(self.http.listen), Some(self.metrics.listen), self.admin.listen];
        // Virtual clusters may share an address; whether they can is checked already.
        let kafka: BTreeSet<_> = self.kafka.iter().map(|kafka| kafka.listen).collect();
        let listens = listens.into_iter().flatten().chain(kafka);
        let mut taken = Vec::new();
        for address in listens.filter(|address| address.port() != 0) {
            if taken.contains(&address) {
                bail!("two listeners want {address}: give each its own port");
            }
            taken.push(address);
        }
        Ok(())
    }
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// The parser's own message (it shows the line), and a suggestion for a misspelt name.
fn explain(error: &toml::de::Error) -> anyhow::Error {
    let hint = suggestion(error.message())
        .map_or(String::new(), |name| format!("did you mean `{name}`?\n"));
    anyhow::anyhow!("{error}{hint}")
}

/// The expected name that is nearest to the unknown one in serde's message.
fn suggestion(message: &str) -> Option<&str> {
    if !message.starts_with("unknown ") {
        return None;
    }
    let mut names = message.split('`').skip(1).step_by(2);
    let unknown = names.next()?;
    names
        .map(|name| (strsim::damerau_levenshtein(unknown, name), name))
        .filter(|(distance, _)| *distance <= SUGGESTION_DISTANCE_MAX)
        .min()
        .map(|(_, name)| name)
}
