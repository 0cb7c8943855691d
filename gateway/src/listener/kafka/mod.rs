//! Kafka listeners: plain, or TLS where the name that the client asks for (SNI) chooses the virtual
//! cluster and the certificate. Client certificates are checked against their authorities here;
//! whom they prove is not decided here.

mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::per_ip::{PerIp, Place};
use super::{Room, TlsSource};
use crate::kafka::{KafkaDoor, Peer, VirtualCluster, serve};

/// How long a TLS handshake may take.
const TLS_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections of one address that have not logged in yet: each may cost 64 KiB. Whoever has more,
/// behind one address, tries again.
const GREETINGS_PER_IP_MAX: usize = 1_000;

/// A virtual cluster on a listener.
pub struct Entrance {
    /// The virtual cluster.
    pub cluster: Arc<VirtualCluster>,
    /// Names that lead to it, where one listener has several: lower case; `*.` stands for one
    /// label.
    pub server_names: Vec<String>,
    /// Its certificate; absent: plain, and the only entrance of its listener.
    pub tls: Option<TlsSource>,
}

/// An address with the virtual clusters behind it.
pub struct KafkaListener {
    /// Where it listens.
    pub socket: TcpListener,
    /// At least one.
    pub entrances: Vec<Entrance>,
}

/// Serves until the replica drains and every session has ended.
pub async fn run(listener: KafkaListener, room: Arc<Room>, door: Arc<KafkaDoor>) {
    let signal = Arc::clone(&door.signal);
    let entrances: Arc<[Entrance]> = listener.entrances.into();
    let greetings = Arc::new(PerIp::new(GREETINGS_PER_IP_MAX));
    let serve = move |stream, peer: SocketAddr| {
        let (door, entrances) = (Arc::clone(&door), Arc::clone(&entrances));
        let greeting = greetings.take(peer.ip());
        async move {
            let Some(greeting) = greeting else {
                let labels = vec![("reason", "greetings".to_owned())];
                door.metrics.kafka_closed.get_or_create(&labels).inc();
                return;
            };
            door.metrics.kafka_connections.inc();
            enter((stream, peer), greeting, &door, &entrances).await;
            door.metrics.kafka_connections.dec();
        }
    };
    let socket = (listener.socket, room, super::KAFKA_SEND_BUFFER_BYTES);
    super::accept_all(socket, signal, serve).await;
}

async fn enter(
    (mut stream, address): (TcpStream, SocketAddr),
    greeting: Place,
    door: &Arc<KafkaDoor>,
    entrances: &[Entrance],
) {
    if let [Entrance { tls: None, cluster, .. }] = entrances {
        let peer = Peer { address, encrypted: false, certificates: Vec::new() };
        if serve(&mut stream, greeting, Arc::clone(door), Arc::clone(cluster), peer).await {
            reset(&stream);
        }
        return;
    }
    // What the handshake needs is not kept while the session lasts.
    let handshake = Box::pin(timeout(TLS_TIMEOUT, tls::accept(stream, entrances)));
    let Ok(Some((mut stream, cluster))) = handshake.await else { return };
    let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
    let certificates = certificates.iter().map(|certificate| certificate.clone().into_owned());
    let peer = Peer { address, encrypted: true, certificates: certificates.collect() };
    if serve(&mut stream, greeting, Arc::clone(door), cluster, peer).await {
        reset(stream.get_ref().0);
    }
}

/// Makes the close that follows discard what the system has not sent yet.
fn reset(stream: &TcpStream) {
    // A failure leaves an ordinary close.
    let _ = socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO));
}
