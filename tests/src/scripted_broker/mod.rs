//! A Kafka broker of our own, in this process, that does what a script says: the only way to see
//! truncation, lying lengths, wrong checksums, held answers and other things that a real broker
//! does once a year. It speaks ApiVersions, Metadata, ListOffsets, Fetch, OffsetForLeaderEpoch,
//! DescribeConfigs and SASL PLAIN, and writes down everything that it is asked.

mod answer;
pub mod batch;
mod log;
mod relayed;
mod script;
mod session;

pub use batch::{Batch, BatchRecord, Lies};
pub use log::{FetchAsk, Partition, Stored, Topic, code};
pub use script::{Act, Edit};

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use kafka_protocol::messages::ApiKey;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::expect::eventually;
use crate::ports;
use crate::tls::Identity;
use script::{Rule, Script};

/// The broker's node id.
pub const NODE_ID: i32 = 1;

/// What the broker asks of its clients.
#[derive(Clone, Default)]
pub struct Options {
    /// SASL PLAIN user and password; `None`: no SASL.
    pub sasl: Option<(String, String)>,
    /// TLS certificate; `None`: plaintext.
    pub tls: Option<Identity>,
}

/// One request that was seen.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When.
    pub at: Instant,
    /// On which connection, counted from 1.
    pub connection: u64,
    /// The API key.
    pub api: i16,
    /// The API version.
    pub version: i16,
    /// The client id.
    pub client_id: Option<String>,
    /// For Fetch: what was asked.
    pub fetches: Vec<FetchAsk>,
}

/// A running scripted broker; dropping it closes everything.
pub struct ScriptedBroker {
    address: SocketAddr,
    shared: Arc<Shared>,
    running: Mutex<Option<AbortHandle>>,
}

/// What connections share.
struct Shared {
    address: SocketAddr,
    sasl: Option<(String, String)>,
    tls: Option<TlsAcceptor>,
    topics: Mutex<Vec<Topic>>,
    script: Mutex<Script>,
    seen: Mutex<Vec<Seen>>,
    bytes_out: AtomicU64,
    connections: AtomicU64,
    /// Counts changes to topics, so that waiting fetches look again.
    changes: watch::Sender<u64>,
}

impl ScriptedBroker {
    /// A plaintext broker without SASL.
    pub async fn start() -> anyhow::Result<ScriptedBroker> {
        ScriptedBroker::with(Options::default()).await
    }

    /// A broker with TLS or SASL.
    pub async fn with(options: Options) -> anyhow::Result<ScriptedBroker> {
        let broker = ScriptedBroker::stopped(options)?;
        broker.listen().await?;
        Ok(broker)
    }

    /// A broker that does not listen yet: its address refuses connections.
    pub fn stopped(options: Options) -> anyhow::Result<ScriptedBroker> {
        let address = SocketAddr::from(([127, 0, 0, 1], ports::free()?));
        let tls = options.tls.map(|identity| crate::tls::server_config(&identity)).transpose()?;
        let shared = Shared {
            address,
            sasl: options.sasl,
            tls: tls.map(TlsAcceptor::from),
            topics: Mutex::new(Vec::new()),
            script: Mutex::new(Script::default()),
            seen: Mutex::new(Vec::new()),
            bytes_out: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            changes: watch::Sender::new(0),
        };
        let running = Mutex::new(None);
        Ok(ScriptedBroker { address, shared: Arc::new(shared), running })
    }

    /// Accepts connections (again) on its port.
    pub async fn listen(&self) -> anyhow::Result<()> {
        let listener = TcpListener::bind(self.address).await.context("the broker's port")?;
        let shared = Arc::clone(&self.shared);
        let task = tokio::spawn(async move {
            // Dropped with this task: every connection ends with it.
            let mut sessions = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let number = shared.connections.fetch_add(1, Ordering::AcqRel) + 1;
                sessions.spawn(session::run(Arc::clone(&shared), socket, number));
                while sessions.try_join_next().is_some() {}
            }
        });
        *self.running.lock() = Some(task.abort_handle());
        Ok(())
    }

    /// Closes its port and every connection; topics and script stay.
    pub fn stop(&self) {
        if let Some(running) = self.running.lock().take() {
            running.abort();
        }
    }

    /// Its `host:port`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Creates a topic, or recreates it empty under another id.
    pub fn create_topic(&self, name: &str, partitions: usize) {
        let mut topics = self.shared.topics.lock();
        topics.retain(|topic| topic.name != name);
        topics.push(Topic::new(name, partitions));
        drop(topics);
        self.shared.changed();
    }

    /// Deletes a topic.
    pub fn delete_topic(&self, name: &str) {
        self.shared.topics.lock().retain(|topic| topic.name != name);
        self.shared.changed();
    }

    /// Changes anything about a topic.
    ///
    /// # Panics
    /// When there is no such topic.
    pub fn edit_topic<T>(&self, name: &str, edit: impl FnOnce(&mut Topic) -> T) -> T {
        let mut topics = self.shared.topics.lock();
        let topic = topics.iter_mut().find(|topic| topic.name == name).expect("no such topic");
        let outcome = edit(topic);
        drop(topics);
        self.shared.changed();
        outcome
    }

    /// Changes anything about a partition.
    ///
    /// # Panics
    /// When there is no such partition.
    pub fn edit<T>(
        &self,
        topic: &str,
        partition: usize,
        edit: impl FnOnce(&mut Partition) -> T,
    ) -> T {
        self.edit_topic(topic, |topic| {
            edit(topic.partitions.get_mut(partition).expect("no such partition"))
        })
    }

    /// Appends a batch; answers its first offset.
    pub fn append(&self, topic: &str, partition: usize, batch: &Batch) -> i64 {
        self.edit(topic, partition, |partition| partition.append(batch))
    }

    /// Does `act` to the next `times` requests of a kind (`None`: to all). Rules of one kind apply
    /// one after the other.
    pub fn script(&self, api: ApiKey, times: Option<usize>, act: Act) {
        self.shared.script.lock().add(Rule { api, left: times, act });
    }

    /// Forgets every rule.
    pub fn behave(&self) {
        self.shared.script.lock().clear();
    }

    /// Every request seen so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().clone()
    }

    /// How many requests of a kind were seen.
    pub fn count(&self, api: ApiKey) -> usize {
        let api = api as i16;
        self.shared.seen.lock().iter().filter(|seen| seen.api == api).count()
    }

    /// Waits until `count` requests of a kind were seen.
    pub async fn asked(&self, api: ApiKey, count: usize, limit: Duration) -> anyhow::Result<()> {
        let what = format!("{count} requests of {api:?}");
        eventually(limit, &what, || async { (self.count(api) >= count).then_some(()) }).await
    }

    /// Bytes of frames sent.
    pub fn bytes_out(&self) -> u64 {
        self.shared.bytes_out.load(Ordering::Acquire)
    }

    /// Connections accepted.
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Acquire)
    }
}

impl Drop for ScriptedBroker {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }
}
