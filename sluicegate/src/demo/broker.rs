//! The Kafka cluster of the demo: one inside this process, or one that somebody names.
//!
//! The one inside speaks the Kafka protocol on a real socket. It keeps what fits in its memory and
//! answers no look-ups by time.

use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::mocking::MockCluster;
use rdkafka::types::RDKafkaErrorCode;

use super::data::TOPICS;

/// Enough to see that a stream is of several partitions.
const PARTITIONS: i32 = 3;
/// A cluster that does not make topics within this time is not reachable.
const ADMIN_TIMEOUT: Duration = Duration::from_secs(10);

/// A cluster that has the topics. The embedded one lives until this is dropped.
pub(super) struct Broker {
    /// `host:port`
    pub(super) bootstrap: String,
    _embedded: Option<Embedded>,
}

impl Broker {
    /// Starts a cluster in this process.
    pub(super) fn embedded() -> anyhow::Result<Self> {
        let (stop, stopped) = mpsc::sync_channel::<()>(1);
        let (report, started) = mpsc::sync_channel(1);
        // The cluster may not change threads, so it has one that does nothing but own it.
        let thread = std::thread::Builder::new().name("demo-broker".to_owned()).spawn(
            move || match cluster() {
                Ok(cluster) => {
                    let _ = report.send(Ok(cluster.bootstrap_servers()));
                    // Returns when the other end is dropped.
                    let _ = stopped.recv();
                }
                Err(error) => {
                    let _ = report.send(Err(error));
                }
            },
        )?;
        let bootstrap = started.recv().context("the embedded broker broke off")?;
        Ok(Self {
            bootstrap: bootstrap.context("cannot start the embedded broker")?,
            _embedded: Some(Embedded { stop: Some(stop), thread: Some(thread) }),
        })
    }

    /// Uses a real cluster, and makes the topics that it does not have.
    pub(super) async fn real(bootstrap: String) -> anyhow::Result<Self> {
        let admin: AdminClient<DefaultClientContext> =
            ClientConfig::new().set("bootstrap.servers", &bootstrap).create()?;
        // -1: as many replicas as the cluster is configured for.
        let topics =
            TOPICS.map(|name| NewTopic::new(name, PARTITIONS, TopicReplication::Fixed(-1)));
        let options = AdminOptions::new()
            .request_timeout(Some(ADMIN_TIMEOUT))
            .operation_timeout(Some(ADMIN_TIMEOUT));
        let made = admin.create_topics(&topics, &options).await.map_err(|error| {
            anyhow!(
                "cannot make topics on {bootstrap}: {error}. Is a broker without TLS and \
                 login there?"
            )
        })?;
        for outcome in made {
            match outcome {
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((topic, code)) => bail!("cannot make topic {topic} on {bootstrap}: {code}"),
            }
        }
        Ok(Self { bootstrap, _embedded: None })
    }
}

fn cluster() -> Result<Cluster, rdkafka::error::KafkaError> {
    let cluster = MockCluster::new(1)?;
    for topic in TOPICS {
        cluster.create_topic(topic, PARTITIONS, 1)?;
    }
    Ok(cluster)
}

type Cluster = MockCluster<'static, rdkafka::producer::DefaultProducerContext>;

/// The thread that owns the embedded cluster.
struct Embedded {
    stop: Option<mpsc::SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Embedded {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic over there was already told; there is nothing to save here.
            let _ = thread.join();
        }
    }
}
