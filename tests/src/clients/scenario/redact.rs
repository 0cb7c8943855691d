//! C4: one topic for each codec; a plan masks a field of every value. Values must be masked, and
//! everything else as it was. Clients that check checksums check them here.

use super::{Case, Stage};
use crate::clients::program::{Job, Outcome};
use crate::clients::record::{Seen, difference};
use crate::clients::world::Topic;
use crate::clients::{Client, Side};
use crate::documents::Documents;
use crate::kafka::KafkaCluster;
use crate::produce::{Codec, Producer, Record};

/// Records of each topic.
const RECORDS: usize = 50;

fn topic(codec: Codec) -> Topic {
    Topic::new(&format!("c4-{}", codec.name()), 1)
}

pub(super) fn topics() -> Vec<Topic> {
    Codec::ALL.into_iter().map(topic).collect()
}

pub(super) fn documents(documents: Documents) -> Documents {
    let documents = documents.policy("c4-masked", "[{replace: {path: $.card, value: \"hidden\"}}]");
    Codec::ALL
        .into_iter()
        .fold(documents, |documents, codec| topic(codec).publish(documents, &["c4-masked"]))
}

pub(super) fn fill(cluster: &KafkaCluster) -> anyhow::Result<()> {
    for codec in Codec::ALL {
        let producer = Producer::new(&cluster.bootstrap(), codec)?;
        let records: Vec<Record> = (0..RECORDS).map(|n| record(n, "4111-2222")).collect();
        producer.send(&topic(codec).real, &records)?;
    }
    Ok(())
}

fn record(n: usize, card: &str) -> Record {
    let offset = i64::try_from(n).unwrap_or_default();
    let value = format!("{{\"n\":{n},\"card\":\"{card}\",\"more\":\"{}\"}}", "m".repeat(n));
    let record = Record::value(value).key(format!("key-{n}")).header("kind", Some(b"order"));
    Record { offset, ..record.timestamp(1_700_000_000_000 + offset) }
}

pub(super) async fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Case>> {
    let card = match stage.side {
        Side::Direct => "4111-2222",
        Side::Gateway => "hidden",
    };
    let wanted: Vec<Seen> = (0..RECORDS).map(|n| Seen::of(&record(n, card))).collect();
    let mut cases = Vec::new();
    for codec in Codec::ALL {
        if stage.client == Client::Kafkajs && !matches!(codec, Codec::None | Codec::Gzip) {
            let outcome = Outcome {
                unsupported: Some(format!("kafkajs comes without {}", codec.name())),
                ..Outcome::default()
            };
            cases.push(Case::plain(codec.name(), &outcome, None));
            continue;
        }
        let topic = topic(codec);
        let job = Job::consume(topic.name(stage.side), RECORDS);
        let outcome = stage.job(&stage.in_group(job, codec.name())).await?;
        let wrong = difference(&wanted, &outcome.records);
        cases.push(Case::plain(codec.name(), &outcome, wrong));
    }
    Ok(cases)
}
