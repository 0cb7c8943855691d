//! HAProxy (Debian package) in TCP mode: passes bytes through and knows nothing of Kafka, so the
//! broker has a listener that names HAProxy's address as its own. Its best honest settings for
//! large answers: 64 KiB buffers, two threads; splicing is not faster on loopback.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;

use anyhow::Result;

use super::{Server, install_debian};

/// Starts it on a port, before a broker's listener.
///
/// # Errors
/// When it is missing and cannot be installed, or does not start.
pub fn start(port: u16, behind: &str) -> Result<Server> {
    install_debian("/usr/sbin/haproxy", &["haproxy"])?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("haproxy.cfg");
    std::fs::write(&path, configuration(port, behind))?;
    let mut command = Command::new("/usr/sbin/haproxy");
    command.arg("-db").arg("-f").arg(&path);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    Server::start(command, address, String::new(), folder)
}

fn configuration(port: u16, behind: &str) -> String {
    format!(
        "global
  nbthread 2
  maxconn 4000
  tune.bufsize 65536
defaults
  mode tcp
  timeout connect 5s
  timeout client 10m
  timeout server 10m
frontend clients
  bind 127.0.0.1:{port}
  default_backend brokers
backend brokers
  server broker {behind}
"
    )
}
