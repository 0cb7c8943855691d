//! C12: a topic with an aborted, a committed and an open transaction, and records after that.
//! Committed readers get the committed ones, uncommitted readers get all that was ever written,
//! and nobody gets a control record through a plan with a policy. And a transaction that is open
//! when a client joins, goes on, and is committed while it reads.

use std::time::Duration;

use super::{Case, Stage, Verdict};
use crate::clients::program::{Job, Line, Outcome, Running};
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
/// Records of an open transaction before a client joins, and as many afterwards.
const HALF: usize = 5;
/// How long what is there may take to arrive: groups are joined meanwhile.
const ARRIVE_WITHIN: Duration = Duration::from_secs(20);
/// How long nothing may come before it counts as nothing.
const SILENCE: Duration = Duration::from_secs(1);

/// Clients that hand out aborted records, one also control records, from any broker.
const CARELESS: [Client; 3] = [Client::Segmentio, Client::Rskafka, Client::Platformatic];

fn raw() -> Topic {
    Topic::alias("c12-real", "c12-raw", 1)
}

fn masked() -> Topic {
    Topic::alias("c12-real", "c12-masked", 1)
}

/// One for each client and side: its transaction ends while that client reads.
fn joined(client: Client, side: Side) -> Topic {
    let side = if side == Side::Direct { "direct" } else { "gateway" };
    Topic::new(&format!("c12-joined-{side}-{}", client.name()), 1)
}

pub(super) fn topics(clients: &[Client]) -> Vec<Topic> {
    let sides = [Side::Direct, Side::Gateway];
    let joined = clients.iter().flat_map(|client| sides.map(|side| joined(*client, side)));
    [raw(), masked()].into_iter().chain(joined).collect()
}

pub(super) fn documents(clients: &[Client], documents: Documents) -> Documents {
    let documents = raw().publish(documents, &[]);
    let documents = documents.policy("c12-masked", "[{mask: {path: $.absent}}]");
    let documents = masked().publish(documents, &["c12-masked"]);
    let joined = clients.iter().map(|client| joined(*client, Side::Gateway));
    joined.fold(documents, |documents, topic| topic.publish(documents, &[]))
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
        cases.push(excuse(Case::plain(name, &outcome, wrong), stage));
    }
    for case in join(stage).await? {
        cases.push(excuse(case, stage));
    }
    Ok(cases)
}

/// What clients do wrong at a broker, they need not do through the gateway.
fn excuse(mut case: Case, stage: &Stage<'_>) -> Case {
    let failed = matches!(case.verdict, Verdict::Failed(_));
    if failed && stage.side == Side::Direct && CARELESS.contains(&stage.client) {
        // There is nothing to leave out through the gateway.
        case.verdict = Verdict::Passed;
    }
    case
}

/// Two readers join in the middle of a transaction: the uncommitted one sees it at once, the
/// committed one when it is committed.
async fn join(stage: &Stage<'_>) -> anyhow::Result<Vec<Case>> {
    let topic = joined(stage.client, stage.side);
    let bootstrap = stage.world.cluster.bootstrap();
    let half = |from: usize| -> Vec<Record> {
        (from..from + HALF).map(|n| Record::value(format!("{{\"n\":{n}}}"))).collect()
    };
    let producer = Producer::transactional(&bootstrap, Codec::None, &topic.real, OPEN_FOR)?;
    producer.begin()?;
    producer.send(&topic.real, &half(0))?;
    let mut uncommitted = Joined::start(stage, &topic, "read_uncommitted")?;
    let mut committed = Joined::start(stage, &topic, "read_committed")?;
    let at_once = uncommitted.has(HALF, ARRIVE_WITHIN).await;
    producer.send(&topic.real, &half(HALF))?;
    let at_once = at_once && uncommitted.has(2 * HALF, ARRIVE_WITHIN).await;
    let early = committed.has(1, SILENCE).await;
    producer.commit()?;
    let all = stage.world.records(&topic, "read_committed")?;
    let all: Vec<Seen> = all.iter().map(Seen::of).collect();
    let uncommitted = uncommitted.end(&all, (!at_once).then_some("it waits for the end"));
    let uncommitted = uncommitted.await?;
    let committed = committed.end(&all, early.then_some("it sees what is open")).await?;
    Ok(vec![uncommitted, committed])
}

/// A reader that joined.
struct Joined {
    name: String,
    running: Running,
    outcome: Outcome,
}

impl Joined {
    fn start(stage: &Stage<'_>, topic: &Topic, isolation: &str) -> anyhow::Result<Joined> {
        let name = format!("joined, {isolation}");
        let job = Job::consume(topic.name(stage.side), 2 * HALF)
            .with("isolation", isolation)
            .with("settle", WATCH_MS)
            .timeout(3 * ARRIVE_WITHIN);
        let job = stage.in_group(job, &name);
        let (bootstrap, options) =
            (stage.world.bootstrap(stage.side)?, stage.world.options(stage.side)?);
        let running = Running::start(stage.program, &bootstrap, &options, &job)?;
        Ok(Joined { name, running, outcome: Outcome::default() })
    }

    /// Whether it gets so many records within the time. Safe to ask again.
    async fn has(&mut self, count: usize, limit: Duration) -> bool {
        let wait = async {
            while self.outcome.records.len() < count {
                match self.running.next().await {
                    Ok(Some(Line::End)) | Ok(None) | Err(_) => return false,
                    Ok(Some(line)) => self.outcome.take(line),
                }
            }
            true
        };
        tokio::time::timeout(limit, wait).await.unwrap_or(false)
    }

    /// Its case: it got exactly these, and nothing was wrong before.
    async fn end(self, wanted: &[Seen], wrong: Option<&str>) -> anyhow::Result<Case> {
        let outcome = self.running.finish(self.outcome).await?;
        let wrong = wrong.map(str::to_owned).or_else(|| difference(wanted, &outcome.records));
        Ok(Case::plain(&self.name, &outcome, wrong))
    }
}
