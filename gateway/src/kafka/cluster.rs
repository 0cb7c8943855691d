//! A virtual cluster: what a Kafka client takes for a cluster. One node at one address, a cluster
//! id and topic ids of its own, over one backend cluster. All names that clients see are made here;
//! a real one never is.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use kafka_protocol::messages::BrokerId;
use kafka_protocol::protocol::StrBytes;
use parking_lot::Mutex;
use sha2::Sha256;
use zeroize::Zeroizing;

/// The one node of every virtual cluster.
pub const NODE: BrokerId = BrokerId(1);

/// Bytes of a cluster key.
pub const KEY_BYTES: usize = 32;

/// Topic ids remembered for look-ups by id; beyond, all are forgotten and found anew.
const IDS_MAX: usize = 50_000;

/// What makes ids that clients cannot guess and that all replicas agree on.
#[derive(Clone)]
pub struct ClusterKey(Zeroizing<[u8; KEY_BYTES]>);

impl std::fmt::Debug for ClusterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClusterKey(…)")
    }
}

impl ClusterKey {
    /// Takes the key's bytes; the same on all replicas.
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// HMAC-SHA-256 of the parts, each with its length before it, so that no two lists of parts
    /// look alike.
    pub fn derive(&self, parts: &[&[u8]]) -> [u8; 32] {
        // HMAC takes keys of every length, so the empty fallback is never seen.
        let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(self.0.as_slice()) else {
            return [0; 32];
        };
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    fn id(&self, parts: &[&[u8]]) -> [u8; 16] {
        let derived = self.derive(parts);
        let mut id = [0; 16];
        id.iter_mut().zip(derived).for_each(|(byte, from)| *byte = from);
        // A random UUID's form (RFC 9562): never one of those that Kafka reserves.
        id[6] = (id[6] & 0x0f) | 0x40;
        id[8] = (id[8] & 0x3f) | 0x80;
        id
    }
}

/// What a virtual cluster is made of.
#[derive(Clone, Debug)]
pub struct VirtualClusterConfig {
    /// Its name: the first part of group names on the backend cluster.
    pub name: String,
    /// The backend cluster's name in the catalog.
    pub backend: String,
    /// Host that clients are told to connect to.
    pub host: String,
    /// Port that clients are told to connect to.
    pub port: u16,
    /// The key.
    pub key: ClusterKey,
}

/// A virtual cluster.
pub struct VirtualCluster {
    config: VirtualClusterConfig,
    id: StrBytes,
    host: StrBytes,
    /// Endpoint names by virtual topic id.
    ids: Mutex<HashMap<[u8; 16], String>>,
}

impl VirtualCluster {
    /// Makes it.
    pub fn new(config: VirtualClusterConfig) -> Self {
        let id = config.key.id(&[b"virtual cluster", config.name.as_bytes()]);
        let id = StrBytes::from_string(URL_SAFE_NO_PAD.encode(id));
        let host = StrBytes::from_string(config.host.clone());
        Self { config, id, host, ids: Mutex::default() }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// The backend cluster's name in the catalog.
    pub fn backend(&self) -> &str {
        &self.config.backend
    }

    /// The cluster id that clients see.
    pub fn id(&self) -> StrBytes {
        self.id.clone()
    }

    /// Where clients connect: host and port.
    pub fn address(&self) -> (StrBytes, i32) {
        (self.host.clone(), i32::from(self.config.port))
    }

    /// The key.
    pub fn key(&self) -> &ClusterKey {
        &self.config.key
    }

    /// The id that clients see for an endpoint over this real topic: another one when the topic
    /// was deleted and made anew (KIP-516), the same on every replica.
    pub fn virtual_id(&self, endpoint: &str, real: &[u8; 16]) -> [u8; 16] {
        let name = self.config.name.as_bytes();
        let id = self.config.key.id(&[b"topic", name, endpoint.as_bytes(), real]);
        let mut ids = self.ids.lock();
        if !ids.contains_key(&id) {
            if ids.len() >= IDS_MAX {
                ids.clear();
            }
            ids.insert(id, endpoint.to_owned());
        }
        id
    }

    /// The endpoint that an id was made for, if that was lately.
    pub fn endpoint_of(&self, id: &[u8; 16]) -> Option<String> {
        self.ids.lock().get(id).cloned()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn sample(name: &str, key: u8) -> VirtualCluster {
        let config = VirtualClusterConfig {
            name: name.to_owned(),
            backend: "main".to_owned(),
            host: "kafka.example".to_owned(),
            port: 9092,
            key: ClusterKey::new([key; KEY_BYTES]),
        };
        VirtualCluster::new(config)
    }

    #[test]
    fn ids_are_stable_and_depend_on_everything_that_makes_them() {
        let cluster = sample("shop", 1);
        let id = cluster.virtual_id("orders", &[7; 16]);
        assert_eq!(sample("shop", 1).virtual_id("orders", &[7; 16]), id);
        for other in [
            sample("shop", 2).virtual_id("orders", &[7; 16]),
            sample("shops", 1).virtual_id("orders", &[7; 16]),
            cluster.virtual_id("order", &[7; 16]),
            cluster.virtual_id("orders", &[8; 16]),
        ] {
            assert_ne!(other, id);
        }
        assert_ne!(sample("shop", 1).id(), sample("shop", 2).id());
        assert_eq!(cluster.endpoint_of(&id).as_deref(), Some("orders"));
        assert_eq!(cluster.endpoint_of(&[0; 16]), None);
    }

    #[test]
    fn a_key_is_not_printed() {
        assert!(!format!("{:?}", ClusterKey::new([65; KEY_BYTES])).contains("65"));
    }
}
