//! Promise 8: beyond the plan's connections a subscriber gets 429 with `Retry-After`; while it
//! streams it is paced: over a window the rate held is within 5 % of the plan's, over 1, 2 and 10
//! connections together, after a burst of one second, and no event is lost.
//!
//! The window is 20 s; `SLUICEGATE_PACE_SECONDS=60` is the full size.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tests::documents::Documents;
use tests::gateway::Gateway;
use tests::scripted_broker::{Batch, ScriptedBroker};
use tests::sse::{Request, Stream};
use tests::{eventually, run, say};
use tokio::task::JoinSet;

/// How long an event or an answer may take.
const LIMIT: Duration = Duration::from_secs(15);
/// Events per second of the plan that counts events.
const EVENTS_RATE: u32 = 400;
/// Bytes per second of the plan that counts bytes.
const BYTES_RATE: u32 = 200_000;
/// The promise.
const TOLERANCE: f64 = 0.05;
/// How long the first burst (one second's worth) may count before the window begins.
const BURST: Duration = Duration::from_secs(2);
/// Seconds of a window unless the environment says otherwise.
const WINDOW_SECONDS: u64 = 20;
/// Events of a batch, and bytes of an event's value.
const BATCH_EVENTS: u64 = 100;
const VALUE_BYTES: usize = 300;

fn window() -> Duration {
    let asked = std::env::var("SLUICEGATE_PACE_SECONDS").ok();
    let seconds = asked.and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(WINDOW_SECONDS))
}

/// A plan with limits (YAML in flow form) and a subscriber of it.
fn limited(documents: Documents, name: &str, limits: &str) -> Documents {
    let plan = format!("{{endpoint: orders, limits: {{{limits}}}}}");
    documents.document("Plan", &format!("{name}-plan"), &plan).subscriber(
        name,
        "orders",
        &format!("{name}-plan"),
    )
}

async fn broker() -> anyhow::Result<(ScriptedBroker, Documents)> {
    let broker = ScriptedBroker::start().await?;
    broker.create_topic("orders", 1);
    let documents = Documents::new().cluster("main", &broker.address()).endpoint("main", "orders");
    Ok((broker, documents))
}

#[test]
fn connections_beyond_the_plan_are_refused() {
    run(60, async {
        let (_broker, documents) = broker().await?;
        let gateway = Gateway::start().await?;
        let documents = limited(documents, "few", "connections: 2");
        let applied = gateway.apply(documents.yaml()).await?;
        gateway.ready(LIMIT).await?;
        let plain = gateway.events("orders").bearer(&applied.secret("few")?.secret);
        let hyper = plain.clone().header("TE", "trailers");
        // Both ways in have one count.
        let (first, second) = (plain.open().await?, hyper.open().await?);
        let mut problems = Vec::new();
        for request in [&plain, &hyper] {
            let refusal = request.refused().await?;
            assert_eq!(refusal.status(), 429, "{}", refusal.text());
            let wait: u64 = refusal.head.header("retry-after").unwrap_or("none").parse()?;
            assert!((1..=60).contains(&wait), "{wait}");
            let problem = refusal.problem()?;
            assert_eq!(problem["code"], "too_many_connections");
            assert!(problem["detail"].as_str().is_some_and(|text| !text.is_empty()));
            problems.push(problem);
        }
        assert_eq!(problems[0], problems[1]);
        // Who goes makes room, on either way.
        for stream in [first, second] {
            drop(stream);
            let again =
                eventually(LIMIT, "there is room again", || async { plain.open().await.ok() });
            drop(again.await?);
        }
        Ok(())
    });
}

/// What one paced subscription has got, over all its connections.
#[derive(Default)]
struct Got {
    events: AtomicU64,
    bytes: AtomicU64,
}

#[test]
fn the_rate_of_the_plan_is_held() {
    run(3 * window().as_secs() + 120, async {
        let (broker, mut documents) = broker().await?;
        let gateway = Gateway::start().await?;
        for connections in [1, 2, 10] {
            let limits = format!("eventsPerSecond: {EVENTS_RATE}");
            documents = limited(documents, &format!("events-{connections}"), &limits);
            let limits = format!("bytesPerSecond: {BYTES_RATE}");
            documents = limited(documents, &format!("bytes-{connections}"), &limits);
        }
        // More than one connection can take in the time, with either limit.
        let seconds = (BURST + window()).as_secs() + 5;
        let most = u64::from(EVENTS_RATE).max(u64::from(BYTES_RATE) / VALUE_BYTES as u64);
        fill(&broker, most * seconds);
        let applied = gateway.apply(documents.yaml()).await?;
        gateway.ready(LIMIT).await?;
        let mut measured: JoinSet<anyhow::Result<()>> = JoinSet::new();
        for connections in [1, 2, 10] {
            for kind in ["events", "bytes"] {
                let name = format!("{kind}-{connections}");
                let secret = &applied.secret(&name)?.secret;
                let request = gateway.events("orders").bearer(secret).from("earliest");
                measured.spawn(measure(request, name, connections));
            }
        }
        while let Some(one) = measured.join_next().await {
            one??;
        }
        Ok(())
    });
}

fn fill(broker: &ScriptedBroker, events: u64) {
    let filling = "x".repeat(VALUE_BYTES);
    for batch in 0..events.div_ceil(BATCH_EVENTS) {
        let values: Vec<String> = (0..BATCH_EVENTS)
            .map(|n| format!("{{\"n\":{},\"filling\":\"{filling}\"}}", batch * BATCH_EVENTS + n))
            .collect();
        broker.append("orders", 0, &Batch::of(&values));
    }
}

async fn measure(request: Request, name: String, connections: usize) -> anyhow::Result<()> {
    let got = Arc::new(Got::default());
    let mut readers: JoinSet<anyhow::Result<()>> = JoinSet::new();
    let mut streams = Vec::new();
    let start = Instant::now();
    for _ in 0..connections {
        streams.push(request.open().await?);
    }
    for stream in streams {
        readers.spawn(read(stream, Arc::clone(&got)));
    }
    let by_events = name.starts_with("events");
    let rate = f64::from(if by_events { EVENTS_RATE } else { BYTES_RATE });
    let now = || {
        let counter = if by_events { &got.events } else { &got.bytes };
        (counter.load(Ordering::Acquire) as f64, Instant::now())
    };
    tokio::time::sleep(BURST).await;
    let before = now();
    // A burst of a second, and what the time since the first connection allows.
    let allowed = rate * (1.0 + (before.1 - start).as_secs_f64());
    assert!(before.0 <= allowed * (1.0 + TOLERANCE), "{name}: {} > {allowed}", before.0);
    tokio::time::sleep(window()).await;
    let after = now();
    if let Some(failed) = readers.try_join_next() {
        failed??;
        anyhow::bail!("{name}: a stream ended");
    }
    let held = (after.0 - before.0) / (after.1 - before.1).as_secs_f64();
    let off = (held / rate - 1.0) * 100.0;
    say(&format!("{name} connection(s): {held:.1}/s of {rate}/s ({off:+.2} %)"));
    assert!(off.abs() <= TOLERANCE * 100.0, "{name}: {held}/s is not {rate}/s");
    Ok(())
}

/// Reads on; every event must be the next one.
async fn read(mut stream: Stream, got: Arc<Got>) -> anyhow::Result<()> {
    let (mut next, mut bytes) = (0, 0);
    loop {
        let record = stream.records(1, LIMIT).await?.remove(0);
        anyhow::ensure!(record.offset == next, "{} instead of {next}", record.offset);
        next += 1;
        got.events.fetch_add(1, Ordering::AcqRel);
        got.bytes.fetch_add(stream.parser().bytes - bytes, Ordering::AcqRel);
        bytes = stream.parser().bytes;
    }
}
