//! `kafka.produce` and `kafka.latency.p50`: Kafka's own producer tool as fast as it can, in batches
//! of 128 KiB; and single records at a fixed rate, open loop: each is due at its own time, however
//! long the one before took, and its latency counts from then.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use kafka_protocol::messages::ProduceRequest;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use tests::kafka::wire;
use tests::scripted_broker::Batch;

use super::beside;
use crate::kafka::raw_client::{self, RawClient};
use crate::kafka::{Rounds, Side, Stand, perf_tools};
use crate::row::{Better, Row};
use crate::rows::median;

/// The benchmarks.
pub const IDS: [&str; 2] = ["kafka.produce", "kafka.latency.p50"];

const BULK: &str = "bench-produce";
const SMALL: &str = "bench-latency";
const PARTITIONS: i32 = 4;
const RECORDS: usize = 600_000;
const RECORDS_QUICK: usize = 200_000;
const ROUNDS: usize = 5;
const ROUNDS_QUICK: usize = 2;
/// To the broker itself.
const PRODUCE_GOAL: f64 = 0.95;
const P50_GOAL_MICROS: f64 = 30.0;
const RECORDS_PER_SECOND: u32 = 2_000;
const RECORD_BYTES: usize = 256;
const WINDOW: Duration = Duration::from_secs(5);
const WINDOW_QUICK: Duration = Duration::from_secs(2);
/// Records at the beginning that do not count.
const WARM_UP: usize = 500;
/// The version spoken: topics by name, every length four bytes.
const PRODUCE_VERSION: i16 = 7;
/// Where a frame's correlation id stands: after length, API and version.
const CORRELATION_AT: std::ops::Range<usize> = 8..12;

/// Runs both.
///
/// # Errors
/// When the broker or the gateway does not start, or had no turn.
pub async fn run(quick: bool) -> Result<Vec<Row>> {
    let topics = [(BULK, PARTITIONS), (SMALL, 1)];
    let stand = Stand::start(&topics, &[Side::HaProxy, Side::Kroxylicious]).await?;
    let (records, rounds, window) = match quick {
        true => (RECORDS_QUICK, ROUNDS_QUICK, WINDOW_QUICK),
        false => (RECORDS, ROUNDS, WINDOW),
    };
    let sides = [Side::Direct, Side::Gateway, Side::HaProxy, Side::Kroxylicious];
    let (mut bulk, mut small) = (Rounds::default(), Rounds::default());
    for round in 1..=rounds {
        for side in sides.into_iter().filter(|side| stand.has(*side)) {
            bulk.turn((&stand, side, round), || {
                let reached = perf_tools::produce(&stand, side, BULK, records)?;
                Ok((reached.mb_per_second, reached.mb))
            });
        }
        for side in sides.into_iter().filter(|side| stand.has(*side)) {
            small.turn((&stand, side, round), || Ok((p50_micros(&stand, side, window)?, 0.0)));
        }
    }
    let own = bulk.figure(Side::Gateway).with_context(|| bulk.notes.join("; "))?;
    let ratio = bulk.ratio(Side::Gateway, Side::Direct).context("no round of both")?;
    let what = format!("produce of 1 KiB records, acks=1, Java; goal {PRODUCE_GOAL} × direct");
    let goal = (PRODUCE_GOAL / ratio * own).round();
    let produce = Row::new("kafka.produce", what, "MB/s", Better::Higher, goal).value(own);
    let rows = vec![beside(produce, &bulk, Side::Gateway), latency(&small)?];
    let noted = |row| stand.notes.iter().fold(row, |row: Row, note| row.note(note.clone()));
    Ok(rows.into_iter().map(noted).collect())
}

fn latency(rounds: &Rounds) -> Result<Row> {
    let added = |side| {
        let pairs = rounds.pairs(side, Side::Direct);
        (!pairs.is_empty()).then(|| median(pairs.iter().map(|(ours, base)| ours - base)))
    };
    let what = format!(
        "µs added at p50 to acks=1 of single records of {RECORD_BYTES} B at \
         {RECORDS_PER_SECOND}/s, open loop"
    );
    let own = added(Side::Gateway).with_context(|| rounds.notes.join("; "))?;
    let mut row =
        Row::new("kafka.latency.p50", what, "µs", Better::Lower, P50_GOAL_MICROS).value(own);
    for side in [Side::HaProxy, Side::Kroxylicious] {
        if let Some(figure) = added(side) {
            row = row.peer(side.name(), figure);
        }
    }
    let direct = rounds.figure(Side::Direct).unwrap_or_default();
    Ok(rounds
        .notes
        .iter()
        .fold(row.detail("direct_p50", direct), |row, note| row.note(note.clone())))
}

/// The median latency, in microseconds, of records sent at the fixed rate.
fn p50_micros(stand: &Stand, side: Side, window: Duration) -> Result<f64> {
    let login = (!stand.login(side).is_empty()).then(|| stand.credential());
    // A proxy that names nodes by port has the node's behind another one than it is asked at first.
    let client = RawClient::connect(&stand.leader(side)?, login)?;
    let (mut sender, mut receiver) = client.split()?;
    let mut frame = frame(&side.topic(SMALL))?;
    let period = Duration::from_secs(1) / RECORDS_PER_SECOND;
    let count = (window.as_secs_f64() * f64::from(RECORDS_PER_SECOND)) as usize;
    let began = Instant::now();
    let due = move |index: usize| began + period * u32::try_from(index).unwrap_or(u32::MAX);
    let sending = std::thread::spawn(move || -> Result<()> {
        for index in 0..count {
            std::thread::sleep(due(index).saturating_duration_since(Instant::now()));
            let id = i32::try_from(index)?.to_be_bytes();
            frame.get_mut(CORRELATION_AT).context("a short frame")?.copy_from_slice(&id);
            sender.write_all(&frame)?;
        }
        Ok(())
    });
    let mut took = Vec::with_capacity(count);
    for index in 0..count {
        let answer = receiver.receive()?;
        let now = Instant::now();
        let id = i32::try_from(index)?.to_be_bytes();
        ensure!(answer.starts_with(&id), "answers are out of order");
        // After correlation id, count, name, count and partition.
        let code = 4 + 4 + 2 + side.topic(SMALL).len() + 4 + 4;
        ensure!(answer.get(code..code + 2) == Some(&[0, 0]), "a record was refused");
        if index >= WARM_UP {
            took.push(now.saturating_duration_since(due(index)).as_nanos() as f64 / 1e3);
        }
    }
    ensure!(sending.join().is_ok_and(|sent| sent.is_ok()), "the sender failed");
    Ok(median(took))
}

fn frame(topic: &str) -> Result<Vec<u8>> {
    let records = Batch::of(&[vec![b'x'; RECORD_BYTES]]).bytes(0, -1);
    let partition = PartitionProduceData::default().with_records(Some(Bytes::from(records)));
    let topic = TopicProduceData::default()
        .with_name(wire::topic_name(topic))
        .with_partition_data(vec![partition]);
    let request =
        ProduceRequest::default().with_acks(1).with_timeout_ms(10_000).with_topic_data(vec![topic]);
    raw_client::frame(&request, PRODUCE_VERSION, 0)
}
