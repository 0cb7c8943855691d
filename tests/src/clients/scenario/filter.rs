//! C3: one topic, three endpoints whose plans let half of the records, one in a thousand, or none
//! through. Exactly those come, and no client loops, hangs or shows an error over what it does not
//! see.

use std::time::Duration;

use super::{Case, Stage};
use crate::clients::Side;
use crate::clients::program::Job;
use crate::clients::record::{Seen, difference};
use crate::clients::world::Topic;
use crate::documents::Documents;
use crate::kafka::KafkaCluster;
use crate::produce::{Codec, Producer, Record};

/// Records of the topic: two thousands, and a tail that the second plan hides.
const RECORDS: usize = 2_300;
/// Records of one batch: many batches become empty.
const BATCH: usize = 50;
/// Which of a thousand the second plan shows.
const RARE: usize = 400;
/// How long a client that should get nothing more is watched, in milliseconds.
const WATCH_MS: u64 = 3_000;

/// A plan and what it shows.
struct Share {
    name: &'static str,
    rule: &'static str,
    shows: fn(usize) -> bool,
}

const SHARES: [Share; 3] = [
    Share { name: "half", rule: "[{keepWhen: {path: $.half, equals: 1}}]", shows: |n| n % 2 == 1 },
    Share {
        name: "rare",
        rule: "[{keepWhen: {path: $.rare, equals: true}}]",
        shows: |n| n % 1000 == RARE,
    },
    Share { name: "none", rule: "[{keepWhen: {path: $.never, equals: 1}}]", shows: |_| false },
];

fn topic(share: &Share) -> Topic {
    Topic::alias("c3-real-events", &format!("c3-{}", share.name), 1)
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
    records.chunks(BATCH).try_for_each(|batch| producer.send("c3-real-events", batch))
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
            .with("settle", WATCH_MS)
            .timeout(Duration::from_secs(25));
        let outcome = stage.job(&stage.in_group(job, share.name)).await?;
        let wrong = difference(&wanted, &outcome.records);
        cases.push(Case::plain(share.name, &outcome, wrong));
    }
    Ok(cases)
}
