//! Accepts connections, within limits, and leads each to its way in: on the HTTP listener a plain
//! HTTP/1.1 stream request to the stream writer and everything else to hyper, on a Kafka listener
//! to a session.

mod connection;
mod head;
pub mod kafka;
mod lanes;
mod per_ip;
mod rewind;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

pub use connection::Shared;

use crate::http::{AdminHandler, Door};
use crate::signal::{Phase, Signal};
use lanes::Lanes;
use per_ip::PerIp;

/// For streams. The kernel doubles what is asked for: at most 256 KiB are unsent in it.
const SEND_BUFFER_BYTES: usize = 128 * 1024;
/// For Kafka connections: what clients ask for at once from a partition leaves in one write.
const KAFKA_SEND_BUFFER_BYTES: usize = 1024 * 1024;

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

/// A certificate with its key and rules, which may be replaced while connections use the old one.
pub type TlsSource = Arc<ArcSwap<rustls::ServerConfig>>;

/// What a listener serves.
pub struct Serving {
    /// The HTTP doors.
    pub door: Arc<Door>,
    /// TLS; absent: plain.
    pub tls: Option<TlsSource>,
    /// What answers everything that the doors do not know.
    pub admin: Option<AdminHandler>,
}

/// What the listeners of a replica share: threads, and how many connections there may be.
pub struct Room {
    lanes: Lanes,
    permits: Arc<Semaphore>,
    per_ip: Arc<PerIp>,
}

impl Room {
    /// Starts the threads that serve connections.
    ///
    /// # Errors
    /// When they cannot be started.
    pub fn open(config: &ListenerConfig) -> io::Result<Arc<Self>> {
        let permits = Arc::new(Semaphore::new(config.connections_max));
        let per_ip = Arc::new(PerIp::new(config.connections_per_ip_max));
        Ok(Arc::new(Self { lanes: Lanes::start()?, permits, per_ip }))
    }
}

/// Serves the HTTP doors until the replica drains and every connection has ended.
pub async fn run(listener: TcpListener, room: Arc<Room>, serving: Serving) {
    let signal = Arc::clone(serving.door.signal());
    let shared = Arc::new(Shared::new(serving));
    let serve = move |stream, peer| connection::serve(stream, peer, Arc::clone(&shared));
    accept_all((listener, room, SEND_BUFFER_BYTES), signal, serve).await;
}

/// Accepts connections and serves each on a lane, until the replica drains; then waits for them.
async fn accept_all<F: Future<Output = ()> + Send + 'static>(
    (listener, room, send_buffer): (TcpListener, Arc<Room>, usize),
    signal: Arc<Signal>,
    serve: impl Fn(TcpStream, SocketAddr) -> F + Clone + Send + 'static,
) {
    let mut connections = JoinSet::new();
    let draining = signal.reached(Phase::Draining);
    tokio::pin!(draining);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &room.permits, send_buffer) => accepted,
            Some(_) = connections.join_next() => continue,
            () = &mut draining => break,
        };
        let Some((stream, peer, permit)) = accepted else {
            continue;
        };
        let Some(place) = room.per_ip.take(peer.ip()) else {
            continue;
        };
        // The socket moves to the event queue of its lane.
        let (Ok(stream), Some(lane)) = (stream.into_std(), room.lanes.next()) else { continue };
        let serve = serve.clone();
        let served = async move {
            // Both are given back when the connection ends.
            let _held = (permit, place);
            if let Ok(stream) = TcpStream::from_std(stream) {
                serve(stream, peer).await;
            }
        };
        connections.spawn_on(served, lane);
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// The next connection, as soon as there is room for one.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
    send_buffer: usize,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            // Failures leave the system's defaults.
            let _ = stream.set_nodelay(true);
            let _ = socket2::SockRef::from(&stream).set_send_buffer_size(send_buffer);
            Some((stream, peer, permit))
        }
        Err(error) => {
            tracing::warn!(%error, "cannot accept");
            tokio::time::sleep(ACCEPT_RETRY).await;
            None
        }
    }
}
