//! C9: the broker restarts behind the gateway while a client reads and commits. The client sees no
//! error and nothing twice. Only through the gateway: direct, clients may see what they like.

use std::time::Duration;

use super::{Case, Stage};
use crate::clients::program::{Job, Line, Outcome, Running};
use crate::clients::world::Topic;
use crate::clients::{Client, Side};
use crate::documents::Documents;
use crate::kafka::KafkaCluster;
use crate::produce::{Codec, Producer, Record};

/// Records before and after the restart.
const RECORDS: usize = 10;
/// How long each half may take to arrive; the restart itself is waited for.
const ARRIVE_WITHIN: Duration = Duration::from_secs(40);

fn topic(client: Client) -> Topic {
    Topic::new(&format!("c9-{}", client.name()), 1)
}

pub(super) fn topics(clients: &[Client]) -> Vec<Topic> {
    clients.iter().copied().map(topic).collect()
}

pub(super) fn documents(clients: &[Client], documents: Documents) -> Documents {
    topics(clients).iter().fold(documents, |documents, topic| topic.publish(documents, &[]))
}

pub(super) async fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Case>> {
    let topic = topic(stage.client);
    let cluster = &stage.world.cluster;
    write(cluster, &topic)?;
    let job = Job::consume(topic.name(Side::Gateway), 2 * RECORDS)
        .with("commit", "each")
        .timeout(Duration::from_secs(120));
    let job = stage.in_group(job, "c9");
    let options = stage.world.options(stage.side)?;
    let bootstrap = stage.world.bootstrap(stage.side)?;
    let mut running = Running::start(stage.program, &bootstrap, &options, &job)?;
    let mut outcome = Outcome::default();
    let first = take(&mut running, &mut outcome, RECORDS).await;
    for id in cluster.node_ids() {
        cluster.stop(id).await?;
        cluster.start(id).await?;
    }
    write(cluster, &topic)?;
    let second = take(&mut running, &mut outcome, 2 * RECORDS).await;
    let wrong = match (first, second) {
        (true, true) => twice(&outcome),
        (false, _) => Some(format!("{} records before", outcome.records.len())),
        _ => Some(format!("{} records of {}", outcome.records.len(), 2 * RECORDS)),
    };
    let outcome = if second { running.finish(outcome).await? } else { outcome };
    Ok(vec![Case::plain("broker restart", &outcome, wrong)])
}

fn write(cluster: &KafkaCluster, topic: &Topic) -> anyhow::Result<()> {
    let records: Vec<Record> = (0..RECORDS).map(|n| Record::value(format!("{n}"))).collect();
    Producer::new(&cluster.bootstrap(), Codec::None)?.send(&topic.real, &records)
}

/// Reads until `count` records are there.
async fn take(running: &mut Running, outcome: &mut Outcome, count: usize) -> bool {
    let wait = async {
        while outcome.records.len() < count {
            match running.next().await {
                Ok(Some(line @ Line::Unsupported(_))) => {
                    outcome.take(line);
                    return false;
                }
                Ok(Some(line)) => outcome.take(line),
                Ok(None) | Err(_) => return false,
            }
        }
        true
    };
    tokio::time::timeout(ARRIVE_WITHIN, wait).await.unwrap_or(false)
}

fn twice(outcome: &Outcome) -> Option<String> {
    let mut offsets: Vec<i64> = outcome.records.iter().map(|record| record.offset).collect();
    offsets.sort_unstable();
    offsets.dedup();
    let again = outcome.records.len() - offsets.len();
    (again > 0).then(|| format!("{again} records came twice"))
}
