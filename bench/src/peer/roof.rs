//! The reference program as a process of its own, so that the kernel counts its CPU time apart.

use std::process::Command;

use anyhow::Result;

use super::{Server, free_address, sse_request};
use crate::process::OwnedChild;

/// Starts the bare epoll loop: this program again, in its other role.
///
/// # Errors
/// When it does not start.
pub fn start(events_per_second: u32, event_bytes: usize) -> Result<Server> {
    let address = free_address()?;
    let child = OwnedChild::spawn(
        Command::new(std::env::current_exe()?)
            .arg("roof")
            .args(["--listen", &address.to_string()])
            .args(["--events-per-second", &events_per_second.to_string()])
            .args(["--event-bytes", &event_bytes.to_string()]),
    )?;
    Server::accepting(child, address, sse_request("/", ""), tempfile::tempdir()?)
}
