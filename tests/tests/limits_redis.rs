//! A plan's limits hold over three replicas that share a Redis: together they give what the plan
//! gives, within a fifth, however many of them are asked, and open as many connections as it
//! allows. Without Redis each takes its third, says so, and shares again when Redis is back.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use tests::documents::Documents;
use tests::gateway::{Gateway, Options};
use tests::process::Process;
use tests::scripted_broker::{Batch, ScriptedBroker};
use tests::sse::Stream;
use tests::{eventually, ports, run, say};
use tokio::task::JoinHandle;

const LIMIT: Duration = Duration::from_secs(15);
/// Events per second of the plan.
const RATE: u32 = 300;
/// Events of the topic: more than are read.
const EVENTS: u64 = 40_000;
/// How long the first burst may count before a window begins.
const BURST: Duration = Duration::from_secs(2);
/// How long is counted.
const WINDOW: Duration = Duration::from_secs(6);
/// The promise.
const TOLERANCE: f64 = 0.2;

/// A Redis of this test.
struct Redis {
    process: Option<Process>,
    port: u16,
    folder: tempfile::TempDir,
}

impl Redis {
    fn start() -> anyhow::Result<Redis> {
        let mut redis = Redis { process: None, port: ports::free()?, folder: tempfile::tempdir()? };
        redis.run()?;
        Ok(redis)
    }

    /// Starts it (again), empty.
    fn run(&mut self) -> anyhow::Result<()> {
        let mut command = Command::new("redis-server");
        command
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .arg("--dir")
            .arg(self.folder.path());
        let log = self.folder.path().join("redis.log");
        self.process = Some(Process::spawn(command, &log, None).context("needs redis-server")?);
        Ok(())
    }

    fn kill(&mut self) {
        self.process = None;
    }
}

/// A stream that is read on, counted by all of its kind.
fn read_on(mut stream: Stream, got: &Arc<AtomicU64>) -> JoinHandle<anyhow::Result<()>> {
    let got = Arc::clone(got);
    tokio::spawn(async move {
        loop {
            stream.records(1, LIMIT).await?;
            got.fetch_add(1, Ordering::AcqRel);
        }
    })
}

/// Events per second that are read by all, after the burst.
async fn rate(got: &AtomicU64, what: &str) -> f64 {
    tokio::time::sleep(BURST).await;
    let (before, began) = (got.load(Ordering::Acquire), Instant::now());
    tokio::time::sleep(WINDOW).await;
    let read = got.load(Ordering::Acquire) - before;
    let rate = read as f64 / began.elapsed().as_secs_f64();
    say(&format!("{what}: {rate:.1}/s of {RATE}/s"));
    rate
}

fn assert_held(rate: f64, what: &str) {
    let off = rate / f64::from(RATE) - 1.0;
    assert!(off.abs() <= TOLERANCE, "{what}: {rate:.1}/s is not {RATE}/s within a fifth");
}

/// Waits until all replicas share limits, or each takes its share.
async fn all_say(gateways: &[(Gateway, String)], words: &str) -> anyhow::Result<()> {
    for (gateway, _) in gateways {
        eventually(LIMIT, words, || async {
            let answer = gateway.probe("/readyz?verbose").await.ok()?;
            (answer.status() == 200 && answer.text().contains(words)).then_some(())
        })
        .await?;
    }
    Ok(())
}

/// Three replicas that share a Redis and have a subscription of a plan with these limits; each with
/// the secret of its reader.
async fn three(
    redis: &Redis,
    broker: &ScriptedBroker,
    limits: &str,
) -> anyhow::Result<Vec<(Gateway, String)>> {
    let plan = format!("{{endpoint: orders, limits: {limits}}}");
    let documents = Documents::new()
        .cluster("main", &broker.address())
        .endpoint("main", "orders")
        .document("Plan", "paced", &plan)
        .subscriber("reader", "orders", "paced");
    let toml = format!("[limits.redis]\nurl = \"redis://127.0.0.1:{}/0\"\n", redis.port);
    let mut gateways = Vec::new();
    for _ in 0..3 {
        let options = Options { toml: toml.clone(), ..Options::default() };
        let gateway = Gateway::launch(options).await?;
        let secret = gateway.apply(documents.yaml()).await?.secret("reader")?.secret.clone();
        gateway.ready(LIMIT).await?;
        gateways.push((gateway, secret));
    }
    all_say(&gateways, "limits: shared by 3 replicas").await?;
    Ok(gateways)
}

/// Opens a stream once it is let in.
async fn let_in((gateway, secret): &(Gateway, String)) -> anyhow::Result<Stream> {
    eventually(LIMIT, "a place", || async {
        gateway.events("orders").bearer(secret).from("earliest").open().await.ok()
    })
    .await
}

/// The plan's connections are all taken, says a replica.
async fn full((gateway, secret): &(Gateway, String)) -> anyhow::Result<()> {
    let refused = gateway.events("orders").bearer(secret).refused().await?;
    assert_eq!(refused.status(), 429, "{}", refused.text());
    Ok(())
}

#[test]
fn connections_are_counted_over_three_replicas() {
    run(120, async {
        let mut redis = Redis::start()?;
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("orders", 1);
        let replicas = three(&redis, &broker, "{connections: 3}").await?;
        let (one, two, three) = (&replicas[0], &replicas[1], &replicas[2]);
        let first = let_in(one).await?;
        let _second = let_in(two).await?;
        let _third = let_in(two).await?;
        for replica in &replicas {
            full(replica).await?;
        }
        // What one gives back, another has.
        drop(first);
        let _fourth = let_in(three).await?;
        full(one).await?;
        // Those of a replica that is gone count no more once nothing was heard of it for a while.
        two.0.sigkill();
        let _fifth = let_in(one).await?;
        let _sixth = let_in(three).await?;
        full(one).await?;
        // Redis is gone, and what it knew with it: each has its third, and tells of what it has.
        redis.kill();
        for (gateway, _) in [one, three] {
            eventually(LIMIT, "Redis is missed", || async {
                let answer = gateway.probe("/readyz?verbose").await.ok()?;
                answer.text().contains("Redis is away").then_some(())
            })
            .await?;
        }
        full(three).await?;
        redis.run()?;
        for (gateway, _) in [one, three] {
            eventually(LIMIT, "Redis is back", || async {
                let answer = gateway.probe("/readyz?verbose").await.ok()?;
                answer.text().contains("limits: shared by").then_some(())
            })
            .await?;
        }
        full(one).await?;
        full(three).await
    });
}

#[test]
fn limits_hold_over_three_replicas_with_redis_and_without() {
    run(180, async {
        let mut redis = Redis::start()?;
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("orders", 1);
        let values: Vec<String> = (0..100).map(|n| format!("{{\"n\":{n}}}")).collect();
        for _ in 0..EVENTS / 100 {
            broker.append("orders", 0, &Batch::of(&values));
        }
        let gateways = three(&redis, &broker, &format!("{{eventsPerSecond: {RATE}}}")).await?;
        let got = Arc::new(AtomicU64::new(0));
        let mut readers = Vec::new();
        for (gateway, secret) in &gateways {
            let stream = gateway.events("orders").bearer(secret).from("earliest").open().await?;
            readers.push(read_on(stream, &got));
        }
        let held = rate(&got, "three replicas").await;
        for reader in readers.iter_mut().filter(|reader| reader.is_finished()) {
            reader.await??;
        }
        assert_held(held, "three replicas");
        let metrics = gateways[0].0.metrics().await?;
        assert_eq!(metrics.sum("sluicegate_limits_shared_lost", &[]), 0.0);
        // A lease a tenth of a second at most, not one an event.
        let leases = metrics.sum("sluicegate_limits_leases_total", &[]);
        assert!(leases < 40.0 * (BURST + WINDOW).as_secs_f64(), "{leases} leases");
        redis.kill();
        all_say(&gateways, "takes 1/3 of each").await?;
        let metrics = gateways[0].0.metrics().await?;
        assert_eq!(metrics.sum("sluicegate_limits_shared_lost", &[]), 1.0);
        assert_held(rate(&got, "three replicas without Redis").await, "without Redis");
        let lines = gateways[0].0.output();
        assert_eq!(lines.matches("Redis is away").count(), 1, "it is said once");
        redis.run()?;
        all_say(&gateways, "limits: shared by 3 replicas").await?;
        assert_held(rate(&got, "Redis is back").await, "Redis is back");
        // What others do not take is there for one.
        for reader in readers.drain(1..) {
            reader.abort();
        }
        assert_held(rate(&got, "one of three replicas").await, "one of three");
        anyhow::ensure!(!readers[0].is_finished(), "a stream ended");
        Ok(())
    });
}
