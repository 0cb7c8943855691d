//! Free TCP ports on loopback that stay free for this process: reserved by a lock file among all
//! processes of the harness, and taken from below the range that the system gives to outgoing
//! connections, so that a server can be stopped and started again on its port.

use std::fs::{File, OpenOptions};
use std::net::TcpListener;
use std::sync::LazyLock;

use anyhow::Context;
use parking_lot::Mutex;
use rand::RngExt;

/// Ports handed out; Linux gives 32768 and up to outgoing connections.
const RANGE: std::ops::Range<u16> = 18_000..32_000;
/// Tries before giving up: the range is far larger than what tests use.
const TRIES_MAX: usize = 500;

/// Locks of the ports that this process holds: released by the system when it ends.
static HELD: LazyLock<Mutex<Vec<File>>> = LazyLock::new(|| Mutex::new(Vec::new()));

/// A port on 127.0.0.1 that nobody listens on, reserved until this process ends.
pub fn free() -> anyhow::Result<u16> {
    let folder = std::env::temp_dir().join("sluicegate-ports");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {folder:?}"))?;
    for _ in 0..TRIES_MAX {
        let port = rand::rng().random_range(RANGE);
        let path = folder.join(port.to_string());
        let lock = OpenOptions::new().create(true).append(true).open(&path)?;
        if lock.try_lock().is_err() || TcpListener::bind(("127.0.0.1", port)).is_err() {
            continue;
        }
        HELD.lock().push(lock);
        return Ok(port);
    }
    anyhow::bail!("no free port in {RANGE:?} after {TRIES_MAX} tries")
}
