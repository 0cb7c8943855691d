//! `kafka.raw…`, `kafka.redacted…`, `kafka.cpu`: one consumer reads a topic of 1 KiB records from
//! its beginning (a replay), with Kafka's own tool and with librdkafka: from the broker, through
//! the gateway with and without redaction, and through peers. All stand at the same time and take
//! turns; the gateway forgets between its turns what it has read, so that it fetches everything.

use anyhow::{Context, Result};

use super::beside;
use crate::kafka::librdkafka::Reader;
use crate::kafka::{Rounds, Side, Stand, data, perf_tools};
use crate::row::{Better, Row};

/// The benchmarks on records without compression.
pub const PLAIN_IDS: [&str; 4] =
    ["kafka.raw", "kafka.raw.librdkafka", "kafka.redacted", "kafka.cpu"];
/// The benchmarks on lz4 batches.
pub const LZ4_IDS: [&str; 3] = ["kafka.raw.lz4", "kafka.raw.lz4.librdkafka", "kafka.redacted.lz4"];

const PARTITIONS: i32 = 4;
/// A gigabyte: two seconds for the fastest side.
const RECORDS: usize = 1_000_000;
const RECORDS_QUICK: usize = 300_000;
const ROUNDS: usize = 5;
const ROUNDS_QUICK: usize = 2;
/// To HAProxy, to Kroxylicious: without compression.
const RAW_GOALS: (f64, f64) = (1.15, 1.5);
const RAW_LZ4_GOAL: f64 = 1.0;
/// To the own raw consume, to Kroxylicious.
const REDACTED_GOALS: (f64, f64) = (0.75, 2.5);
/// Megabytes per CPU-second of the gateway.
const CPU_GOAL: f64 = 4_000.0;

const RAW_SIDES: [Side; 4] = [Side::Direct, Side::Gateway, Side::HaProxy, Side::Kroxylicious];
const REDACTED_SIDES: [Side; 2] = [Side::Masked, Side::Transforming];

/// What is read.
struct Case<'a> {
    stand: &'a Stand,
    topic: &'a str,
    records: usize,
    rounds: usize,
}

/// Without compression.
///
/// # Errors
/// When the broker or the gateway does not start, or the gateway had no turn.
pub async fn plain(quick: bool) -> Result<Vec<Row>> {
    run(quick, "none").await
}

/// With lz4.
///
/// # Errors
/// As [`plain`].
pub async fn lz4(quick: bool) -> Result<Vec<Row>> {
    run(quick, "lz4").await
}

async fn run(quick: bool, codec: &str) -> Result<Vec<Row>> {
    let (records, rounds) = if quick { (RECORDS_QUICK, ROUNDS_QUICK) } else { (RECORDS, ROUNDS) };
    let topic = format!("bench-{codec}");
    let peers = [Side::HaProxy, Side::Kroxylicious, Side::Transforming];
    let stand = Stand::start(&[(&topic, PARTITIONS)], &peers).await?;
    data::fill(&stand.kafka.bootstrap(), (&topic, PARTITIONS), codec, records)?;
    let case = Case { stand: &stand, topic: &topic, records, rounds };
    let java = case.java().await?;
    let librdkafka = case.librdkafka().await?;
    let rows = rows(codec, &java, &librdkafka)?;
    let noted = |row| stand.notes.iter().fold(row, |row: Row, note| row.note(note.clone()));
    Ok(rows.into_iter().map(noted).collect())
}

impl Case<'_> {
    async fn java(&self) -> Result<Rounds> {
        let sides: Vec<Side> = RAW_SIDES.into_iter().chain(REDACTED_SIDES).collect();
        self.alternate(&sides, |side| {
            let reached = perf_tools::consume(self.stand, side, self.topic, self.records)?;
            Ok((reached.mb_per_second, reached.mb))
        })
        .await
    }

    async fn librdkafka(&self) -> Result<Rounds> {
        let sides: Vec<Side> = RAW_SIDES.into_iter().chain([Side::Masked]).collect();
        let from = vec![0; PARTITIONS as usize];
        self.alternate(&sides, |side| {
            let reader = Reader::open(self.stand, side, self.topic, &from)?;
            let consumed = reader.take(self.records, &from)?;
            let mb = consumed.bytes as f64 / 1e6;
            Ok((mb / (consumed.last - consumed.first).as_secs_f64(), mb))
        })
        .await
    }

    async fn alternate(
        &self,
        sides: &[Side],
        work: impl Fn(Side) -> Result<(f64, f64)>,
    ) -> Result<Rounds> {
        let mut rounds = Rounds::default();
        for round in 1..=self.rounds {
            for side in sides.iter().copied().filter(|side| self.stand.has(*side)) {
                self.stand.forget(side).await?;
                rounds.turn((self.stand, side, round), || work(side));
            }
        }
        Ok(rounds)
    }
}

fn rows(codec: &str, java: &Rounds, librdkafka: &Rounds) -> Result<Vec<Row>> {
    let suffix = if codec == "none" { String::new() } else { format!(".{codec}") };
    let goals = match codec {
        "none" => vec![(Side::HaProxy, RAW_GOALS.0), (Side::Kroxylicious, RAW_GOALS.1)],
        _ => vec![(Side::HaProxy, RAW_LZ4_GOAL)],
    };
    let raw = |id: String, tool: &str, rounds: &Rounds| {
        let what = format!(
            "replay of 1 KiB records ({codec}) by one consumer ({tool}); goal {}",
            in_words(&goals)
        );
        row((&id, &what), rounds, Side::Gateway, &goals)
    };
    let redacted_goals =
        [(Side::Gateway, REDACTED_GOALS.0), (Side::Transforming, REDACTED_GOALS.1)];
    let what = format!(
        "the same with four fields masked ({codec}, Java); goal {}",
        in_words(&redacted_goals)
    );
    let mut rows = vec![
        raw(format!("kafka.raw{suffix}"), "Java", java)?,
        raw(format!("kafka.raw{suffix}.librdkafka"), "librdkafka", librdkafka)?,
        row((&format!("kafka.redacted{suffix}"), &what), java, Side::Masked, &redacted_goals)?,
    ];
    if codec == "none" {
        rows.push(cpu(java)?);
    }
    Ok(rows)
}

fn row((id, what): (&str, &str), rounds: &Rounds, own: Side, goals: &[(Side, f64)]) -> Result<Row> {
    let value = rounds.figure(own).with_context(|| rounds.notes.join("; "))?;
    // The median of the rounds' ratios is what counts: the goal is stated so that it decides.
    let needed = goals.iter().filter_map(|(side, goal)| Some(goal / rounds.ratio(own, *side)?));
    let goal = needed.fold(0.0, f64::max) * value;
    let row = Row::new(id, what, "MB/s", Better::Higher, goal.round()).value(value);
    Ok(beside(row, rounds, own))
}

fn cpu(rounds: &Rounds) -> Result<Row> {
    let own = rounds.mb_per_cpu_second(Side::Gateway).context("the gateway had no turn")?;
    let what = "MB per CPU-second of the gateway in the turns of kafka.raw";
    let mut row = Row::new("kafka.cpu", what, "MB/CPU-s", Better::Higher, CPU_GOAL).value(own);
    for side in [Side::HaProxy, Side::Kroxylicious] {
        if let Some(figure) = rounds.mb_per_cpu_second(side) {
            row = row.peer(side.name(), figure);
        }
    }
    Ok(row)
}

fn in_words(goals: &[(Side, f64)]) -> String {
    let words = goals.iter().map(|(side, goal)| format!("{goal} × {}", side.name()));
    words.collect::<Vec<_>>().join(", ")
}
