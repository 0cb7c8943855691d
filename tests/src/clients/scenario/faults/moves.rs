//! C9: behind the gateway leaders and coordinators move and every broker restarts, one after the
//! other, while clients read, commit and write. They see no error, and nothing is lost or there
//! twice. Only through the gateway: direct, clients may see what they like.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};

use super::flow::{self, Topics};
use crate::clients::Client;
use crate::clients::event::{Window, window};
use crate::clients::scenario::{Case, Stage};
use crate::clients::world::{Topic, World};
use crate::documents::Documents;
use crate::eventually;
use crate::kafka::KafkaCluster;

/// Its name in topics.
const NAME: &str = "c9";
/// Records that each client writes, ten a second: about as long as everything takes.
const WRITES: usize = 400;
/// Leaders that move at once.
const MOVES_AT_ONCE: usize = 4;
/// Where coordinators of groups are, and how many partitions it has in tests.
const OFFSETS: (&str, i32) = ("__consumer_offsets", 4);
/// How long a broker that has started may take to be in sync again.
const SYNC_LIMIT: Duration = Duration::from_secs(30);
/// Between two parts of it.
const PAUSE: Duration = Duration::from_secs(2);

pub(in super::super) fn topics(clients: &[Client]) -> Vec<Topic> {
    Topics::all(NAME, clients)
}

pub(in super::super) fn documents(clients: &[Client], documents: Documents) -> Documents {
    Topics::documents(NAME, clients, documents)
}

pub(in super::super) async fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Case>> {
    let flow = flow::run(stage, &Topics::of(NAME, stage.client), WRITES).await?;
    let mut cases = vec![Case::plain("reads and commits", &flow.read, flow.damage())];
    if let Some(wrote) = &flow.wrote {
        cases.push(Case::plain("writes", wrote, flow.damage_written(WRITES)));
    }
    Ok(cases)
}

/// What happens meanwhile.
pub(in super::super) async fn act(
    world: &World,
    clients: &[Client],
) -> anyhow::Result<Vec<Window>> {
    let cluster = &world.cluster;
    let topics: Vec<String> = topics(clients).into_iter().map(|topic| topic.real).collect();
    let leaders: Vec<_> = topics.iter().map(|topic| move_on(cluster, topic, 0)).collect();
    let leaders = futures_util::stream::iter(leaders).buffer_unordered(MOVES_AT_ONCE);
    let mut windows = vec![window("leaders move", leaders.try_collect::<()>()).await?];
    tokio::time::sleep(PAUSE).await;
    let coordinators = async {
        for partition in 0..OFFSETS.1 {
            move_on(cluster, OFFSETS.0, partition).await?;
        }
        Ok(())
    };
    windows.push(window("coordinators move", coordinators).await?);
    for id in cluster.node_ids() {
        tokio::time::sleep(PAUSE).await;
        windows.push(window("a broker restarts", restart(cluster, id, &topics)).await?);
    }
    Ok(windows)
}

/// Another node than now leads the partition.
async fn move_on(cluster: &KafkaCluster, topic: &str, partition: i32) -> anyhow::Result<()> {
    let leader = cluster.leader(topic, partition).await?.node;
    let nodes = cluster.node_ids();
    let other = nodes.iter().cycle().skip_while(|id| **id != leader).nth(1);
    match other {
        Some(other) if *other != leader => cluster.move_leader(topic, partition, *other).await,
        _ => Ok(()),
    }
}

/// Stops a broker and starts it again, until it is in sync: the next one must not take the last
/// copy away.
async fn restart(cluster: &KafkaCluster, id: i32, topics: &[String]) -> anyhow::Result<()> {
    cluster.stop(id).await?;
    cluster.start(id).await?;
    let mut partitions: Vec<(&str, i32)> = topics.iter().map(|topic| (&**topic, 0)).collect();
    partitions.extend((0..OFFSETS.1).map(|partition| (OFFSETS.0, partition)));
    for (topic, partition) in partitions {
        eventually(SYNC_LIMIT, "the broker is in sync", || async {
            cluster.leader(topic, partition).await.ok()?.in_sync.contains(&id).then_some(())
        })
        .await?;
    }
    Ok(())
}
