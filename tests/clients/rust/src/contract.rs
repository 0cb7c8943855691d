//! Flags, options and lines of the command contract; and how to connect.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use rskafka::BackoffConfig;
use rskafka::client::partition::{PartitionClient, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder, Credentials, OauthBearerCredentials, SaslConfig};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};

/// Why a verb ended early.
pub enum Failure {
    /// The client cannot do it.
    Unsupported(&'static str),
    /// What the library said.
    Client(String),
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Failure {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            // Writing to a string does not fail.
            let _ = write!(text, ": {inner}");
            cause = inner.source();
        }
        Failure::Client(text)
    }
}

/// The command line, the options file and the progress.
pub struct Job {
    flags: HashMap<String, String>,
    options: HashMap<String, String>,
    start: Instant,
    count: Cell<u64>,
    last: Cell<Instant>,
}

impl Job {
    /// Reads flags after the verb, and the file that `$CLIENT_OPTIONS` names.
    pub fn new(arguments: &[String]) -> Job {
        let pairs = arguments.get(1..).unwrap_or_default().chunks_exact(2);
        let flag = |pair: &[String]| (pair[0].trim_start_matches("--").to_owned(), pair[1].clone());
        let file = std::env::var("CLIENT_OPTIONS").map(std::fs::read_to_string);
        let text = file.map(|text| text.expect("the options file can be read")).unwrap_or_default();
        let option = |line: &str| line.split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned()));
        let now = Instant::now();
        Job {
            flags: pairs.map(flag).collect(),
            options: text.lines().filter_map(option).collect(),
            start: now,
            count: Cell::new(0),
            last: Cell::new(now),
        }
    }

    pub fn text<'a>(&'a self, name: &str, otherwise: &'a str) -> &'a str {
        self.flags.get(name).map_or(otherwise, String::as_str)
    }

    pub fn has(&self, name: &str) -> bool {
        self.flags.contains_key(name)
    }

    pub fn number(&self, name: &str, otherwise: i64) -> i64 {
        self.flags.get(name).map_or(otherwise, |text| text.parse().expect("a number"))
    }

    fn option(&self, name: &str) -> &str {
        self.options.get(name).map_or("", String::as_str)
    }

    /// One more record was handed out or acknowledged.
    pub fn took(&self) {
        self.count.set(self.count.get() + 1);
        self.last.set(Instant::now());
    }

    /// What is left of the timeout.
    pub fn left(&self) -> Duration {
        let timeout = Duration::from_secs(self.number("timeout", 30).unsigned_abs());
        timeout.saturating_sub(self.start.elapsed())
    }

    /// Whether all came and nothing more for a while.
    pub fn is_enough(&self) -> bool {
        let settle = Duration::from_millis(self.number("settle", 500).unsigned_abs());
        let wanted = self.number("count", 1).unsigned_abs();
        self.count.get() >= wanted && self.last.get().elapsed() > settle
    }

    pub fn end(&self) {
        line("end", &json!({ "count": self.count.get() }));
    }

    /// A client of the cluster.
    pub async fn client(&self) -> Result<Client, Failure> {
        let bootstrap = vec![self.text("bootstrap", "").to_owned()];
        let deadline = BackoffConfig { deadline: Some(self.left()), ..BackoffConfig::default() };
        let mut builder =
            ClientBuilder::new(bootstrap)
                .client_id(self.text("client-id", "suite"))
                .backoff_config(deadline);
        if self.option("security").ends_with("SSL") {
            builder = builder.tls_config(Arc::new(self.tls()?));
        }
        let user = self.option("username").to_owned();
        let credentials = Credentials::new(user, self.option("password").to_owned());
        let token = self.option("token").to_owned();
        builder = match self.option("mechanism") {
            "" => builder,
            "PLAIN" => builder.sasl_config(SaslConfig::Plain(credentials)),
            "SCRAM-SHA-256" => builder.sasl_config(SaslConfig::ScramSha256(credentials)),
            "SCRAM-SHA-512" => builder.sasl_config(SaslConfig::ScramSha512(credentials)),
            _ => builder.sasl_config(SaslConfig::Oauthbearer(OauthBearerCredentials {
                callback: Arc::new(move || {
                    let token = token.clone();
                    async move { Ok(token) }.boxed()
                }),
                authz_id: None,
                bearer_kvs: Vec::new(),
            })),
        };
        Ok(builder.build().await?)
    }

    /// One partition of the topic.
    pub async fn partition(
        &self,
        client: &Client,
        partition: i32,
    ) -> Result<PartitionClient, Failure> {
        let topic = self.text("topic", "");
        Ok(client.partition_client(topic, partition, UnknownTopicHandling::Error).await?)
    }

    fn tls(&self) -> Result<rustls::ClientConfig, Failure> {
        let mut roots = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(self.option("ca"))? {
            roots.add(certificate?)?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots);
        if self.option("certificate").is_empty() {
            return Ok(builder.with_no_client_auth());
        }
        let chain = CertificateDer::pem_file_iter(self.option("certificate"))?;
        let key = rustls::pki_types::PrivateKeyDer::from_pem_file(self.option("key"))?;
        Ok(builder.with_client_auth_cert(chain.collect::<Result<_, _>>()?, key)?)
    }
}

/// Prints one line of output.
pub fn line(name: &str, value: &Value) {
    println!("{}", json!({ name: value }));
}

/// Bytes in hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
