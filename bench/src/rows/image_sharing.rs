//! `image.sharing`: the CPU time of redacting the same batches for 64 subscribers of one chain ÷
//! for one. In process, where nothing but redaction is counted: 64 threads ask at once for the
//! image of every batch. The real gateway then shows by its own counter that it computes as few.

use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use gateway::image::ImageSlots;
use gateway::metrics::Metrics;
use gateway::wire::codec::Codec;
use policies::{Chain, CompileContext, Rule, compile};

use super::median;
use crate::corpus::{self, Corpus, FIELDS, Shape};
use crate::event::EventText;
use crate::load::Load;
use crate::process::cpu_seconds;
use crate::publish::Sink;
use crate::row::{Better, Row};
use crate::stand::Stand;

/// The benchmark.
pub const IDS: [&str; 1] = ["image.sharing"];

const READERS: usize = 64;
const GOAL: f64 = 1.2;
/// How often the corpus is read in one round: enough that a CPU tick is one part in a hundred.
const PASSES: usize = 100;
const ROUNDS: usize = 5;
const ROUNDS_QUICK: usize = 1;
/// Events through the real gateway: one batch each.
const EVENTS: usize = 200;
/// Between two of them, so that each is fetched alone.
const EVENT_PAUSE: Duration = Duration::from_millis(10);
/// How long the last event may take to arrive.
const ARRIVE_WAIT: Duration = Duration::from_secs(10);

/// Runs both parts.
///
/// # Errors
/// When an image is computed twice in process. A gateway that cannot run is named in the note.
pub async fn run(quick: bool) -> Result<Vec<Row>> {
    let corpus = corpus::batches(Shape::Plain, Codec::None)?;
    let chain = Arc::new(chain()?);
    let mut rounds = Vec::new();
    for _ in 0..if quick { ROUNDS_QUICK } else { ROUNDS } {
        let one = redact(&corpus, &chain, 1)?;
        rounds.push((redact(&corpus, &chain, READERS)?, one));
    }
    let what = format!("redaction CPU with {READERS} subscribers of one chain ÷ with one");
    let row = Row::new("image.sharing", what, "ratio", Better::Lower, GOAL)
        .value(median(rounds.iter().map(|(many, one)| many / one)))
        .detail("cpu_seconds_1", median(rounds.iter().map(|(_, one)| *one)))
        .detail("cpu_seconds_64", median(rounds.iter().map(|(many, _)| *many)));
    Ok(vec![match through_gateway().await {
        Ok((one, many)) => row
            .detail("gateway_images_per_batch_1", one)
            .detail("gateway_images_per_batch_64", many),
        Err(error) => row.note(format!("the real gateway was not asked: {error:#}")),
    }])
}

/// CPU seconds of this process while so many readers ask for the images of all batches: in as many
/// threads as there are cores, as the gateway's tasks do. Threads, and the slots of all passes, are
/// there before the clock starts.
fn redact(corpus: &Corpus, chain: &Arc<Chain>, readers: usize) -> Result<f64> {
    let metrics = Metrics::default();
    let passes: Vec<Vec<ImageSlots>> = (0..PASSES)
        .map(|_| corpus.batches.iter().map(|_| ImageSlots::default()).collect())
        .collect();
    let cores = std::thread::available_parallelism()?.get();
    let workers = cores.min(readers);
    let start = Barrier::new(workers + 1);
    let cpu = std::thread::scope(|scope| -> Result<f64> {
        let read = || {
            start.wait();
            passes
                .iter()
                .for_each(|slots| read_all(corpus, slots, chain, (&metrics, readers / workers)));
        };
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(read)).collect();
        let before = cpu_seconds(std::process::id())?;
        start.wait();
        for thread in threads {
            ensure!(thread.join().is_ok(), "a reader ended badly");
        }
        Ok(cpu_seconds(std::process::id())? - before)
    })?;
    let wanted = (corpus.batches.len() * PASSES) as u64;
    ensure!(metrics.images_computed.get() == wanted, "an image was computed more than once");
    Ok(cpu)
}

fn read_all(
    corpus: &Corpus,
    slots: &[ImageSlots],
    chain: &Chain,
    (metrics, readers): (&Metrics, usize),
) {
    for (batch, slots) in corpus.batches.iter().zip(slots) {
        for _ in 0..readers {
            let image = slots.image(batch, 0, chain, metrics);
            std::hint::black_box(image.record_count);
        }
    }
}

fn chain() -> Result<Chain> {
    let rules = FIELDS
        .iter()
        .map(|[parent, name]| format!(r#"{{"mask":{{"path":"$.{parent}.{name}","keepLast":4}}}}"#))
        .map(|rule| Ok(serde_json::from_str(&rule)?))
        .collect::<Result<Vec<Rule>>>()?;
    Ok(compile(&rules, &CompileContext::default())?)
}

/// Images computed per batch with one subscriber and with many, as the gateway counts them.
async fn through_gateway() -> Result<(f64, f64)> {
    let stand = Stand::start("sharing").await?;
    let one = images_per_batch(&stand, 1).await?;
    Ok((one, images_per_batch(&stand, READERS).await?))
}

async fn images_per_batch(stand: &Stand, subscribers: usize) -> Result<f64> {
    let load = Load::open(stand.address()?, &stand.request(), subscribers)?;
    let computed = async || -> Result<f64> {
        let metrics = stand.gateway.metrics().await?;
        ensure!(metrics.has("sluicegate_images_computed_total", &[]), "no such counter");
        Ok(metrics.sum("sluicegate_images_computed_total", &[]))
    };
    let before = computed().await?;
    publish(&stand.kafka.bootstrap(), &stand.topic, EVENTS)?;
    wait_for(&load, (subscribers * EVENTS) as u64)?;
    let images = computed().await? - before;
    load.close()?;
    Ok(images / EVENTS as f64)
}

/// Publishes so many events, each in a batch of its own.
pub(super) fn publish(bootstrap: &str, topic: &str, count: usize) -> Result<()> {
    let mut sink = Sink::kafka(bootstrap, topic, None)?;
    let mut text = EventText::new(256);
    for _ in 0..count {
        sink.send(text.next())?;
        std::thread::sleep(EVENT_PAUSE);
    }
    sink.flush()
}

/// Waits until all subscribers have all events.
pub(super) fn wait_for(load: &Load, events: u64) -> Result<()> {
    let deadline = Instant::now() + ARRIVE_WAIT;
    while load.counts().events < events {
        let counts = load.counts();
        (Instant::now() < deadline)
            .then_some(())
            .with_context(|| format!("{} of {events} events arrived", counts.events))?;
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
