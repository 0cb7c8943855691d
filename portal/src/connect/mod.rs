//! How a subscription is connected: its address, login and doors as facts, and programs and
//! settings for many clients (snippets) with these facts filled in. The secret itself is never part
//! of it: every snippet takes it from the environment variable `SLUICEGATE_SECRET`.
//!
//! Opens nothing and asks nobody: what is told about the doors is what the binary says they are.

mod client;
mod escape;
mod facts;
mod snippet;
#[cfg(test)]
mod tests;

pub use client::Client;
pub use facts::{Ask, Connection, KafkaFacts, Mode, Refused};
pub use snippet::{File, Snippet, snippet};

/// Where the doors are, as clients are to be told.
#[derive(Clone, Debug, Default)]
pub struct Doors {
    /// Base URL of the HTTP doors, without a slash at its end; `None`: nobody knows by which name
    /// clients reach them.
    pub http: Option<String>,
    /// The Kafka door's virtual clusters.
    pub kafka: Vec<KafkaAddress>,
}

/// A virtual cluster of the Kafka door.
#[derive(Clone, Debug)]
pub struct KafkaAddress {
    /// The backend cluster's name in the catalog.
    pub cluster: String,
    /// `host:port` that clients connect to.
    pub bootstrap: String,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// Whether nobody gets in without a client certificate.
    pub needs_certificate: bool,
    /// SASL mechanisms that it offers.
    pub mechanisms: Vec<&'static str>,
}
