//! Metadata (3), versions 0-13: the one node leads every partition of every endpoint that the
//! client may use, under the endpoint's address and a topic id of the virtual cluster. Leader
//! epochs are the backend cluster's own. Topics are never created, whatever the client asks.

use std::collections::BTreeSet;

use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::{MetadataRequest, MetadataResponse, TopicName};
use kafka_protocol::protocol::StrBytes;
use uuid::Uuid;

use super::{INVALID_REQUEST, TOPIC_AUTHORIZATION_FAILED};
use crate::authz::Sight;
use crate::kafka::call::{Call, Reply};
use crate::kafka::client::{Client, UnknownId};
use crate::kafka::cluster::NODE;
use crate::kafka::session::Hurry;
use crate::upstream::UpstreamError;

const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
const LEADER_NOT_AVAILABLE: i16 = 5;
const UNKNOWN_TOPIC_ID: i16 = 100;

/// Answers.
pub async fn serve(client: &Client, call: &Call, hurry: &mut Hurry) -> Reply {
    let request: MetadataRequest = match call.decode() {
        Ok(request) => request,
        Err(bad) => return bad.into(),
    };
    // Version 0 has no null: an empty list is all.
    let asked = request.topics.filter(|topics| call.version > 0 || !topics.is_empty());
    let topics = match asked {
        None => described(client, client.sights()).await,
        Some(asked) => {
            let (mut names, mut ids) = (BTreeSet::new(), BTreeSet::new());
            for topic in asked {
                match topic.name {
                    Some(name) => drop(names.insert(name)),
                    None => drop(ids.insert(topic.topic_id)),
                }
            }
            let mut topics = by_name(client, names).await;
            topics.extend(by_id(client, ids).await);
            topics
        }
    };
    if !topics.is_empty() && topics.iter().all(|topic| topic.error_code != 0) {
        hurry.hold_errors().await;
    }
    let (host, port) = client.cluster.address();
    let node = MetadataResponseBroker::default().with_node_id(NODE).with_host(host).with_port(port);
    let mut answer = MetadataResponse::default().with_brokers(vec![node]).with_topics(topics);
    if call.version >= 1 {
        answer.controller_id = NODE;
    }
    if call.version >= 2 {
        answer.cluster_id = Some(client.cluster.id());
    }
    for topic in &mut answer.topics {
        fit(topic, call.version);
    }
    Reply::message(&answer, call.version)
}

/// Leaves out what the version cannot say.
fn fit(topic: &mut MetadataResponseTopic, version: i16) {
    if version < 10 {
        topic.topic_id = Uuid::nil();
    }
    if version < 7 {
        topic.partitions.iter_mut().for_each(|partition| partition.leader_epoch = -1);
    }
    // Only from version 12 on may a topic that was asked for by id go without a name.
    if version < 12 && topic.name.is_none() {
        topic.name = Some(TopicName::default());
    }
}

async fn by_name(client: &Client, names: BTreeSet<TopicName>) -> Vec<MetadataResponseTopic> {
    let (mut sights, mut topics) = (Vec::new(), Vec::new());
    for name in names {
        match client.sight(&name) {
            Ok(sight) => sights.push(sight),
            Err(_) => topics.push(refused(name)),
        }
    }
    topics.extend(described(client, sights).await);
    topics
}

fn refused(name: TopicName) -> MetadataResponseTopic {
    let topic = MetadataResponseTopic::default();
    topic.with_name(Some(name)).with_error_code(TOPIC_AUTHORIZATION_FAILED)
}

async fn by_id(client: &Client, ids: BTreeSet<Uuid>) -> Vec<MetadataResponseTopic> {
    let (mut sights, mut topics) = (Vec::new(), Vec::new());
    for id in ids {
        match client.sight_by_id(id.as_bytes()).await {
            Ok(sight) => sights.push(sight),
            Err(why) => {
                let code = match why {
                    _ if id.is_nil() => INVALID_REQUEST,
                    UnknownId::Nothing => UNKNOWN_TOPIC_ID,
                    UnknownId::NotAllowed => TOPIC_AUTHORIZATION_FAILED,
                };
                let topic = MetadataResponseTopic::default().with_name(None);
                topics.push(topic.with_topic_id(id).with_error_code(code));
            }
        }
    }
    topics.extend(described(client, sights).await);
    topics
}

/// Describes what may be used. All are looked up at once, so that one question to the cluster
/// answers many.
async fn described(client: &Client, sights: Vec<Sight>) -> Vec<MetadataResponseTopic> {
    let looks = sights.iter().map(|sight| describe(client, sight));
    futures_util::future::join_all(looks).await
}

async fn describe(client: &Client, sight: &Sight) -> MetadataResponseTopic {
    let endpoint = &sight.grant().endpoint;
    let name = TopicName(StrBytes::from_string(endpoint.spec.address().to_owned()));
    let answer = MetadataResponseTopic::default().with_name(Some(name));
    let found = client.upstream().leader_epochs(&endpoint.spec.topic).await;
    let (topic, epochs) = match found {
        Ok(found) => found,
        Err(UpstreamError::UnknownTopic { .. }) => {
            return answer.with_error_code(UNKNOWN_TOPIC_OR_PARTITION);
        }
        Err(_) => return answer.with_error_code(LEADER_NOT_AVAILABLE),
    };
    let partitions = topic.partitions.iter().zip(epochs).map(|(partition, epoch)| {
        MetadataResponsePartition::default()
            .with_partition_index(*partition)
            .with_leader_id(NODE)
            .with_leader_epoch(epoch)
            .with_replica_nodes(vec![NODE])
            .with_isr_nodes(vec![NODE])
    });
    let id = client.virtual_id(&endpoint.name, &topic.id);
    answer.with_topic_id(Uuid::from_bytes(id)).with_partitions(partitions.collect())
}
