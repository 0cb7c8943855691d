//! The Kafka door's listeners: bound sockets, virtual clusters, and the key that ids are made with.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use gateway::kafka::{ClusterKey, KEY_BYTES, VirtualCluster, VirtualClusterConfig};
use gateway::listener::kafka::{Entrance, KafkaListener};
use tokio::net::TcpListener;

use super::tls;
use crate::config::{Config, Kafka};

/// A bound socket, and the address by which the configuration names it.
pub struct Bound {
    /// `kafka.listen`
    pub listen: SocketAddr,
    /// The socket.
    pub socket: TcpListener,
}

/// Binds every address once.
///
/// # Errors
/// Which cannot be bound.
pub async fn bind(config: &Config) -> anyhow::Result<Vec<Bound>> {
    let mut bound: Vec<Bound> = Vec::new();
    for kafka in &config.kafka {
        let listen = kafka.listen;
        if listen.port() == 0 || bound.iter().all(|other| other.listen != listen) {
            bound.push(Bound { listen, socket: super::bind("kafka.listen", listen).await? });
        }
    }
    Ok(bound)
}

/// The listeners with their virtual clusters.
///
/// # Errors
/// Which file cannot be used, and why.
pub fn listeners(bound: Vec<Bound>, config: &Config) -> anyhow::Result<Vec<KafkaListener>> {
    if config.kafka.is_empty() {
        return Ok(Vec::new());
    }
    let key = cluster_key(config)?;
    let mut left: Vec<&Kafka> = config.kafka.iter().collect();
    let mut listeners = Vec::new();
    for Bound { listen, socket } in bound {
        let address = socket.local_addr()?;
        let (here, others): (Vec<_>, Vec<_>) = match listen.port() {
            // Any port: each has one of its own.
            0 => {
                let at = left.iter().position(|kafka| kafka.listen == listen);
                let one = at.map(|at| left.remove(at));
                (one.into_iter().collect(), left)
            }
            _ => left.into_iter().partition(|kafka| kafka.listen == listen),
        };
        left = others;
        let entrances = here.into_iter().map(|kafka| entrance(kafka, address, &key));
        let entrances = entrances.collect::<anyhow::Result<Vec<_>>>()?;
        listeners.push(KafkaListener { socket, entrances });
    }
    Ok(listeners)
}

fn entrance(kafka: &Kafka, address: SocketAddr, key: &ClusterKey) -> anyhow::Result<Entrance> {
    let (host, port) =
        kafka.advertised()?.unwrap_or_else(|| (address.ip().to_string(), address.port()));
    let cluster = VirtualCluster::new(VirtualClusterConfig {
        name: kafka.name().to_owned(),
        backend: kafka.cluster.clone(),
        host,
        port,
        key: key.clone(),
    });
    let server_names = kafka.server_names.iter().map(|name| name.to_ascii_lowercase()).collect();
    let tls = kafka.tls.as_ref().map(tls::kafka).transpose()?;
    Ok(Entrance { cluster: Arc::new(cluster), server_names, tls })
}

/// The key that all replicas must share. Without a file of its own it is made beside the catalog,
/// which is enough for one replica.
fn cluster_key(config: &Config) -> anyhow::Result<ClusterKey> {
    let path = config.secrets.cluster_key_file.clone().unwrap_or_else(|| {
        let mut beside = config.store.path.clone().into_os_string();
        beside.push(".cluster-key");
        PathBuf::from(beside)
    });
    let named = || format!("secrets.cluster_key_file: {}", path.display());
    create(&path).with_context(named)?;
    let bytes = std::fs::read(&path).with_context(named)?;
    let bytes: [u8; KEY_BYTES] = bytes.try_into().map_err(|bytes: Vec<u8>| {
        anyhow!("{} has {} bytes, not {KEY_BYTES}", named(), bytes.len())
    })?;
    Ok(ClusterKey::new(bytes))
}

/// Makes a key that only this user may read, if there is none.
fn create(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => {
            std::io::Write::write_all(&mut file, &rand::random::<[u8; KEY_BYTES]>())?;
            file.sync_all()
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}
