//! `json.*`: a whole record batch in, its redacted image as a whole record batch out, on one core.
//! All cases and their peers run round robin in one thread, so that a slow phase of the machine
//! hits all of them alike.

use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use gateway::image::Image;
use gateway::wire::codec::Codec;
use policies::{Chain, CompileContext, HashKey, Rule, compile};

use crate::corpus::{self, Corpus, FIELDS, Shape};
use crate::peer::serde_tree::{Action, Worker};
use crate::row::{Better, Row};

/// Rounds of a full run; the medians are reported.
const ROUNDS: usize = 15;
/// Rounds of a quick run.
const ROUNDS_QUICK: usize = 3;
/// How long one case runs in one round.
const TURN: Duration = Duration::from_millis(150);
/// What hashes are keyed with.
const HASH_KEY: [u8; 32] = [7; 32];

/// The benchmarks of this file.
pub const IDS: [&str; 4] = ["json.plain", "json.varied", "json.hash", "json.lz4"];

/// Runs all of them: they share their rounds.
///
/// # Errors
/// When a batch is not redacted as expected.
pub fn run(quick: bool) -> Result<Vec<Row>> {
    std::thread::spawn(move || {
        pin();
        measure(if quick { ROUNDS_QUICK } else { ROUNDS })
    })
    .join()
    .map_err(|_| anyhow::anyhow!("the JSON benchmarks ended badly"))?
}

fn measure(rounds: usize) -> Result<Vec<Row>> {
    let plain = corpus::batches(Shape::Plain, Codec::None)?;
    let varied = corpus::batches(Shape::Varied, Codec::None)?;
    let lz4 = corpus::batches(Shape::Plain, Codec::Lz4)?;
    let mask = chain(|path| format!(r#"{{"mask":{{"path":"{path}","keepLast":4}}}}"#))?;
    let hash = chain(|path| format!(r#"{{"hash":{{"path":"{path}","hashKey":"k"}}}}"#))?;
    let hashing = Action::hash(&HASH_KEY)?;
    let mut cases = [
        Case::new(&plain, ours(&mask)),
        Case::new(&plain, theirs(Action::Mask)),
        Case::new(&varied, ours(&mask)),
        Case::new(&varied, theirs(Action::Mask)),
        Case::new(&plain, ours(&hash)),
        Case::new(&plain, theirs(hashing)),
        Case::new(&lz4, ours(&mask)),
        Case::new(&lz4, theirs(Action::Mask)),
    ];
    check(&plain, &mask)?;
    for _ in 0..rounds {
        for case in &mut cases {
            case.turn()?;
        }
    }
    let speeds: Vec<f64> = cases.iter().map(Case::speed).collect();
    let speed = |index: usize| speeds.get(index).copied().unwrap_or_default();
    Ok(vec![
        row("json.plain", "4 fields masked, one shape", &plain, (speed(0), speed(1)), 6.0),
        row("json.varied", "4 fields masked, no shape twice", &varied, (speed(2), speed(3)), 4.5),
        row("json.hash", "4 fields hashed, one shape", &plain, (speed(4), speed(1)), 3.0)
            .peer("serde_tree_hashing", speed(5)),
        Row::new(
            "json.lz4",
            "uncompressed MB/s, lz4 in and lz4 out, 4 fields masked, one core",
            "MB/s",
            Better::Higher,
            500.0,
        )
        .value(speed(6))
        .peer("serde_tree", speed(7))
        .detail("ratio", speed(6) / speed(7)),
    ])
}

/// The goal is a multiple of the peer in the same run, so it is stated in the peer's own MB/s.
fn row(id: &str, what: &str, corpus: &Corpus, (ours, peer): (f64, f64), times: f64) -> Row {
    let what = format!("{what}: whole batch in and out, one core; goal {times} × serde_tree");
    Row::new(id, what, "MB/s", Better::Higher, (times * peer * 1_000.0).round() / 1_000.0)
        .value(ours)
        .peer("serde_tree", peer)
        .detail("ratio", ours / peer)
        .detail("ratio_goal", times)
        .detail("record_bytes", (corpus.value_bytes / corpus.records) as f64)
}

type Step<'a> = Box<dyn FnMut(&gateway::upstream::FetchedBatch) -> Result<usize> + 'a>;

/// One way to treat one corpus.
struct Case<'a> {
    corpus: &'a Corpus,
    step: Step<'a>,
    speeds: Vec<f64>,
}

impl<'a> Case<'a> {
    fn new(corpus: &'a Corpus, step: Step<'a>) -> Self {
        Self { corpus, step, speeds: Vec::new() }
    }

    /// Whole passes over the corpus until the turn is over.
    fn turn(&mut self) -> Result<()> {
        let start = Instant::now();
        let mut bytes = 0;
        while start.elapsed() < TURN {
            for batch in &self.corpus.batches {
                black_box((self.step)(black_box(batch))?);
            }
            bytes += self.corpus.batch_bytes;
        }
        self.speeds.push(bytes as f64 / start.elapsed().as_secs_f64() / 1e6);
        Ok(())
    }

    /// Megabytes of uncompressed batch a second: the median turn.
    fn speed(&self) -> f64 {
        let mut speeds = self.speeds.clone();
        speeds.sort_by(f64::total_cmp);
        speeds.get(speeds.len() / 2).copied().unwrap_or_default()
    }
}

/// As the gateway does it: CRC (checked when fetched), image, batch.
fn ours(chain: &Chain) -> Step<'_> {
    Box::new(move |batch| {
        batch.batch.verify_crc()?;
        let image = Image::compute(batch, 0, chain);
        Ok(image.record_batch()?.bytes.len())
    })
}

fn theirs(action: Action) -> Step<'static> {
    let mut worker = Worker::default();
    Box::new(move |batch| {
        batch.batch.verify_crc()?;
        Ok(worker.redact(batch, &action)?.bytes.len())
    })
}

/// Both ways must say the same, byte for byte, or their speeds cannot be compared.
fn check(corpus: &Corpus, chain: &Chain) -> Result<()> {
    let batch = corpus.batches.first().context("no batches")?;
    let image = Image::compute(batch, 0, chain);
    let tree = Worker::default().redact(batch, &Action::Mask)?;
    anyhow::ensure!(
        image.record_batch()?.bytes == tree.bytes && tree.bytes != batch.batch.bytes,
        "the chain and the tree do not agree"
    );
    Ok(())
}

fn chain(rule: impl Fn(String) -> String) -> Result<Chain> {
    let rules = FIELDS
        .iter()
        .map(|[parent, name]| Ok(serde_json::from_str(&rule(format!("$.{parent}.{name}")))?))
        .collect::<Result<Vec<Rule>>>()?;
    let mut context = CompileContext::default();
    context.keys.insert("k".to_owned(), HashKey { version: 1, secret: HASH_KEY.to_vec() });
    Ok(compile(&rules, &context)?)
}

/// Keeps this thread on one core where `taskset` is installed; without it the figures move more.
fn pin() {
    let Ok(thread) = std::fs::read_link("/proc/thread-self") else {
        return;
    };
    let Some(id) = thread.file_name() else { return };
    let _ = Command::new("taskset")
        .args(["-p", "-c", "1"])
        .arg(id)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}
