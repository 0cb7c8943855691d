//! Accepts connections, within limits, and leads each to its way in: a plain HTTP/1.1 stream
//! request to the stream writer, everything else to hyper.

mod connection;
mod head;
mod lanes;
mod per_ip;
mod rewind;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

pub use connection::Shared;

use crate::http::{AdminHandler, Door};
use crate::signal::Phase;
use lanes::Lanes;
use per_ip::PerIp;

/// The kernel doubles what is asked for: at most 256 KiB are unsent in it.
const SEND_BUFFER_BYTES: usize = 128 * 1024;

/// How long to wait after the system could not accept (file handles used up).
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// Limits of a listener.
#[derive(Clone, Debug)]
pub struct ListenerConfig {
    /// Connections at once.
    pub connections_max: usize,
    /// Connections at once from one address.
    pub connections_per_ip_max: usize,
    /// How long streams may take to end when the replica drains.
    pub drain_timeout: Duration,
}

impl Default for ListenerConfig {
    fn default() -> Self {
        Self {
            connections_max: 19_000,
            connections_per_ip_max: 19_000,
            drain_timeout: Duration::from_secs(25),
        }
    }
}

/// What a listener serves.
pub struct Serving {
    /// The HTTP doors.
    pub door: Arc<Door>,
    /// TLS; absent: plain.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// What answers everything that the doors do not know.
    pub admin: Option<AdminHandler>,
}

/// Serves until `shutdown`, then drains. Returns whether every connection ended in time.
///
/// # Errors
/// When the threads that serve connections cannot be started.
pub async fn run(
    listener: TcpListener,
    serving: Serving,
    config: ListenerConfig,
    shutdown: impl Future<Output = ()>,
) -> io::Result<bool> {
    let lanes = Lanes::start()?;
    let permits = Arc::new(Semaphore::new(config.connections_max));
    let per_ip = Arc::new(PerIp::new(config.connections_per_ip_max));
    let signal = Arc::clone(serving.door.signal());
    let shared = Arc::new(Shared::new(serving));
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &permits) => accepted,
            Some(_) = connections.join_next() => continue,
            () = &mut shutdown => break,
        };
        let Some((stream, permit)) = accepted else {
            continue;
        };
        let Some(place) = stream.peer_addr().ok().and_then(|peer| per_ip.take(peer.ip())) else {
            continue;
        };
        // The socket moves to the event queue of its lane.
        let (Ok(stream), Some(lane)) = (stream.into_std(), lanes.next()) else { continue };
        let shared = Arc::clone(&shared);
        let served = async move {
            // Both are given back when the connection ends.
            let _held = (permit, place);
            if let Ok(stream) = TcpStream::from_std(stream) {
                connection::serve(stream, shared).await;
            }
        };
        connections.spawn_on(served, lane);
    }
    drop(listener);
    signal.set_phase(Phase::Draining);
    let drained = tokio::time::timeout(config.drain_timeout, async {
        while connections.join_next().await.is_some() {}
    });
    let in_time = drained.await.is_ok();
    signal.set_phase(Phase::Stopping);
    Ok(in_time)
}

/// The next connection, as soon as there is room for one.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => {
            // Failures leave the system's defaults.
            let _ = stream.set_nodelay(true);
            let _ = socket2::SockRef::from(&stream).set_send_buffer_size(SEND_BUFFER_BYTES);
            Some((stream, permit))
        }
        Err(error) => {
            tracing::warn!(%error, "cannot accept");
            tokio::time::sleep(ACCEPT_RETRY).await;
            None
        }
    }
}
