//! C10: logins with PLAIN and SCRAM, good and bad. A good one reads; a bad one reads nothing and is
//! not tried again and again. Only through the gateway: the logins are its own.

use std::time::Duration;

use super::{Case, Stage};
use crate::clients::options::Options;
use crate::clients::program::Job;
use crate::clients::world::Topic;
use crate::documents::Documents;
use crate::kafka::KafkaCluster;
use crate::produce::{Codec, Producer, Record};

/// Records of the topic.
const RECORDS: usize = 5;
/// `api_key` of SaslHandshake: one for each login, whatever its mechanism's rounds.
const HANDSHAKE: i16 = 17;
/// How long a client with a wrong password is watched.
const WATCH: Duration = Duration::from_secs(8);
/// Logins in that time: two a second, and those of several connections at the start.
const TRIES_MAX: usize = 20;

fn topic() -> Topic {
    Topic::new("c10-logins", 1)
}

pub(super) fn topics() -> Vec<Topic> {
    vec![topic()]
}

pub(super) fn documents(documents: Documents) -> Documents {
    topic().publish(documents, &[])
}

pub(super) fn fill(cluster: &KafkaCluster) -> anyhow::Result<()> {
    let producer = Producer::new(&cluster.bootstrap(), Codec::None)?;
    let records: Vec<Record> = (0..RECORDS).map(|n| Record::value(format!("{n}"))).collect();
    producer.send(&topic().real, &records)
}

pub(super) async fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Case>> {
    let front = stage.world.front()?;
    let mut cases = Vec::new();
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        let options = Options::sasl(mechanism, &front.user, &front.password);
        let job = stage.in_group(Job::consume(&topic().address, RECORDS), mechanism);
        let outcome = stage.job_with(&options, &job).await?;
        let count = outcome.records.len();
        let wrong = (count != RECORDS).then(|| format!("{count} records"));
        cases.push(Case::plain(mechanism, &outcome, wrong));
        cases.push(refused(stage, mechanism).await?);
    }
    Ok(cases)
}

async fn refused(stage: &Stage<'_>, mechanism: &str) -> anyhow::Result<Case> {
    let front = stage.world.front()?;
    let name = format!("{mechanism} refused");
    let options = Options::sasl(mechanism, &front.user, "not-the-password");
    let job = stage.in_group(Job::consume(&topic().address, 1).timeout(WATCH), &name);
    let tap = front.tap.of(stage.client);
    tap.forget();
    let mut outcome = stage.job_with(&options, &job).await?;
    let tries = tap.count(HANDSHAKE);
    let wrong = match (outcome.records.len(), tries) {
        (0, 1..=TRIES_MAX) => None,
        (0, _) => Some(format!("{tries} logins in {WATCH:?}")),
        (count, _) => Some(format!("{count} records with a wrong password")),
    };
    // An error is what an application should see here.
    outcome.errors.clear();
    Ok(Case::plain(&name, &outcome, wrong))
}
