//! The TLS handshake of a Kafka listener: the client's name for the server chooses the entrance.

use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::Entrance;
use crate::kafka::VirtualCluster;

/// Makes the handshake; `None`: it failed, or nothing has that name.
pub(super) async fn accept(
    stream: TcpStream,
    entrances: &[Entrance],
) -> Option<(TlsStream<TcpStream>, Arc<VirtualCluster>)> {
    let acceptor = rustls::server::Acceptor::default();
    let begun = LazyConfigAcceptor::new(acceptor, stream).await.ok()?;
    let entrance = choose(entrances, begun.client_hello().server_name())?;
    let config = entrance.tls.as_ref()?.load_full();
    let stream = begun.into_stream(config).await.ok()?;
    Some((stream, Arc::clone(&entrance.cluster)))
}

/// Where there is one entrance every name leads to it, and none: clients leave the name out when
/// they connect to an address.
fn choose<'a>(entrances: &'a [Entrance], name: Option<&str>) -> Option<&'a Entrance> {
    if let [only] = entrances {
        return Some(only);
    }
    let name = name?.to_ascii_lowercase();
    entrances.iter().find(|e| e.server_names.iter().any(|pattern| matches(pattern, &name)))
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(domain) => name.split_once('.').is_some_and(|(_, rest)| rest == domain),
        None => pattern == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_whole_or_by_one_label() {
        assert!(matches("kafka.example", "kafka.example"));
        assert!(!matches("kafka.example", "a.kafka.example"));
        assert!(matches("*.example", "kafka.example"));
        assert!(!matches("*.example", "a.kafka.example") && !matches("*.example", "example"));
    }
}
