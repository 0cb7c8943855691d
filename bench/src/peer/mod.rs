//! Those we are compared with. Each starts a server of its own on a free loopback port, with its
//! best honest settings, and says how a subscriber asks for the stream.

pub mod centrifugo;
pub mod haproxy;
pub mod kroxylicious;
pub mod nchan;
pub mod roof;
pub mod serde_tree;
pub mod upstream;

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tempfile::TempDir;
use tests::process::Process;

/// How long a peer may take from its start to its first accepted connection.
const START_WAIT: Duration = Duration::from_secs(30);

/// A running server.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// A subscriber's request, as it goes over the wire.
    pub request: String,
    child: Process,
    // After the process: the folder goes when it is stopped.
    _folder: TempDir,
}

impl Server {
    /// The process id; workers are its children.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Starts a program in a folder of its own and waits until it accepts.
    fn start(
        command: Command,
        address: SocketAddr,
        request: String,
        folder: TempDir,
    ) -> Result<Self> {
        let mut child = Process::spawn(command, &folder.path().join("output.log"), None)?;
        let deadline = Instant::now() + START_WAIT;
        while TcpStream::connect(address).is_err() {
            if let Some(status) = child.ended() {
                bail!("it ended at once ({status}): {}", child.output());
            }
            if Instant::now() > deadline {
                bail!("it does not accept on {address} after {START_WAIT:?}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Self { address, request, child, _folder: folder })
    }
}

/// Installs Debian packages if a file of theirs is missing, where that is possible.
///
/// # Errors
/// When it is missing and cannot be installed.
fn install_debian(file: &str, packages: &[&str]) -> Result<()> {
    if Path::new(file).exists() {
        return Ok(());
    }
    let names = packages.join(" ");
    if !is_root() {
        bail!("{file} is missing: apt-get install {names}");
    }
    println!("installing {names} …");
    let status = Command::new("apt-get")
        .args(["install", "-y", "--no-install-recommends"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(Stdio::null())
        .status()?;
    match status.success() && Path::new(file).exists() {
        true => Ok(()),
        false => bail!("{file} is missing and apt-get could not install {names}"),
    }
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// A loopback address nobody listens on at the moment.
///
/// # Errors
/// When there is none.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// How events come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// As Server-Sent Events.
    Sse,
    /// In frames of a WebSocket.
    Websocket,
}

impl Door {
    /// A subscriber's request for a stream of events; `header`: a whole line, or none.
    pub fn request(self, target: &str, header: &str) -> String {
        let asks = match self {
            Self::Sse => "accept: text/event-stream\r\n",
            Self::Websocket => {
                "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n\
                 sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            }
        };
        format!("GET {target} HTTP/1.1\r\nhost: localhost\r\n{asks}{header}\r\n")
    }
}
