//! C5: a plan with five events a second. A client that could read everything at once gets that rate
//! within a fifth, stays in its group, and sees no error. Only through the gateway.

use std::time::{Duration, Instant};

use super::{Case, Stage};
use crate::clients::program::{Job, Line, Outcome, Running};
use crate::clients::world::{APPLICATION, CLUSTER, Topic};
use crate::documents::Documents;
use crate::kafka::KafkaCluster;
use crate::produce::{Codec, Producer, Record};

/// The plan's limit.
const EVENTS_PER_SECOND: u32 = 5;
/// Records of the topic, each a batch of its own: more than a client gets in time.
const RECORDS: usize = 400;
/// How long the burst at the start may take.
const BURST: Duration = Duration::from_secs(3);
/// How long the rate is measured after that.
const MEASURED: Duration = Duration::from_secs(12);
/// How far the rate may be off.
const TOLERANCE: f64 = 0.2;

fn topic() -> Topic {
    Topic::new("c5-throttled", 1)
}

pub(super) fn topics() -> Vec<Topic> {
    vec![topic()]
}

pub(super) fn documents(documents: Documents) -> Documents {
    let name = topic().address;
    let limits = format!("{{eventsPerSecond: {EVENTS_PER_SECOND}}}");
    let subscription = format!("{{application: {APPLICATION}, endpoint: {name}, plan: {name}}}");
    documents
        .endpoint(CLUSTER, &name)
        .document("Plan", &name, &format!("{{endpoint: {name}, limits: {limits}}}"))
        .document("Subscription", &format!("{APPLICATION}-{name}"), &subscription)
}

pub(super) fn fill(cluster: &KafkaCluster) -> anyhow::Result<()> {
    let producer = Producer::prompt(&cluster.bootstrap(), Codec::None)?;
    (0..RECORDS).try_for_each(|n| producer.send(&topic().real, &[Record::value(format!("{n}"))]))
}

pub(super) async fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Case>> {
    let job = Job::consume(&topic().address, RECORDS).timeout(Duration::from_secs(60));
    let job = stage.in_group(job.with("commit", "no"), "c5");
    let options = stage.world.options(stage.side)?;
    let bootstrap = stage.world.bootstrap(stage.side)?;
    let mut running = Running::start(stage.program, &bootstrap, &options, &job)?;
    let mut outcome = Outcome::default();
    let (mut first, mut count) = (None, 0_u32);
    while first.is_none_or(|first: Instant| first.elapsed() < BURST + MEASURED) {
        let next = tokio::time::timeout(BURST + MEASURED, running.next()).await;
        let Ok(Some(line)) = next.unwrap_or(Ok(None)) else { break };
        if matches!(line, Line::Record(_)) {
            let start = *first.get_or_insert_with(Instant::now);
            count += u32::from(start.elapsed() > BURST && start.elapsed() < BURST + MEASURED);
        }
        outcome.take(line);
    }
    let wanted = f64::from(EVENTS_PER_SECOND) * MEASURED.as_secs_f64();
    let off = (f64::from(count) - wanted).abs() / wanted;
    // kafka-python tells an empty assignment first.
    let joins = outcome.assigned.iter().filter(|partitions| !partitions.is_empty()).count();
    let wrong = match (off <= TOLERANCE, joins) {
        (false, _) => Some(format!("{count} records in {MEASURED:?}, not {wanted:.0}")),
        (true, 0 | 1) => None,
        (true, joins) => Some(format!("it joined its group {joins} times")),
    };
    Ok(vec![Case::plain("5 a second", &outcome, wrong)])
}
