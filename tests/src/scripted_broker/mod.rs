//! The broker of the crate `broker`, in this process, that does what a script says: the only way
//! to see truncation, lying lengths, wrong checksums, held answers and other things that a real
//! broker does once a year. It writes down everything that it is asked.

pub mod batch;
mod script;

pub use batch::{Batch, BatchRecord, Lies};
pub use broker::{NODE_ID, Partition, Stored, Topic, code};
pub use script::{Act, Edit, FetchAsk, Seen};

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use broker::Broker;
use kafka_protocol::messages::ApiKey;

use crate::expect::eventually;
use crate::ports;
use crate::tls::Identity;
use script::{Rule, Script};

/// What the broker asks of its clients.
#[derive(Clone, Default)]
pub struct Options {
    /// SASL PLAIN user and password; `None`: no SASL.
    pub sasl: Option<(String, String)>,
    /// TLS certificate; `None`: plaintext.
    pub tls: Option<Identity>,
}

/// A running scripted broker; dropping it closes everything.
pub struct ScriptedBroker {
    broker: Broker,
    script: Arc<Script>,
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
        let script = Arc::new(Script::default());
        let interceptor = Arc::clone(&script);
        let tls = options.tls.map(|identity| crate::tls::server_config(&identity)).transpose()?;
        let options = broker::Options {
            listen: SocketAddr::from(([127, 0, 0, 1], ports::free()?)),
            cluster_id: "scripted".to_owned(),
            sasl: options.sasl,
            tls,
            interceptor: Some(interceptor),
        };
        Ok(ScriptedBroker { broker: Broker::new(options), script })
    }

    /// Accepts connections (again) on its port.
    pub async fn listen(&self) -> anyhow::Result<()> {
        self.broker.listen().await.context("the broker's port")
    }

    /// Closes its port and every connection; topics and script stay.
    pub fn stop(&self) {
        self.broker.stop();
    }

    /// Its `host:port`.
    pub fn address(&self) -> String {
        self.broker.address().to_string()
    }

    /// Creates a topic, or recreates it empty under another id. Nothing is too old for it.
    ///
    /// # Panics
    /// When no broker would create such a topic.
    pub fn create_topic(&self, name: &str, partitions: usize) {
        self.broker.edit(|topics| {
            topics.delete(name);
            let config = vec![("retention.ms".to_owned(), "-1".to_owned())];
            let created = topics.create(name, partitions, config);
            created.map(|_| ()).expect("a topic as brokers have them");
        });
    }

    /// Deletes a topic.
    pub fn delete_topic(&self, name: &str) {
        self.broker.edit(|topics| topics.delete(name));
    }

    /// Changes anything about a topic.
    ///
    /// # Panics
    /// When there is no such topic.
    pub fn edit_topic<T>(&self, name: &str, edit: impl FnOnce(&mut Topic) -> T) -> T {
        self.broker.edit(|topics| edit(topics.get_mut(name).expect("no such topic")))
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

    /// Appends a batch, right or wrong; answers its first offset.
    pub fn append(&self, topic: &str, partition: usize, batch: &Batch) -> i64 {
        self.edit(topic, partition, |partition| batch.append_to(partition))
    }

    /// Does `act` to the next `times` requests of a kind (`None`: to all). Rules of one kind apply
    /// one after the other.
    pub fn script(&self, api: ApiKey, times: Option<usize>, act: Act) {
        self.script.add(Rule { api, left: times, act });
    }

    /// Forgets every rule.
    pub fn behave(&self) {
        self.script.clear();
    }

    /// Every request seen so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.script.seen()
    }

    /// How many requests of a kind were seen.
    pub fn count(&self, api: ApiKey) -> usize {
        self.script.count(api)
    }

    /// Waits until `count` requests of a kind were seen.
    pub async fn asked(&self, api: ApiKey, count: usize, limit: Duration) -> anyhow::Result<()> {
        let what = format!("{count} requests of {api:?}");
        eventually(limit, &what, || async { (self.count(api) >= count).then_some(()) }).await
    }

    /// Bytes of frames sent.
    pub fn bytes_out(&self) -> u64 {
        self.broker.bytes_out()
    }

    /// Connections accepted.
    pub fn connections(&self) -> u64 {
        self.broker.connections()
    }
}
