//! `kafka.raw.live…`, `kafka.redacted.live` and `kafka.raw8`: consumers (librdkafka) that wait at
//! the end of a topic while Kafka's own producer tool writes to the broker as fast as it can. The
//! producer, the same for all sides, has its share of the machine: the figures are of a machine
//! that is full.

use std::sync::Barrier;

use anyhow::{Context, Result, ensure};

use super::beside;
use crate::kafka::librdkafka::{Consumed, Reader, ends};
use crate::kafka::{Rounds, Side, Stand, perf_tools};
use crate::row::{Better, Row};

/// The benchmarks.
pub const IDS: [&str; 2] = ["kafka.raw.live", "kafka.raw8"];

const TOPIC: &str = "bench-live";
const PARTITIONS: i32 = 4;
const RECORDS: usize = 600_000;
const RECORDS_QUICK: usize = 200_000;
const ROUNDS: usize = 5;
const ROUNDS_QUICK: usize = 2;
/// To HAProxy, to Kroxylicious.
const LIVE_GOALS: (f64, f64) = (1.15, 1.5);
const MANY: usize = 8;
const MANY_GOAL: f64 = 1.0;
/// The broker's CPU with eight consumers through the gateway ÷ direct.
const BROKER_CPU_GOAL: f64 = 0.35;

/// Runs both.
///
/// # Errors
/// When the broker or the gateway does not start, or had no turn.
pub async fn run(quick: bool) -> Result<Vec<Row>> {
    let (records, rounds) = if quick { (RECORDS_QUICK, ROUNDS_QUICK) } else { (RECORDS, ROUNDS) };
    let peers = [Side::HaProxy, Side::Kroxylicious];
    let stand = Stand::start(&[(TOPIC, PARTITIONS)], &peers).await?;
    let (mut one, mut many) = (Rounds::default(), Rounds::default());
    for round in 1..=rounds {
        for (count, turns) in [(1, &mut one), (MANY, &mut many)] {
            let sides = [Side::Direct, Side::Gateway, Side::HaProxy, Side::Kroxylicious];
            for side in sides.into_iter().filter(|side| stand.has(*side)) {
                turns.turn((&stand, side, round), || turn(&stand, side, (count, records)));
            }
        }
    }
    let rows = vec![live(&one)?, raw8(&many)?];
    let noted = |row| stand.notes.iter().fold(row, |row: Row, note| row.note(note.clone()));
    Ok(rows.into_iter().map(noted).collect())
}

/// MB/s that all consumers take together, and what they took in MB.
fn turn(stand: &Stand, side: Side, (count, records): (usize, usize)) -> Result<(f64, f64)> {
    let from = ends(&stand.kafka.bootstrap(), TOPIC, PARTITIONS)?;
    let open = || Reader::open(stand, side, TOPIC, &from);
    let readers = (0..count).map(|_| open()).collect::<Result<Vec<_>>>()?;
    let ready = Barrier::new(count + 1);
    let all = std::thread::scope(|scope| -> Result<Vec<Consumed>> {
        let take = |reader: &Reader| {
            // Connected, and waiting at the end.
            let _ = reader.settle();
            ready.wait();
            reader.take(records, &from)
        };
        let threads: Vec<_> =
            readers.iter().map(|reader| scope.spawn(move || take(reader))).collect();
        ready.wait();
        perf_tools::produce(stand, Side::Direct, TOPIC, records)?;
        let ended = threads.into_iter().map(|thread| match thread.join() {
            Ok(result) => result,
            Err(_) => Err(anyhow::anyhow!("a consumer ended badly")),
        });
        ended.collect()
    })?;
    ensure!(all.len() == count, "a consumer is missing");
    let mb = all.iter().map(|consumed| consumed.bytes as f64).sum::<f64>() / 1e6;
    let first = all.iter().map(|consumed| consumed.first).min().context("nobody")?;
    let last = all.iter().map(|consumed| consumed.last).max().context("nobody")?;
    Ok((mb / (last - first).as_secs_f64(), mb))
}

fn live(rounds: &Rounds) -> Result<Row> {
    let own = rounds.figure(Side::Gateway).with_context(|| rounds.notes.join("; "))?;
    let goals = [(Side::HaProxy, LIVE_GOALS.0), (Side::Kroxylicious, LIVE_GOALS.1)];
    let needed =
        goals.iter().filter_map(|(side, goal)| Some(goal / rounds.ratio(Side::Gateway, *side)?));
    let goal = (needed.fold(0.0, f64::max) * own).round();
    let what = format!(
        "1 KiB records as they are produced, one consumer (librdkafka); goal {} × haproxy, {} × \
         kroxylicious",
        LIVE_GOALS.0, LIVE_GOALS.1
    );
    let row = Row::new("kafka.raw.live", what, "MB/s", Better::Higher, goal).value(own);
    Ok(beside(row, rounds, Side::Gateway))
}

fn raw8(rounds: &Rounds) -> Result<Row> {
    let own = rounds.figure(Side::Gateway).with_context(|| rounds.notes.join("; "))?;
    let ratio = rounds.ratio(Side::Gateway, Side::Direct).context("no round of both")?;
    let cpu = rounds.ratio_of(Side::Gateway, Side::Direct, |turn| turn.broker_cpu);
    let cpu = cpu.context("no round of both")?;
    let what = format!(
        "the same with {MANY} consumers in {MANY} groups, in all; goal {MANY_GOAL} × direct, with \
         {BROKER_CPU_GOAL} × the broker's CPU"
    );
    let goal = (MANY_GOAL / ratio * own).round();
    let mut row = Row::new("kafka.raw8", what, "MB/s", Better::Higher, goal).value(own);
    row = row.detail("broker_cpu_ratio", cpu).detail("broker_cpu_ratio_goal", BROKER_CPU_GOAL);
    if cpu > BROKER_CPU_GOAL {
        row = row.note(format!("missed: the broker's CPU is {cpu:.2} of direct"));
    }
    Ok(beside(row, rounds, Side::Gateway))
}
