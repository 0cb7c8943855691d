//! C5: plans with a limit of events and one of bytes. A client that could read everything at once
//! gets that rate within a fifth, stays in its group, and sees no error. Only through the gateway.
//!
//! With `SLUICEGATE_TESTS_LONG` set, the clients whose heartbeats share a connection or a turn with
//! their Fetches are measured for five minutes.

use std::time::{Duration, Instant};

use super::{Case, Stage};
use crate::clients::Client;
use crate::clients::options::Options;
use crate::clients::program::{Job, Line, Outcome, Running};
use crate::clients::world::{CLUSTER, Topic};
use crate::documents::Documents;
use crate::kafka::KafkaCluster;
use crate::produce::{Codec, Producer, Record};

/// How long the burst at the start may take.
const BURST: Duration = Duration::from_secs(3);
/// How long the rate is measured after that: longer than the shortest session of a group, ten
/// seconds.
const MEASURED: Duration = Duration::from_secs(15);
/// The same when there is time.
const MEASURED_LONG: Duration = Duration::from_secs(300);
/// How far the rate may be off.
const TOLERANCE: f64 = 0.2;
/// Bytes of a batch around the value of its only record, about.
const AROUND_BYTES: usize = 72;

/// A plan's limit, and records that show it.
struct Limit {
    name: &'static str,
    spec: &'static str,
    /// Bytes of a record's value.
    value_bytes: usize,
    per_second: f64,
}

const LIMITS: [Limit; 2] = [
    Limit {
        name: "1 record a second",
        spec: "{eventsPerSecond: 1}",
        value_bytes: 8,
        per_second: 1.0,
    },
    Limit {
        name: "64 KiB a second",
        spec: "{bytesPerSecond: 65536}",
        value_bytes: 4096 - AROUND_BYTES,
        per_second: 16.0,
    },
];

impl Limit {
    fn topic(&self) -> Topic {
        Topic::new(&format!("c5-{}", self.name.replace(' ', "-").to_lowercase()), 1)
    }

    /// More than a client gets in time, each a batch of its own.
    fn records(&self) -> usize {
        let seconds = (BURST + measured_longest()).as_secs_f64();
        (seconds * self.per_second * 1.5) as usize + 20
    }
}

fn is_long() -> bool {
    std::env::var_os("SLUICEGATE_TESTS_LONG").is_some()
}

fn measured_longest() -> Duration {
    if is_long() { MEASURED_LONG } else { MEASURED }
}

fn measured(client: Client) -> Duration {
    match client {
        Client::Sarama | Client::Kafkajs => measured_longest(),
        _ => MEASURED,
    }
}

pub(super) fn topics() -> Vec<Topic> {
    LIMITS.iter().map(Limit::topic).collect()
}

/// An application for each client: what one reads is not another's to spend.
fn application(client: Client) -> String {
    format!("c5-{}", client.name().replace('.', "-"))
}

pub(super) fn documents(documents: Documents) -> Documents {
    let documents = LIMITS.iter().fold(documents, |documents, limit| {
        let name = limit.topic().address;
        let plan = format!("{{endpoint: {name}, limits: {}}}", limit.spec);
        documents.endpoint(CLUSTER, &name).document("Plan", &name, &plan)
    });
    Client::ALL.into_iter().map(application).fold(documents, |documents, name| {
        let credential = format!("{{application: {name}}}");
        let documents = documents.document("Application", &name, "{}").document(
            "Credential",
            &format!("{name}-1"),
            &credential,
        );
        LIMITS.iter().fold(documents, |documents, limit| {
            let plan = limit.topic().address;
            let spec = format!("{{application: {name}, endpoint: {plan}, plan: {plan}}}");
            documents.document("Subscription", &format!("{name}-{plan}"), &spec)
        })
    })
}

pub(super) fn fill(cluster: &KafkaCluster) -> anyhow::Result<()> {
    let producer = Producer::prompt(&cluster.bootstrap(), Codec::None)?;
    LIMITS.iter().try_for_each(|limit| {
        let value = "x".repeat(limit.value_bytes);
        let mut records = 0..limit.records();
        records.try_for_each(|_| producer.send(&limit.topic().real, &[Record::value(&*value)]))
    })
}

pub(super) async fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for limit in &LIMITS {
        cases.push(limited(stage, limit).await?);
    }
    Ok(cases)
}

async fn limited(stage: &Stage<'_>, limit: &Limit) -> anyhow::Result<Case> {
    let measured = measured(stage.client);
    let topic = limit.topic();
    let job = Job::consume(&topic.address, limit.records());
    let job = job.timeout(BURST + measured + Duration::from_secs(40));
    let job = stage.in_group(job.with("commit", "no"), limit.name);
    let secret = stage.world.front()?.applied.secret(&application(stage.client))?;
    let options = Options::sasl("PLAIN", &secret.credential, &secret.secret);
    let bootstrap = stage.world.bootstrap(stage.side)?;
    let mut running = Running::start(stage.program, &bootstrap, &options, &job)?;
    let mut outcome = Outcome::default();
    let (mut first, mut count) = (None, 0_u32);
    while first.is_none_or(|first: Instant| first.elapsed() < BURST + measured) {
        let next = tokio::time::timeout(BURST + measured, running.next()).await;
        let Ok(Some(line)) = next.unwrap_or(Ok(None)) else { break };
        if matches!(line, Line::Record(_)) {
            let start = *first.get_or_insert_with(Instant::now);
            count += u32::from(start.elapsed() > BURST && start.elapsed() < BURST + measured);
        }
        outcome.take(line);
    }
    let wanted = limit.per_second * measured.as_secs_f64();
    let off = (f64::from(count) - wanted).abs() / wanted;
    // kafka-python tells an empty assignment first.
    let joins = outcome.assigned.iter().filter(|partitions| !partitions.is_empty()).count();
    let wrong = match (off <= TOLERANCE, joins) {
        (false, _) => Some(format!("{count} records in {measured:?}, not {wanted:.0}")),
        (true, 0 | 1) => None,
        (true, joins) => Some(format!("it joined its group {joins} times")),
    };
    Ok(Case::plain(limit.name, &outcome, wrong))
}
