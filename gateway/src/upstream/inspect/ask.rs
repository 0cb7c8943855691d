//! What Metadata says of topics, as it is now: nothing of it is remembered.

use std::sync::Arc;

use catalog::inspect::InspectError;
use kafka_protocol::{
    messages::{
        MetadataRequest, MetadataResponse, TopicName, metadata_request::MetadataRequestTopic,
    },
    protocol::StrBytes,
};

use super::told;
use crate::upstream::{
    brokers::{Broker, Lane},
    codes,
    core::Core,
    failure::Failure,
};

/// Metadata versions spoken: 4 is the first that can leave topics uncreated.
const METADATA_VERSIONS: (i16, i16) = (4, 12);
/// Brokers that are asked for what any of them knows, one after the other.
const BROKERS_TRIED_MAX: usize = 3;

/// A failure, for people who look.
pub(super) fn failed(core: &Core, failure: Failure) -> InspectError {
    told(failure.into_error(core.name()), "")
}

/// A broker that takes a connection; it is kept for the question that follows.
pub(super) async fn any_broker(core: &Core) -> Result<Arc<Broker>, InspectError> {
    let mut last = Failure::unreachable("it lists no brokers");
    for broker in core.brokers.all().into_iter().take(BROKERS_TRIED_MAX) {
        match core.brokers.lease(&broker, Lane::Question).await.map(drop) {
            Ok(()) => return Ok(broker),
            Err(failure) => last = failure,
        }
    }
    Err(failed(core, last))
}

/// Metadata of topics, or of all (`None`).
pub(super) async fn metadata(
    core: &Core,
    names: Option<&[&str]>,
) -> Result<MetadataResponse, InspectError> {
    core.topology.refresh_brokers().await.map_err(|failure| failed(core, failure))?;
    let broker = any_broker(core).await?;
    let answer = ask(core, &broker, names).await.map_err(|failure| failed(core, failure))?;
    match answer.error_code {
        0 => Ok(answer),
        code => Err(failed(core, Failure::protocol(format!("Metadata: {}", codes::name(code))))),
    }
}

async fn ask(
    core: &Core,
    broker: &Broker,
    names: Option<&[&str]>,
) -> Result<MetadataResponse, Failure> {
    let mut lease = core.brokers.lease(broker, Lane::Question).await?;
    let connection = lease.connection()?;
    let version = connection.require((3, "Metadata"), METADATA_VERSIONS)?;
    let named = |name: &&str| {
        let name = TopicName(StrBytes::from_string((*name).to_owned()));
        MetadataRequestTopic::default().with_name(Some(name))
    };
    let request = MetadataRequest::default()
        .with_topics(names.map(|names| names.iter().map(named).collect()))
        .with_allow_auto_topic_creation(false);
    connection.call(&request, version).await
}

/// What is wrong with a topic that was asked for by name; `None`: nothing.
pub(super) fn trouble(core: &Core, answer: &MetadataResponse, topic: &str) -> Option<InspectError> {
    let (cluster, name) = (core.name().to_owned(), topic.to_owned());
    let is_it = |one: &str| one == topic;
    let found = answer.topics.iter().find(|one| one.name.as_ref().is_some_and(|n| is_it(&n.0)));
    match found.map(|one| one.error_code) {
        Some(0 | codes::LEADER_NOT_AVAILABLE) => None,
        Some(codes::TOPIC_AUTHORIZATION_FAILED) => {
            Some(InspectError::Denied { cluster, topic: name, operation: "DESCRIBE" })
        }
        None | Some(codes::UNKNOWN_TOPIC_OR_PARTITION | codes::INVALID_TOPIC) => {
            Some(InspectError::NoSuchTopic { cluster, topic: name })
        }
        Some(code) => {
            let reason = format!("topic {topic}: {}", codes::name(code));
            Some(InspectError::Unreachable { cluster, reason })
        }
    }
}
