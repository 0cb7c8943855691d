//! C10: logins with PLAIN, SCRAM and tokens, good and bad, also over TLS; and a session that ends
//! after a minute. A good login reads; a bad one reads nothing and is not tried again and again;
//! clients that know how log in again on the connection that they have. Only through the gateway:
//! the logins are its own.

mod doors;

use std::time::Duration;

pub use self::doors::Doors;

use super::{Case, Stage};
use crate::clients::Client;
use crate::clients::options::Options;
use crate::clients::program::{self, Job, Outcome};
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
/// The same for librdkafka, which has tried twenty times a second: two a second.
const TRIES_RDKAFKA_MAX: usize = 16;
/// How long a session is watched: it lasts a minute, give or take a tenth.
const SESSION: Duration = Duration::from_secs(doors::SESSION_SECONDS + 12);

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
    let doors = stage.world.logins().await?;
    // Most of a minute is waiting.
    let (session, others) = tokio::join!(session(stage, doors), logins(stage, doors));
    let mut cases = others?;
    cases.push(session?);
    Ok(cases)
}

async fn logins(stage: &Stage<'_>, doors: &Doors) -> anyhow::Result<Vec<Case>> {
    let front = stage.world.front()?;
    let (plain, tls) = (stage.world.bootstrap(stage.side)?, doors.tls.clone());
    let mut cases = Vec::new();
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        let options = Options::sasl(mechanism, &front.user, &front.password);
        cases.push(good(stage, mechanism, &plain, &options).await?);
        cases.push(refused(stage, mechanism).await?);
        let (name, options) = (format!("{mechanism} over TLS"), doors.login(mechanism));
        cases.push(good(stage, &name, &tls, &doors.over_tls(options)).await?);
    }
    let wrong = doors.over_tls(doors.wrong("SCRAM-SHA-256"));
    cases.push(bad(stage, "refused over TLS", &tls, &wrong).await?.1);
    for (index, (name, token)) in doors.tokens()?.into_iter().enumerate() {
        let options = doors.over_tls(doors.token(&token));
        cases.push(match index {
            0 => good(stage, name, &tls, &options).await?,
            _ => bad(stage, name, &tls, &options).await?.1,
        });
    }
    Ok(cases)
}

/// A login that reads everything.
async fn good(
    stage: &Stage<'_>,
    name: &str,
    bootstrap: &str,
    options: &Options,
) -> anyhow::Result<Case> {
    let job = stage.in_group(Job::consume(&topic().address, RECORDS), name);
    let outcome = program::run(stage.program, bootstrap, options, &job).await?;
    let count = outcome.records.len();
    let wrong = (count != RECORDS).then(|| format!("{count} records"));
    Ok(Case::plain(name, &outcome, wrong))
}

/// A login that reads nothing; what came of it, and the case.
async fn bad(
    stage: &Stage<'_>,
    name: &str,
    bootstrap: &str,
    options: &Options,
) -> anyhow::Result<(Outcome, Case)> {
    let job = stage.in_group(Job::consume(&topic().address, 1).timeout(WATCH), name);
    let mut outcome = program::run(stage.program, bootstrap, options, &job).await?;
    let count = outcome.records.len();
    let wrong = (count > 0).then(|| format!("{count} records with a login that is wrong"));
    // An error is what an application should see here.
    outcome.errors.clear();
    let case = Case::plain(name, &outcome, wrong);
    Ok((outcome, case))
}

async fn refused(stage: &Stage<'_>, mechanism: &str) -> anyhow::Result<Case> {
    let front = stage.world.front()?;
    let name = format!("{mechanism} refused");
    let options = Options::sasl(mechanism, &front.user, "not-the-password");
    let tap = front.tap.of(stage.client);
    tap.forget();
    let bootstrap = stage.world.bootstrap(stage.side)?;
    let (outcome, case) = bad(stage, &name, &bootstrap, &options).await?;
    let tries_max = match stage.client {
        Client::Rdkafka20 | Client::Rdkafka216 => TRIES_RDKAFKA_MAX,
        _ => TRIES_MAX,
    };
    Ok(match tap.count(HANDSHAKE) {
        tries if (1..=tries_max).contains(&tries) => case,
        tries => Case::plain(&name, &outcome, Some(format!("{tries} logins in {WATCH:?}"))),
    })
}

/// A client that waits while its session ends. Who knows KIP-368 logs in again on the same
/// connection; nobody's application sees anything of it.
async fn session(stage: &Stage<'_>, doors: &Doors) -> anyhow::Result<Case> {
    let name = "a session of a minute";
    let job = Job::consume(&topic().address, RECORDS + 1).timeout(SESSION);
    // It ends when its time does, which leaves none to commit in.
    let job = stage.in_group(job.with("commit", "no"), name);
    let options = doors.login("SCRAM-SHA-256");
    let outcome = program::run(stage.program, &doors.tap.address(), &options, &job).await?;
    let mut logins: Vec<u64> = doors
        .tap
        .of(stage.client)
        .requests()
        .iter()
        .filter(|one| one.api == HANDSHAKE)
        .map(|one| one.connection)
        .collect();
    let all = logins.len();
    logins.dedup();
    logins.sort_unstable();
    logins.dedup();
    let again = all - logins.len();
    let wrong = match (outcome.records.len(), knows_how(stage.client), again) {
        (RECORDS, true, 0) => Some(format!("{all} logins, none of them again on a connection")),
        (RECORDS, ..) => None,
        (count, ..) => Some(format!("{count} records")),
    };
    let case = Case::plain(name, &outcome, wrong);
    if matches!(case.verdict, super::Verdict::Failed(_)) {
        crate::say(&format!("{}: {}", stage.client.name(), doors.output()));
    }
    Ok(case)
}

/// Whether a client logs in again on a connection that it has (KIP-368).
fn knows_how(client: Client) -> bool {
    use Client::{Aiokafka, Platformatic, Rdkafka20, Rskafka, Segmentio};
    !matches!(client, Aiokafka | Platformatic | Rdkafka20 | Rskafka | Segmentio)
}
