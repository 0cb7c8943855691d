//! The clients of our own under `clients/`, against the real binary: the ES module in Chromium, and
//! the Python file.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};
use tests::documents::Documents;
use tests::expect::within;
use tests::gateway::{Gateway, Options};
use tests::orders::Orders;
use tests::scripted_broker::{Batch, ScriptedBroker};
use tests::{ports, repository, run};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

const LIMIT: Duration = Duration::from_secs(60);

struct Scene {
    broker: ScriptedBroker,
    gateway: Gateway,
    secret: String,
    produced: i64,
}

impl Scene {
    async fn new() -> anyhow::Result<Scene> {
        Scene::with(Options::default()).await
    }

    async fn with(options: Options) -> anyhow::Result<Scene> {
        let Orders { broker, gateway, secret } = Orders::start(options).await?;
        Ok(Scene { broker, gateway, secret, produced: 0 })
    }

    fn produce(&mut self, count: i64) {
        for _ in 0..count {
            let value = json!({ "n": self.produced }).to_string();
            self.broker.append("orders", 0, &Batch::of(&[value]));
            self.produced += 1;
        }
    }

    fn url(&self) -> String {
        format!("http://{}", self.gateway.address())
    }
}

fn spawn(
    mut program: Command,
    secret: &str,
) -> anyhow::Result<(Child, Lines<BufReader<ChildStdout>>)> {
    program.env("SLUICEGATE_SECRET", secret).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = program.kill_on_drop(true).spawn()?;
    let output = child.stdout.take().context("no output")?;
    Ok((child, BufReader::new(output).lines()))
}

fn python() -> PathBuf {
    repository().join("clients/python")
}

#[test]
fn the_python_file_reads_event_streams_as_the_standard_says() {
    run(60, async {
        let mut program = Command::new("python3");
        program.args(["-m", "unittest", "discover", "-s", "tests"]).current_dir(python());
        let output = program.output().await?;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        anyhow::ensure!(output.status.success() && !told.contains("Ran 0 tests"), "{told}");
        Ok(())
    });
}

#[test]
fn the_python_file_follows_an_endpoint_over_a_restart() {
    run(120, async {
        let mut scene = Scene::new().await?;
        scene.produce(20);
        let mut program = Command::new("python3");
        let url = format!("{}/v1/endpoints/orders/events", scene.url());
        program.args(["-m", "sluicegate", &url, "--from", "earliest"]).current_dir(python());
        let (_child, mut lines) = spawn(program, &scene.secret)?;
        let mut seen = Vec::new();
        until(&mut lines, &mut seen, 20).await?;
        scene.gateway.restart().await?;
        scene.produce(20);
        until(&mut lines, &mut seen, 40).await?;
        seen.dedup();
        assert_eq!(seen, (0..40).collect::<Vec<_>>());
        Ok(())
    });
}

/// Reads events until so many different ones came.
async fn until(
    lines: &mut Lines<BufReader<ChildStdout>>,
    seen: &mut Vec<i64>,
    count: i64,
) -> anyhow::Result<()> {
    while seen.last().is_none_or(|last| *last < count - 1) {
        let line = within(LIMIT, "an event", lines.next_line()).await??;
        let event: Value = serde_json::from_str(&line.context("it ended")?)?;
        seen.push(event["value"]["n"].as_i64().context("not an event")?);
    }
    Ok(())
}

#[test]
fn the_python_file_says_why_it_is_refused() {
    run(60, async {
        let scene = Scene::new().await?;
        let mut program = Command::new("python3");
        let url = format!("{}/v1/endpoints/nothing/events", scene.url());
        program.args(["-m", "sluicegate", &url]).current_dir(python());
        let output = program.env("SLUICEGATE_SECRET", &scene.secret).output().await?;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("404 endpoint_not_found") && !told.contains(&scene.secret), "{told}");
        Ok(())
    });
}

#[test]
fn pages_follow_an_endpoint_in_chromium() {
    run(240, async {
        let mut scene = Scene::new().await?;
        let module = repository().join("clients/browser/sluicegate.js");
        let program = tests::clients::install::browser("pages.mjs")?;
        let mut command = Command::from(program.command());
        command.arg(scene.url()).arg::<&Path>(&module);
        let (mut child, mut lines) = spawn(command, &scene.secret)?;
        let mut input = child.stdin.take().context("no input")?;
        loop {
            let line = within(LIMIT, "what the pages ask for", lines.next_line()).await??;
            let line = line.context("the pages failed: see above")?;
            match line.split_once(' ').unwrap_or((&line, "")) {
                ("produce", count) => scene.produce(count.parse()?),
                ("allow", origin) => allow(&scene, origin).await?,
                ("restart", _) => scene.gateway.restart().await?,
                ("suspend", _) => scene.gateway.suspend("shop-orders").await?,
                ("resume", _) => scene.gateway.resume("shop-orders").await?,
                ("revoke", _) => scene.gateway.revoke("shop-1").await?,
                ("passed", _) => return Ok(()),
                other => anyhow::bail!("{other:?}"),
            }
            input.write_all(b"done\n").await?;
        }
    });
}

#[test]
fn a_page_has_six_streams_over_http_1_and_as_many_as_it_likes_over_http_2() {
    run(180, async {
        for (tls, streams) in [(false, "6"), (true, "10")] {
            let mut scene = Scene::with(Options { tls, ..Options::default() }).await?;
            scene.produce(1);
            let port = ports::free()?;
            allow(&scene, &format!("http://localhost:{port}")).await?;
            let program = tests::clients::install::browser("streams.mjs")?;
            let ca = scene.gateway.folder().join("ca.pem");
            std::fs::write(&ca, scene.gateway.ca())?;
            let scheme = if tls { "https" } else { "http" };
            let url = format!("{scheme}://{}", scene.gateway.address());
            let mut command = Command::from(program.command());
            command.args([&url, streams, &port.to_string()]).env("NODE_EXTRA_CA_CERTS", ca);
            command.env("SLUICEGATE_SECRET", &scene.secret);
            let output = within(LIMIT, "the page", command.output()).await??;
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            anyhow::ensure!(output.status.success(), "TLS {tls}: {told}");
        }
        Ok(())
    });
}

/// Lets pages of an origin read.
async fn allow(scene: &Scene, origin: &str) -> anyhow::Result<()> {
    let spec = format!("{{cluster: main, topic: orders, allowedOrigins: [\"{origin}\"]}}");
    let documents = Documents::new().document("Endpoint", "orders", &spec);
    scene.gateway.apply(documents.yaml()).await.map(drop)
}
