//! C11: a credential is revoked while its client waits for records in a Fetch, and a stream of the
//! same credential is open on the HTTP door: every connection is closed within a second, and what
//! is written afterwards does not reach it. Only through the gateway.

use std::time::{Duration, Instant};

use anyhow::Context;

use super::{Case, Stage};
use crate::clients::Client;
use crate::clients::options::Options;
use crate::clients::program::{Job, Line, Outcome, Running};
use crate::clients::world::Topic;
use crate::documents::Documents;
use crate::kafka::KafkaCluster;
use crate::produce::{Codec, Producer, Record};

/// How soon every connection must be closed.
const CLOSED_WITHIN: Duration = Duration::from_secs(1);
/// How long the client is watched afterwards.
const WATCH: Duration = Duration::from_secs(3);
/// How long the client may take to get its first record.
const FIRST_WITHIN: Duration = Duration::from_secs(25);

/// One for each client: it has one record, until the late one is written.
fn topic(client: Client) -> Topic {
    Topic::new(&application(client), 1)
}

fn application(client: Client) -> String {
    format!("c11-{}", client.name().replace('.', "-"))
}

pub(super) fn topics(clients: &[Client]) -> Vec<Topic> {
    clients.iter().copied().map(topic).collect()
}

pub(super) fn documents(clients: &[Client], documents: Documents) -> Documents {
    clients.iter().fold(documents, |documents, client| {
        let (topic, name) = (topic(*client), application(*client));
        topic.publish(documents, &[]).subscriber(&name, &name, &name)
    })
}

pub(super) fn fill(clients: &[Client], cluster: &KafkaCluster) -> anyhow::Result<()> {
    let producer = Producer::new(&cluster.bootstrap(), Codec::None)?;
    let mut topics = topics(clients).into_iter();
    topics.try_for_each(|topic| producer.send(&topic.real, &[Record::value("0")]))
}

pub(super) async fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Case>> {
    let (front, topic) = (stage.world.front()?, topic(stage.client));
    let secret = front.applied.secret(&application(stage.client))?;
    let options = Options::sasl("PLAIN", &secret.credential, &secret.secret);
    let job = Job::consume(&topic.address, usize::MAX >> 1).timeout(Duration::from_secs(40));
    let job = stage.in_group(job, "c11");
    let mut running =
        Running::start(stage.program, &stage.world.bootstrap(stage.side)?, &options, &job)?;
    first(&mut running).await?;
    let events = front.gateway.events(&topic.address).bearer(&secret.secret);
    let mut stream = events.open().await.context("the stream")?;
    // Parked: what was there is read.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let tap = front.tap.of(stage.client);
    let before = tap.open();
    let start = Instant::now();
    front.gateway.revoke(&secret.credential).await?;
    let stream = stream.until_closed(CLOSED_WITHIN);
    let (closed, stream) = tokio::join!(tap.all_closed(&before, CLOSED_WITHIN), stream);
    let bootstrap = stage.world.cluster.bootstrap();
    Producer::new(&bootstrap, Codec::None)?.send(&topic.real, &[Record::value("late")])?;
    let late = late(&mut running).await;
    let wrong = match (before.len(), closed, late) {
        (0, ..) => Some("it had no connection".to_owned()),
        (_, false, _) => Some(format!("a connection is open after {:?}", start.elapsed())),
        (.., true) => Some("a record came after the revocation".to_owned()),
        _ if stream.is_err() => Some(format!("the stream is open after {CLOSED_WITHIN:?}")),
        _ => None,
    };
    Ok(vec![Case::plain("revoked", &Outcome::default(), wrong)])
}

async fn first(running: &mut Running) -> anyhow::Result<()> {
    let wait = async {
        loop {
            match running.next().await?.context("it ended before it read")? {
                Line::Record(_) => return Ok(()),
                Line::Error(error) => anyhow::bail!("{error}"),
                _ => {}
            }
        }
    };
    tokio::time::timeout(FIRST_WITHIN, wait).await.context("no record came")?
}

/// Whether a record comes while it is watched; errors are expected.
async fn late(running: &mut Running) -> bool {
    let watch = async {
        while let Ok(Some(line)) = running.next().await {
            if matches!(line, Line::Record(_)) {
                return true;
            }
        }
        false
    };
    tokio::time::timeout(WATCH, watch).await.unwrap_or(false)
}
