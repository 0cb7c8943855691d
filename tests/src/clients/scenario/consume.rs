//! C1: 100 records of a topic that has another name for subscribers, read by a group, by
//! assignment, by a pattern, and again by the same group, which must get nothing twice.

use super::{Case, Stage, versions};
use crate::clients::program::{Job, Outcome};
use crate::clients::record::{Seen, difference};
use crate::clients::world::Topic;
use crate::clients::{Client, Side};
use crate::documents::Documents;
use crate::kafka::KafkaCluster;
use crate::produce::{Codec, Producer, Record};

/// Records of the topic.
const RECORDS: usize = 100;
/// How long a group that should get nothing is watched, in milliseconds.
const WATCH_MS: u64 = 6_000;

fn topic() -> Topic {
    Topic::alias("c1-real-orders", "c1.orders", 4)
}

/// The same without null headers, for rskafka, which cannot read them from any broker.
fn bare() -> Topic {
    Topic::alias("c1-real-bare", "c1.bare", 4)
}

fn topic_of(client: Client) -> Topic {
    if client == Client::Rskafka { bare() } else { topic() }
}

pub(super) fn topics() -> Vec<Topic> {
    vec![topic(), bare()]
}

pub(super) fn documents(documents: Documents) -> Documents {
    bare().publish(topic().publish(documents, &[]), &[])
}

/// Everything a record can be: repeated and null headers, null keys, tombstones, text beyond ASCII.
pub(super) fn fill(cluster: &KafkaCluster) -> anyhow::Result<()> {
    let producer = Producer::new(&cluster.bootstrap(), Codec::None)?;
    let mut records: Vec<Record> = (0..RECORDS).map(record).collect();
    producer.send(&topic().real, &records)?;
    for record in &mut records {
        record.headers.retain(|(_, value)| value.is_some());
    }
    producer.send(&bare().real, &records)
}

fn record(n: usize) -> Record {
    let partition = i32::try_from(n % 4).unwrap_or_default();
    let time = 1_700_000_000_000 + i64::try_from(n).unwrap_or_default();
    let value = format!("{{\"n\":{n},\"name\":\"Zoë €\"}}");
    let record = match n % 10 {
        7 => Record::tombstone(format!("key-{n}")),
        8 => Record::value(value),
        _ => Record::value(value).key(format!("key-{n}")),
    };
    let record = record.partition(partition).timestamp(time);
    match n % 5 {
        0 => record.header("trace", Some(b"1")).header("trace", Some(b"2")).header("none", None),
        1 => record.header("empty", Some(b"")),
        _ => record,
    }
}

pub(super) async fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Case>> {
    let topic = topic_of(stage.client);
    let name = topic.name(stage.side);
    let (group, pattern) = (stage.group("c1"), stage.group("c1-pattern"));
    let consume = Job::consume(name, RECORDS);
    if let Some(tap) = stage.tap() {
        tap.forget();
    }
    let by_group = stage.job(&consume.clone().with("group", &group)).await?;
    let versions = asked(stage, &by_group)?;
    let again = Job::consume(name, 0).with("group", &group).with("settle", WATCH_MS);
    let again = stage.job(&again).await?;
    let assigned = stage.job(&consume.clone()).await?;
    let regex = consume.with("group", &pattern).with("regex", format!("^{name}$"));
    let by_pattern = stage.job(&regex).await?;
    let nothing = match again.records.len() {
        0 => None,
        count => Some(format!("{count} records came again after a commit")),
    };
    let again = match by_group.unsupported.is_some() {
        true => None,
        false => Some(Case::plain("resume", &again, nothing)),
    };
    let mut cases = vec![
        case(stage, "group", by_group)?,
        case(stage, "assign", assigned)?,
        case(stage, "pattern", by_pattern)?,
    ];
    cases.extend(again);
    cases.extend(versions);
    Ok(cases)
}

/// What the client asked, and whether an answer told what is hidden; there is nothing to see when
/// it asks the broker itself.
fn asked(stage: &Stage<'_>, outcome: &Outcome) -> anyhow::Result<Option<Case>> {
    let none = Outcome::default();
    let wrong = match (stage.side, outcome.unsupported.is_some()) {
        (_, true) => return Ok(None),
        (Side::Direct, _) => None,
        (Side::Gateway, _) => {
            let tap = stage.world.front()?.tap.of(stage.client);
            let told = tap.leaks().first().map(|leak| format!("an answer tells {leak}"));
            told.or(versions::unexpected(stage.client, &tap.requests())?)
        }
    };
    Ok(Some(Case::plain("versions", &none, wrong)))
}

/// Compared with the truth but for headers, which some clients lose: those must be the same on both
/// sides.
fn case(stage: &Stage<'_>, name: &str, outcome: Outcome) -> anyhow::Result<Case> {
    let truth = stage.world.records(&topic_of(stage.client), "read_committed")?;
    let truth: Vec<Seen> = truth.iter().map(|record| Seen::of(record).without_headers()).collect();
    let came: Vec<Seen> = outcome.records.iter().cloned().map(Seen::without_headers).collect();
    let wrong = difference(&truth, &came);
    Ok(Case::records(name, outcome, wrong))
}
