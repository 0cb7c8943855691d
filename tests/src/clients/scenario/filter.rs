//! C3: one topic, three endpoints whose plans let half of the records, one in a thousand, or none
//! through. Exactly those come, and no client loops, hangs or shows an error over what it does not
//! see. What a group commits moves past what is hidden with the clients whose commits can be moved
//! so; with the others it stays behind the last record that they saw.

use std::ops::RangeInclusive;
use std::time::Duration;

use anyhow::Context;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Offset, TopicPartitionList};

use super::{Case, Stage};
use crate::clients::program::{Job, Outcome};
use crate::clients::record::{Seen, difference};
use crate::clients::world::Topic;
use crate::clients::world::{APPLICATION, CLUSTER};
use crate::clients::{Client, Side};
use crate::documents::Documents;
use crate::kafka::KafkaCluster;
use crate::produce::{Codec, Producer, Record};

/// Records of the topic: two thousands, and a tail that the second plan hides.
const RECORDS: usize = 2_300;
/// Records of one batch: many batches become empty.
const BATCH: usize = 50;
/// Which of a thousand the second plan shows.
const RARE: usize = 400;
/// That plan.
const RARE_NAME: &str = "rare";
/// The topic on the broker.
const REAL: &str = "c3-real-events";
/// How long a client that should get nothing more is watched, in milliseconds.
const WATCH_MS: u64 = 3_000;
/// The same where its commits are to move past what is hidden: it is moved twice a minute.
const MOVED_WITHIN_MS: u64 = 34_000;
/// How long the broker may take to tell a committed offset.
const TOLD_WITHIN: Duration = Duration::from_secs(10);

/// A plan and what it shows.
struct Share {
    name: &'static str,
    rule: &'static str,
    shows: fn(usize) -> bool,
}

const SHARES: [Share; 3] = [
    Share { name: "half", rule: "[{keepWhen: {path: $.half, equals: 1}}]", shows: |n| n % 2 == 1 },
    Share {
        name: RARE_NAME,
        rule: "[{keepWhen: {path: $.rare, equals: true}}]",
        shows: |n| n % 1000 == RARE,
    },
    Share { name: "none", rule: "[{keepWhen: {path: $.never, equals: 1}}]", shows: |_| false },
];

fn topic(share: &Share) -> Topic {
    Topic::alias(REAL, &format!("c3-{}", share.name), 1)
}

pub(super) fn topics() -> Vec<Topic> {
    SHARES.iter().map(topic).collect()
}

pub(super) fn documents(documents: Documents) -> Documents {
    SHARES.iter().fold(documents, |documents, share| {
        let policy = format!("c3-{}", share.name);
        topic(share).publish(documents.policy(&policy, share.rule), &[&policy])
    })
}

pub(super) fn fill(cluster: &KafkaCluster) -> anyhow::Result<()> {
    let producer = Producer::new(&cluster.bootstrap(), Codec::Gzip)?;
    let records: Vec<Record> = (0..RECORDS).map(record).collect();
    records.chunks(BATCH).try_for_each(|batch| producer.send(REAL, batch))
}

fn record(n: usize) -> Record {
    let value = format!("{{\"n\":{n},\"half\":{},\"rare\":{}}}", n % 2, n % 1000 == RARE);
    let offset = i64::try_from(n).unwrap_or_default();
    let record = Record::value(value).key(format!("key-{n}"));
    Record { offset, ..record.timestamp(1_700_000_000_000 + offset) }
}

pub(super) async fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for share in &SHARES {
        let topic = topic(share);
        let shown = |n: &usize| stage.side == Side::Direct || (share.shows)(*n);
        let wanted: Vec<Seen> = (0..RECORDS).filter(shown).map(|n| Seen::of(&record(n))).collect();
        let job = Job::consume(topic.name(stage.side), wanted.len())
            .with("settle", settle_ms(stage, share))
            .timeout(Duration::from_secs(60));
        let outcome = stage.job(&stage.in_group(job, share.name)).await?;
        let wrong = difference(&wanted, &outcome.records);
        if share.name == RARE_NAME && stage.client != Client::Rskafka {
            cases.push(commits(stage, share, &outcome).await?);
        }
        cases.push(Case::plain(share.name, &outcome, wrong));
    }
    Ok(cases)
}

fn settle_ms(stage: &Stage<'_>, share: &Share) -> u64 {
    let waits = stage.side == Side::Gateway && share.name == RARE_NAME && moves(stage.client);
    if waits { MOVED_WITHIN_MS } else { WATCH_MS }
}

/// What the group of a case has committed, as the broker knows it.
async fn commits(stage: &Stage<'_>, share: &Share, outcome: &Outcome) -> anyhow::Result<Case> {
    let group = stage.group(share.name);
    let (group, wanted) = match stage.side {
        Side::Direct => (group, RECORDS..=RECORDS),
        Side::Gateway => (format!("{CLUSTER}/{APPLICATION}/{group}"), ends(stage.client)),
    };
    let bootstrap = stage.world.cluster.bootstrap();
    let asked = tokio::task::spawn_blocking(move || {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap)
            .set("group.id", group)
            .create()?;
        let mut asked = TopicPartitionList::new();
        asked.add_partition(REAL, 0);
        anyhow::Ok(consumer.committed_offsets(asked, TOLD_WITHIN)?)
    });
    let told = asked.await??;
    let committed = told.find_partition(REAL, 0).context("no partition")?.offset();
    let is_right = match committed {
        Offset::Offset(offset) => usize::try_from(offset).is_ok_and(|at| wanted.contains(&at)),
        _ => false,
    };
    let wrong = (!is_right).then(|| format!("{committed:?} is committed, not {wanted:?}"));
    Ok(Case::plain("commits", outcome, wrong))
}

/// Java, librdkafka and kafka-python take a placeholder for what is hidden, and commit past it.
/// Others commit past what they were given, or the end of its batch, and show lag.
fn moves(client: Client) -> bool {
    use Client::{Java28, Java39, Java42, KafkaPython, Rdkafka20, Rdkafka216};
    matches!(client, Java42 | Java39 | Java28 | Rdkafka216 | Rdkafka20 | KafkaPython)
}

/// What a client may have committed.
fn ends(client: Client) -> RangeInclusive<usize> {
    if moves(client) {
        return RECORDS..=RECORDS;
    }
    let last = (0..RECORDS).rfind(|n| n % 1000 == RARE).unwrap_or_default();
    last + 1..=(last / BATCH + 1) * BATCH
}
