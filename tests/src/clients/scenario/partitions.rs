//! C14: a topic of 2,000 partitions. Java asks for all of them in every Fetch, as it is granted no
//! fetch session: all records come, and while nothing more does, answers stay small and the gateway
//! has little to do. Only Java, only through the gateway.

use std::time::Duration;

use anyhow::Context;

use super::{Case, Stage};
use crate::clients::program::{Job, Line, Outcome, Running};
use crate::clients::world::Topic;
use crate::documents::Documents;
use crate::kafka::KafkaCluster;
use crate::produce::{Codec, Producer, Record};

/// Partitions of the topic.
const PARTITIONS: i32 = 2_000;
/// Which partitions have a record: every so many.
const STEP: usize = 50;
/// Records of the topic.
const RECORDS: usize = 40;
/// How long all records may take to come.
const COME_WITHIN: Duration = Duration::from_secs(40);
/// When the client is at rest after that.
const SETTLED: Duration = Duration::from_secs(2);
/// How long it is then watched: a dozen Fetches.
const WATCH: Duration = Duration::from_secs(6);
/// Bytes of an answer for each partition that is asked for, records apart.
const BYTES_PER_PARTITION_MAX: u64 = 64;
/// What the gateway may use of one processor meanwhile.
const PROCESSOR_MAX: f64 = 0.25;
/// `api_key` of Fetch.
const FETCH: i16 = 1;

fn topic() -> Topic {
    Topic::new("c14-partitions", PARTITIONS)
}

pub(super) fn topics() -> Vec<Topic> {
    vec![topic()]
}

pub(super) fn documents(documents: Documents) -> Documents {
    topic().publish(documents, &[])
}

pub(super) fn fill(cluster: &KafkaCluster) -> anyhow::Result<()> {
    let producer = Producer::new(&cluster.bootstrap(), Codec::None)?;
    let record = |partition| Record::value(format!("{partition}")).partition(partition);
    let records: Vec<Record> = (0..PARTITIONS).step_by(STEP).map(record).collect();
    producer.send(&topic().real, &records)
}

pub(super) async fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Case>> {
    let front = stage.world.front()?;
    let job = Job::consume(&topic().address, RECORDS + 1)
        .timeout(COME_WITHIN + SETTLED + WATCH + Duration::from_secs(5));
    let options = stage.world.options(stage.side)?;
    let bootstrap = stage.world.bootstrap(stage.side)?;
    let mut running = Running::start(stage.program, &bootstrap, &options, &job)?;
    let mut outcome = Outcome::default();
    let come = tokio::time::timeout(COME_WITHIN, come(&mut running, &mut outcome)).await;
    come.with_context(|| format!("{} records", outcome.records.len()))??;
    tokio::time::sleep(SETTLED).await;
    let tap = front.tap.of(stage.client);
    tap.forget();
    let before = front.gateway.cpu_time()?;
    tokio::time::sleep(WATCH).await;
    let used = front.gateway.cpu_time()? - before;
    let (answers, fetches) = (tap.answers(), tap.count(FETCH));
    let used = used.as_secs_f64() / WATCH.as_secs_f64();
    crate::say(&format!(
        "C14 {}: {fetches} fetches, the largest answer {} bytes, {used:.3} processors",
        stage.client.name(),
        answers.largest
    ));
    let bytes_max = BYTES_PER_PARTITION_MAX * u64::from(PARTITIONS.unsigned_abs());
    let wrong = match (fetches, answers.largest <= bytes_max, used <= PROCESSOR_MAX) {
        (0, ..) => Some("it does not fetch".to_owned()),
        (_, false, _) => Some(format!("an answer of {} bytes", answers.largest)),
        (.., false) => Some(format!("{used:.2} of a processor for {fetches} fetches")),
        _ => None,
    };
    Ok(vec![Case::plain("2,000 partitions", &outcome, wrong)])
}

async fn come(running: &mut Running, outcome: &mut Outcome) -> anyhow::Result<()> {
    while outcome.records.len() < RECORDS {
        match running.next().await?.context("it ended early")? {
            Line::Error(error) => anyhow::bail!("{error}"),
            line => outcome.take(line),
        }
    }
    Ok(())
}
