//! The Kafka cluster of the demo: one inside this process, or one that somebody names.
//!
//! The one inside is the crate `broker`: it speaks the Kafka protocol on a real socket and keeps
//! what fits in its memory.

use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::types::RDKafkaErrorCode;

use super::data::TOPICS;

/// Enough to see that a stream is of several partitions.
const PARTITIONS: u16 = 3;
/// A cluster that does not make topics within this time is not reachable.
const ADMIN_TIMEOUT: Duration = Duration::from_secs(10);

/// A cluster that has the topics. The embedded one lives until this is dropped.
pub(super) struct Broker {
    /// `host:port`
    pub(super) bootstrap: String,
    _embedded: Option<broker::Broker>,
}

impl Broker {
    /// Starts a cluster in this process.
    pub(super) async fn embedded() -> anyhow::Result<Self> {
        let broker = broker::Broker::start(broker::Options::default());
        let broker = broker.await.context("cannot start the embedded broker")?;
        for topic in TOPICS {
            broker
                .create_topic(topic, usize::from(PARTITIONS), &[])
                .with_context(|| format!("cannot make topic {topic} on the embedded broker"))?;
        }
        Ok(Self { bootstrap: broker.address().to_string(), _embedded: Some(broker) })
    }

    /// Uses a real cluster, and makes the topics that it does not have.
    pub(super) async fn real(bootstrap: String) -> anyhow::Result<Self> {
        let admin: AdminClient<DefaultClientContext> =
            ClientConfig::new().set("bootstrap.servers", &bootstrap).create()?;
        // -1: as many replicas as the cluster is configured for.
        let topics = TOPICS
            .map(|name| NewTopic::new(name, i32::from(PARTITIONS), TopicReplication::Fixed(-1)));
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
