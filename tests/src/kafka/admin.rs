//! What tests do to topics: through librdkafka's admin client where it can, by single requests
//! where it cannot (moving a leader, changing one configuration value).

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use kafka_protocol::messages::alter_partition_reassignments_request::{
    ReassignablePartition, ReassignableTopic,
};
use kafka_protocol::messages::alter_user_scram_credentials_request::ScramCredentialUpsertion;
use kafka_protocol::messages::elect_leaders_request::TopicPartitions;
use kafka_protocol::messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig,
};
use kafka_protocol::messages::{
    AlterPartitionReassignmentsRequest, AlterUserScramCredentialsRequest, BrokerId,
    ElectLeadersRequest, IncrementalAlterConfigsRequest,
};
use kafka_protocol::protocol::StrBytes;
use rdkafka::TopicPartitionList;
use rdkafka::admin::{AdminOptions, NewPartitions, NewTopic, TopicReplication};
use sha2::Sha512;

use super::{KafkaCluster, metadata, wire};
use crate::expect::eventually;

/// How long one change may take to be seen everywhere.
const CHANGE_LIMIT: Duration = Duration::from_secs(30);
/// `resource_type` of a topic (KIP-133).
const TOPIC_RESOURCE: i8 = 2;
/// The mechanism as KIP-554 numbers it.
const SCRAM_SHA_512: i8 = 2;
/// The fewest iterations that brokers take.
const ITERATIONS: u32 = 4_096;
/// How long the brokers may take over one admin request.
const ADMIN_TIMEOUT_MS: i32 = 20_000;

/// Who leads a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leader {
    /// The leader's node id; -1: none.
    pub node: i32,
    /// Its epoch.
    pub epoch: i32,
    /// In-sync replicas.
    pub in_sync: Vec<i32>,
    /// All replicas, the preferred one first.
    pub replicas: Vec<i32>,
}

impl KafkaCluster {
    /// Gives a SASL user another password for SCRAM-SHA-512 (KIP-554).
    pub async fn set_password(&self, user: &str, password: &str) -> anyhow::Result<()> {
        let salt: [u8; 16] = rand::random();
        let upsertion = ScramCredentialUpsertion::default()
            .with_name(StrBytes::from_string(user.to_owned()))
            .with_mechanism(SCRAM_SHA_512)
            .with_iterations(i32::try_from(ITERATIONS)?)
            .with_salt(Bytes::copy_from_slice(&salt))
            .with_salted_password(salted(password, &salt)?.into());
        let request = AlterUserScramCredentialsRequest::default().with_upsertions(vec![upsertion]);
        let answer = wire::call(&self.bootstrap_list()[0], &request, 0).await?;
        let result = answer.results.first().context("no result")?;
        anyhow::ensure!(result.error_code == 0, "{:?}", result.error_message);
        Ok(())
    }

    /// Creates a topic with as many replicas as nodes, and waits until it can be used.
    pub async fn create_topic(&self, name: &str, partitions: i32) -> anyhow::Result<()> {
        self.create_topic_with(name, partitions, &[]).await
    }

    /// As [`Self::create_topic`], with configuration such as `("cleanup.policy", "compact")`.
    pub async fn create_topic_with(
        &self,
        name: &str,
        partitions: i32,
        config: &[(&str, &str)],
    ) -> anyhow::Result<()> {
        let replicas = i32::try_from(self.nodes.len())?;
        let mut topic = NewTopic::new(name, partitions, TopicReplication::Fixed(replicas));
        for (key, value) in config {
            topic = topic.set(key, value);
        }
        for outcome in self.admin.create_topics([&topic], &AdminOptions::new()).await? {
            outcome.map_err(|(topic, code)| anyhow::anyhow!("create {topic}: {code}"))?;
        }
        self.wait_for_leaders(name, usize::try_from(partitions)?).await
    }

    /// Adds partitions up to `count`.
    pub async fn grow_topic(&self, name: &str, count: usize) -> anyhow::Result<()> {
        let partitions = NewPartitions::new(name, count);
        for outcome in self.admin.create_partitions([&partitions], &AdminOptions::new()).await? {
            outcome.map_err(|(topic, code)| anyhow::anyhow!("grow {topic}: {code}"))?;
        }
        self.wait_for_leaders(name, count).await
    }

    /// Deletes a topic and waits until no broker knows it.
    pub async fn delete_topic(&self, name: &str) -> anyhow::Result<()> {
        for outcome in self.admin.delete_topics(&[name], &AdminOptions::new()).await? {
            outcome.map_err(|(topic, code)| anyhow::anyhow!("delete {topic}: {code}"))?;
        }
        eventually(CHANGE_LIMIT, "the topic is gone", || async {
            for node in self.nodes.iter().filter(|node| node.is_running()) {
                let seen = metadata(&node.plaintext(), &[name]).await.ok()?;
                if seen.topics.iter().any(|topic| topic.error_code == 0) {
                    return None;
                }
            }
            Some(())
        })
        .await
    }

    /// Deletes all records of a partition below `offset`; -1: all there are.
    pub async fn delete_records(
        &self,
        topic: &str,
        partition: i32,
        offset: i64,
    ) -> anyhow::Result<()> {
        let offset = match offset {
            -1 => rdkafka::Offset::End,
            other => rdkafka::Offset::Offset(other),
        };
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, offset)?;
        let outcome = self.admin.delete_records(&list, &AdminOptions::new()).await?;
        for element in outcome.elements() {
            element.error().with_context(|| format!("delete records of {topic}"))?;
        }
        Ok(())
    }

    /// Sets one configuration value of a topic.
    pub async fn set_config(&self, topic: &str, name: &str, value: &str) -> anyhow::Result<()> {
        let text = |text: &str| StrBytes::from_string(text.to_owned());
        let config = AlterableConfig::default()
            .with_name(text(name))
            .with_config_operation(0)
            .with_value(Some(text(value)));
        let resource = AlterConfigsResource::default()
            .with_resource_type(TOPIC_RESOURCE)
            .with_resource_name(text(topic))
            .with_configs(vec![config]);
        let request = IncrementalAlterConfigsRequest::default().with_resources(vec![resource]);
        let answer = wire::call(&self.any_node()?, &request, 1).await?;
        for outcome in answer.responses {
            anyhow::ensure!(outcome.error_code == 0, "set {name}: error {}", outcome.error_code);
        }
        Ok(())
    }

    /// Who leads a partition now, as a running node tells.
    pub async fn leader(&self, topic: &str, partition: i32) -> anyhow::Result<Leader> {
        let seen = metadata(&self.any_node()?, &[topic]).await?;
        let partitions = seen.topics.iter().flat_map(|topic| &topic.partitions);
        let found = partitions.into_iter().find(|seen| seen.partition_index == partition);
        let found = found.with_context(|| format!("{topic}-{partition} does not exist"))?;
        let ids = |nodes: &[BrokerId]| nodes.iter().map(|id| id.0).collect();
        Ok(Leader {
            node: found.leader_id.0,
            epoch: found.leader_epoch,
            in_sync: ids(&found.isr_nodes),
            replicas: ids(&found.replica_nodes),
        })
    }

    /// The topic's id as metadata tells it, to see that a topic was recreated.
    pub async fn topic_id(&self, topic: &str) -> anyhow::Result<String> {
        let seen = metadata(&self.any_node()?, &[topic]).await?;
        let found = seen.topics.first().with_context(|| format!("no topic {topic}"))?;
        Ok(found.topic_id.to_string())
    }

    /// Makes `node` the leader of a partition: preferred replica first, then an election.
    pub async fn move_leader(&self, topic: &str, partition: i32, node: i32) -> anyhow::Result<()> {
        let mut replicas = self.leader(topic, partition).await?.replicas;
        replicas.retain(|replica| *replica != node);
        replicas.insert(0, node);
        self.reassign(topic, partition, &replicas).await?;
        eventually(CHANGE_LIMIT, "the new replica order", || async {
            let leader = self.leader(topic, partition).await.ok()?;
            (leader.replicas == replicas && leader.in_sync.contains(&node)).then_some(())
        })
        .await?;
        self.elect(topic, partition, 0).await?;
        let what = format!("{topic}-{partition} is led by node {node}");
        eventually(CHANGE_LIMIT, &what, || async {
            (self.leader(topic, partition).await.ok()?.node == node).then_some(())
        })
        .await
    }

    /// Sets the replicas of a partition, the preferred leader first.
    pub async fn reassign(
        &self,
        topic: &str,
        partition: i32,
        replicas: &[i32],
    ) -> anyhow::Result<()> {
        let replicas = replicas.iter().map(|id| BrokerId(*id)).collect();
        let partition = ReassignablePartition::default()
            .with_partition_index(partition)
            .with_replicas(Some(replicas));
        let topic = ReassignableTopic::default()
            .with_name(wire::topic_name(topic))
            .with_partitions(vec![partition]);
        let request = AlterPartitionReassignmentsRequest::default()
            .with_timeout_ms(ADMIN_TIMEOUT_MS)
            .with_topics(vec![topic]);
        let answer = wire::call(&self.any_node()?, &request, 0).await?;
        let codes = answer.responses.iter().flat_map(|topic| &topic.partitions);
        let codes: Vec<i16> = codes.map(|partition| partition.error_code).collect();
        anyhow::ensure!(
            answer.error_code == 0 && codes.iter().all(|code| *code == 0),
            "reassign: error {} {codes:?}",
            answer.error_code
        );
        Ok(())
    }

    /// Elects the preferred leader (`kind` 0), or any living replica even if it lost data (1).
    pub async fn elect(&self, topic: &str, partition: i32, kind: i8) -> anyhow::Result<()> {
        /// ELECTION_NOT_NEEDED: it leads already.
        const NOT_NEEDED: i16 = 84;
        let partitions = TopicPartitions::default()
            .with_topic(wire::topic_name(topic))
            .with_partitions(vec![partition]);
        let request = ElectLeadersRequest::default()
            .with_election_type(kind)
            .with_topic_partitions(Some(vec![partitions]))
            .with_timeout_ms(ADMIN_TIMEOUT_MS);
        let answer = wire::call(&self.any_node()?, &request, 2).await?;
        let results = answer.replica_election_results.iter();
        for outcome in results.flat_map(|topic| &topic.partition_result) {
            let code = outcome.error_code;
            anyhow::ensure!(code == 0 || code == NOT_NEEDED, "elect: error {code}");
        }
        Ok(())
    }

    /// How many partitions each node leads, over the given topic.
    pub async fn leaders(&self, topic: &str) -> anyhow::Result<HashMap<i32, usize>> {
        let seen = metadata(&self.any_node()?, &[topic]).await?;
        let mut counts = HashMap::new();
        for partition in seen.topics.iter().flat_map(|topic| &topic.partitions) {
            *counts.entry(partition.leader_id.0).or_default() += 1;
        }
        Ok(counts)
    }

    async fn wait_for_leaders(&self, topic: &str, partitions: usize) -> anyhow::Result<()> {
        let what = format!("every node knows the leaders of {topic}");
        eventually(CHANGE_LIMIT, &what, || async {
            for node in self.nodes.iter().filter(|node| node.is_running()) {
                let seen = metadata(&node.plaintext(), &[topic]).await.ok()?;
                let led = seen.topics.iter().flat_map(|topic| &topic.partitions);
                let led = led.filter(|partition| partition.leader_id.0 >= 0);
                if led.count() < partitions {
                    return None;
                }
            }
            Some(())
        })
        .await
    }

    fn any_node(&self) -> anyhow::Result<String> {
        let running = self.nodes.iter().find(|node| node.is_running());
        Ok(running.context("no node is running")?.plaintext())
    }
}

/// `Hi(password, salt, iterations)` of RFC 5802.
fn salted(password: &str, salt: &[u8]) -> anyhow::Result<Vec<u8>> {
    let hash = |message: &[u8]| -> anyhow::Result<Vec<u8>> {
        let mut mac = <Hmac<Sha512> as KeyInit>::new_from_slice(password.as_bytes())?;
        mac.update(message);
        Ok(mac.finalize().into_bytes().to_vec())
    };
    let mut last = hash(&[salt, &1u32.to_be_bytes()].concat())?;
    let mut salted = last.clone();
    for _ in 1..ITERATIONS {
        last = hash(&last)?;
        salted.iter_mut().zip(&last).for_each(|(sum, byte)| *sum ^= byte);
    }
    Ok(salted)
}
