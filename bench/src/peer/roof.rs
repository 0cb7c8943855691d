//! The reference program as a process of its own, so that the kernel counts its CPU time apart.

use std::process::Command;

use anyhow::Result;

use super::{Door, Server, free_address};

/// Starts the bare epoll loop: this program again, in its other role.
///
/// # Errors
/// When it does not start.
pub fn start(door: Door, events_per_second: u32, event_bytes: usize) -> Result<Server> {
    let address = free_address()?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg("roof")
        .args(["--listen", &address.to_string()])
        .args(["--events-per-second", &events_per_second.to_string()])
        .args(["--event-bytes", &event_bytes.to_string()]);
    if door == Door::Websocket {
        command.arg("--websocket");
    }
    Server::start(command, address, door.request("/", ""), tempfile::tempdir()?)
}
