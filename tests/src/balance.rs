//! A TCP balancer: each new connection goes to the next of several addresses that takes it. Who
//! refuses is passed over, as a load balancer does with a replica that is gone.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;
use tokio::net::TcpStream;

/// Addresses, and whose turn it is.
#[derive(Debug)]
pub struct Balancer {
    addresses: Vec<String>,
    turn: AtomicUsize,
}

impl Balancer {
    /// Over these, each `host:port`.
    pub fn new(addresses: Vec<String>) -> Balancer {
        Balancer { addresses, turn: AtomicUsize::new(0) }
    }

    /// A connection to the next one that takes it; an error when all refuse.
    pub async fn connect(&self) -> anyhow::Result<TcpStream> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let count = self.addresses.len();
        for address in self.addresses.iter().cycle().skip(turn % count.max(1)).take(count) {
            if let Ok(socket) = TcpStream::connect(address).await {
                return Ok(socket);
            }
        }
        Err(anyhow::anyhow!("{} address(es)", count)).context("everyone refuses")
    }
}
