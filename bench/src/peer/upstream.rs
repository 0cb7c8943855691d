//! The synthetic broker as a process of its own.

use std::net::SocketAddr;
use std::process::Command;

use anyhow::Result;

use super::Server;

/// Starts it: this program again, in its role.
///
/// # Errors
/// When it does not start.
pub fn start(address: SocketAddr) -> Result<Server> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("upstream").args(["--listen", &address.to_string()]);
    Server::start(command, address, String::new(), tempfile::tempdir()?)
}
