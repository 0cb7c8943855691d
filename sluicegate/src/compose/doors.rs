//! Where the doors are, as clients are to be told: by the configuration, and by what is bound.

use std::net::{IpAddr, SocketAddr};

use gateway::kafka::VirtualCluster;
use gateway::listener::kafka::KafkaListener;
use portal::connect::{Doors, KafkaAddress};

use crate::config::{ClientCertificate, Config, Kafka};

/// The doors behind these listeners.
pub fn told(config: &Config, http: SocketAddr, listeners: &[KafkaListener]) -> Doors {
    let clusters = listeners.iter().flat_map(|listener| {
        let local = listener.socket.local_addr().is_ok_and(|address| address.ip().is_loopback());
        listener.entrances.iter().map(move |entrance| (local, &*entrance.cluster))
    });
    let kafka = clusters.filter_map(|(local, cluster)| {
        let mut sections = config.kafka.iter();
        let section = sections.find(|section| section.name() == cluster.name())?;
        Some(address(section, cluster, local, !config.identity.issuers.is_empty()))
    });
    Doors { http: base_url(config, http), kafka: kafka.collect() }
}

/// What the configuration says, or what is bound; an address that stands for all of a machine's
/// leads nobody anywhere.
fn base_url(config: &Config, bound: SocketAddr) -> Option<String> {
    if let Some(url) = &config.http.public_url {
        return Some(url.trim_end_matches('/').to_owned());
    }
    let scheme = if config.http.tls.is_some() { "https" } else { "http" };
    (!bound.ip().is_unspecified()).then(|| format!("{scheme}://{bound}"))
}

fn address(section: &Kafka, cluster: &VirtualCluster, local: bool, issuers: bool) -> KafkaAddress {
    let (host, port) = cluster.address();
    let host = match host.parse::<IpAddr>() {
        Ok(IpAddr::V6(ip)) => format!("[{ip}]"),
        _ => host.to_string(),
    };
    // As the door decides it: a secret or a token goes where nobody can listen.
    let private = section.tls.is_some() || local;
    let mechanisms = [
        ("SCRAM-SHA-256", true),
        ("SCRAM-SHA-512", true),
        ("OAUTHBEARER", private && issuers),
        ("PLAIN", private),
    ];
    let tls = section.tls.as_ref();
    KafkaAddress {
        cluster: section.cluster.clone(),
        bootstrap: format!("{host}:{port}"),
        tls: tls.is_some(),
        needs_certificate: tls
            .is_some_and(|tls| tls.client_certificate == ClientCertificate::Required),
        mechanisms: mechanisms.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_url_counts_before_what_is_bound() {
        let mut config = Config::default();
        let url = |config: &Config, bound: &str| base_url(config, bound.parse().ok()?);
        assert_eq!(url(&config, "127.0.0.1:80").as_deref(), Some("http://127.0.0.1:80"));
        assert_eq!(url(&config, "[::1]:80").as_deref(), Some("http://[::1]:80"));
        assert_eq!(url(&config, "0.0.0.0:80"), None);
        config.http.public_url = Some("https://events.example.org/".to_owned());
        assert_eq!(url(&config, "0.0.0.0:80").as_deref(), Some("https://events.example.org"));
    }
}
