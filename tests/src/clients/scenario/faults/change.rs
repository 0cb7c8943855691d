//! C13: logs that change behind the gateway. A log begins later, for a reader that lives, one whose
//! commit is lost and one that is new; a topic is deleted and created anew. Nothing of what is void
//! comes. Only through the gateway. That logs are cut, no real broker shows on demand:
//! `tests/tests/kafka_fetch/changes.rs` does.

use std::time::Duration;

use crate::clients::Client;
use crate::clients::program::{Job, Line, Outcome, Running};
use crate::clients::record::{Seen, difference};
use crate::clients::scenario::{Case, Stage};
use crate::clients::world::Topic;
use crate::documents::Documents;
use crate::kafka::KafkaCluster;
use crate::produce::{Codec, Producer, Record, read_all};

/// Records before a change.
const BEFORE: usize = 20;
/// Where the log begins after it.
const LOG_START: i64 = 12;
/// Records after it.
const AFTER: usize = 5;
/// How long what is there may take to arrive.
const ARRIVE_WITHIN: Duration = Duration::from_secs(30);
/// How long a change may take to be known to the gateway: it is told by the broker's next answers.
const KNOWN_AFTER: Duration = Duration::from_secs(2);

fn shortened(client: Client) -> Topic {
    Topic::new(&format!("c13-shortened-{}", client.name()), 1)
}

fn recreated(client: Client) -> Topic {
    Topic::new(&format!("c13-recreated-{}", client.name()), 1)
}

pub fn topics(clients: &[Client]) -> Vec<Topic> {
    clients.iter().flat_map(|client| [shortened(*client), recreated(*client)]).collect()
}

pub fn documents(clients: &[Client], documents: Documents) -> Documents {
    topics(clients).iter().fold(documents, |documents, topic| topic.publish(documents, &[]))
}

pub async fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Case>> {
    let mut cases = shorten(stage).await?;
    cases.push(recreate(stage).await?);
    Ok(cases)
}

/// Records are deleted while one reader lives and another is away.
async fn shorten(stage: &Stage<'_>) -> anyhow::Result<Vec<Case>> {
    let (topic, cluster) = (shortened(stage.client), &stage.world.cluster);
    write(cluster, &topic, "old", BEFORE)?;
    // It commits where the log will not begin any more.
    let away = |count| stage.in_group(Job::consume(&topic.address, count), "c13 away");
    let first = stage.job(&away(3).with("commit", "each").with("settle", 0)).await?;
    let living = Job::consume(&topic.address, BEFORE + AFTER).timeout(3 * ARRIVE_WITHIN);
    let living = stage.in_group(living, "c13 living");
    let (bootstrap, options) =
        (stage.world.bootstrap(stage.side)?, stage.world.options(stage.side)?);
    let mut running = Running::start(stage.program, &bootstrap, &options, &living)?;
    let mut outcome = Outcome::default();
    let had_all = has(&mut running, &mut outcome, BEFORE).await;
    cluster.delete_records(&topic.real, 0, LOG_START).await?;
    tokio::time::sleep(KNOWN_AFTER).await;
    write(cluster, &topic, "new", AFTER)?;
    let wanted = what_is_there(cluster, &topic)?;
    let outcome = running.finish(outcome).await?;
    let wrong = match had_all {
        false => Some(format!("{} records before", outcome.records.len())),
        true => difference(&wanted, outcome.records.get(LOG_START as usize..).unwrap_or_default()),
    };
    let fresh = stage.in_group(Job::consume(&topic.address, wanted.len()), "c13 fresh");
    let fresh = stage.job(&fresh).await?;
    let mut cases = vec![
        Case::plain("log start moved: living", &outcome, wrong),
        Case::plain("log start moved: new", &fresh, difference(&wanted, &fresh.records)),
    ];
    // What of it was committed beyond the new beginning is not for this case to say.
    if stage.client != Client::Rskafka && first.records.len() < LOG_START as usize {
        let back = stage.job(&away(wanted.len())).await?;
        let wrong = difference(&wanted, &back.records);
        cases.push(Case::plain("log start moved: lost commit", &back, wrong));
    }
    Ok(cases)
}

/// A topic is deleted and created anew between two readers.
async fn recreate(stage: &Stage<'_>) -> anyhow::Result<Case> {
    let (topic, cluster) = (recreated(stage.client), &stage.world.cluster);
    write(cluster, &topic, "old", BEFORE)?;
    let job = |count| Job::consume(&topic.address, count);
    let before = stage.job(&stage.in_group(job(BEFORE), "c13 old")).await?;
    cluster.delete_topic(&topic.real).await?;
    cluster.create_topic(&topic.real, topic.partitions).await?;
    write(cluster, &topic, "new", AFTER)?;
    tokio::time::sleep(KNOWN_AFTER).await;
    let after = stage.job(&stage.in_group(job(AFTER), "c13 new")).await?;
    let wrong = match before.records.len() {
        BEFORE => difference(&what_is_there(cluster, &topic)?, &after.records),
        count => Some(format!("{count} records before")),
    };
    Ok(Case::plain("created anew", &after, wrong))
}

fn write(cluster: &KafkaCluster, topic: &Topic, what: &str, count: usize) -> anyhow::Result<()> {
    let producer = Producer::new(&cluster.bootstrap(), Codec::None)?;
    // Each in a batch of its own, so that a log can begin between any two.
    (0..count).try_for_each(|n| {
        producer.send(&topic.real, &[Record::value(format!("{{\"{what}\":{n}}}"))])
    })
}

fn what_is_there(cluster: &KafkaCluster, topic: &Topic) -> anyhow::Result<Vec<Seen>> {
    let records = read_all(&cluster.bootstrap(), &topic.real, topic.partitions, "read_committed")?;
    Ok(records.iter().map(Seen::of).collect())
}

/// Whether so many records come in time.
async fn has(running: &mut Running, outcome: &mut Outcome, count: usize) -> bool {
    let wait = async {
        while outcome.records.len() < count {
            match running.next().await {
                Ok(Some(Line::End)) | Ok(None) | Err(_) => return false,
                Ok(Some(line)) => outcome.take(line),
            }
        }
        true
    };
    tokio::time::timeout(ARRIVE_WITHIN, wait).await.unwrap_or(false)
}
