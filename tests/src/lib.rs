//! Sluicegate from outside: the parts that tests and benchmarks share. A real Apache Kafka cluster,
//! a scripted broker that can misbehave, the real `sluicegate` binary as a process, a strict
//! Server-Sent Events client, and ways to wait for and search what is seen.
//!
//! Nothing here knows the product's insides: what a test asserts on, a user could see.

pub mod balance;
pub mod canary;
pub mod clients;
pub mod crowd;
pub mod documents;
pub mod expect;
pub mod gateway;
pub mod hostile;
pub mod http;
pub mod issuer;
pub mod kafka;
pub mod keycloak;
pub mod load;
pub mod metrics;
pub mod orders;
pub mod ports;
pub mod postgres;
pub mod process;
pub mod produce;
pub mod scripted_broker;
pub mod sse;
pub mod tidy;
pub mod tls;
pub mod websocket;

pub use expect::{eventually, run};

use std::io::Write;
use std::path::PathBuf;

/// The repository's root folder.
pub fn repository() -> PathBuf {
    let tests = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    tests.parent().map_or(tests.clone(), PathBuf::from)
}

/// Where downloads and unpacked parts are kept between runs, outside the checkout.
pub fn cache() -> PathBuf {
    let var = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(cache) = var("SLUICEGATE_CACHE") {
        return PathBuf::from(cache);
    }
    let base = var("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| {
        let home = PathBuf::from(var("HOME")?);
        Some(home.join(".cache"))
    });
    base.unwrap_or_else(std::env::temp_dir).join("sluicegate")
}

/// Says what the harness is doing, to people who wait.
pub fn say(what: &str) {
    // Nobody can be told when standard error is gone.
    let _ = writeln!(std::io::stderr(), "[tests] {what}");
}
