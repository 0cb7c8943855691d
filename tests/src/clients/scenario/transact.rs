//! C12: a topic with an aborted, a committed and an open transaction, and records after that.
//! Committed readers get the committed ones, uncommitted readers get all that was ever written,
//! and nobody gets a control record through a plan with a policy.

use std::time::Duration;

use super::{Case, Stage, Verdict};
use crate::clients::program::Job;
use crate::clients::record::{Seen, difference};
use crate::clients::world::Topic;
use crate::clients::{Client, Side};
use crate::documents::Documents;
use crate::kafka::KafkaCluster;
use crate::produce::{Codec, Producer, Record};

/// The open transaction must outlive the suite: the broker's longest.
const OPEN_FOR: Duration = Duration::from_secs(900);
/// How long a client is watched after what it should get, in milliseconds.
const WATCH_MS: u64 = 2_000;
/// Offsets of the committed records: ten aborted ones and their marker come before.
const COMMITTED: std::ops::Range<i64> = 11..21;

/// Clients that hand out aborted records, one also control records, from any broker.
const CARELESS: [Client; 3] = [Client::Segmentio, Client::Rskafka, Client::Platformatic];

fn raw() -> Topic {
    Topic::alias("c12-real", "c12-raw", 1)
}

fn masked() -> Topic {
    Topic::alias("c12-real", "c12-masked", 1)
}

pub(super) fn topics() -> Vec<Topic> {
    vec![raw(), masked()]
}

pub(super) fn documents(documents: Documents) -> Documents {
    let documents = raw().publish(documents, &[]);
    let documents = documents.policy("c12-masked", "[{mask: {path: $.absent}}]");
    masked().publish(documents, &["c12-masked"])
}

pub(super) fn fill(cluster: &KafkaCluster) -> anyhow::Result<()> {
    let (bootstrap, topic) = (cluster.bootstrap(), raw().real);
    let some = |what: &str, count: i64| -> Vec<Record> {
        let time = |n| 1_700_000_000_000 + n;
        (0..count)
            .map(|n| Record::value(format!("{{\"{what}\":{n}}}")).timestamp(time(n)))
            .collect()
    };
    let closed = Producer::transactional(&bootstrap, Codec::None, "c12-closed", OPEN_FOR)?;
    closed.begin()?;
    closed.send(&topic, &some("aborted", 10))?;
    closed.abort()?;
    closed.begin()?;
    closed.send(&topic, &some("committed", 10))?;
    closed.commit()?;
    let open = Producer::transactional(&bootstrap, Codec::None, "c12-open", OPEN_FOR)?;
    open.begin()?;
    open.send(&topic, &some("open", 5))?;
    Producer::new(&bootstrap, Codec::None)?.send(&topic, &some("after", 3))
}

pub(super) async fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Case>> {
    let all = stage.world.records(&raw(), "read_uncommitted")?;
    let all: Vec<Seen> = all.iter().map(Seen::of).collect();
    let committed = |seen: &&Seen| COMMITTED.contains(&seen.offset);
    let committed: Vec<Seen> = all.iter().filter(committed).cloned().collect();
    let mut cases = Vec::new();
    for (name, topic, isolation, wanted) in [
        ("committed", raw(), "read_committed", &committed),
        ("uncommitted", raw(), "read_uncommitted", &all),
        ("committed, masked", masked(), "read_committed", &committed),
    ] {
        let job = Job::consume(topic.name(stage.side), wanted.len())
            .with("isolation", isolation)
            .with("settle", WATCH_MS);
        let outcome = stage.job(&stage.in_group(job, name)).await?;
        let wrong = difference(wanted, &outcome.records);
        let mut case = Case::plain(name, &outcome, wrong);
        if CARELESS.contains(&stage.client) && matches!(case.verdict, Verdict::Failed(_)) {
            let why = "it hands out aborted records".to_owned();
            case.verdict = match (name, stage.side) {
                // Through a policy it need not leave out anything: there is nothing to leave out.
                ("committed, masked", Side::Direct) => Verdict::Passed,
                ("committed, masked", Side::Gateway) => case.verdict,
                _ => Verdict::Unsupported(why),
            };
        }
        cases.push(case);
    }
    Ok(cases)
}
