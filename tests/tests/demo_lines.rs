//! The demo's lines for Kafka clients work as they are printed: Python (with the client library of
//! the compatibility suite) and, where it is installed, kcat. What they show is redacted.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;
use tempfile::TempDir;
use tests::clients::{Client, install};
use tests::process::Process;
use tests::{eventually, gateway, run, say};

/// How long the demo may take to be ready, and a line to show its first events.
const LIMIT: Duration = Duration::from_secs(60);
/// Events that a line must show.
const EVENTS: usize = 20;

#[test]
fn python_and_kcat_read_redacted_orders_with_the_lines_as_printed() {
    run(240, async {
        let folder = TempDir::with_prefix("sluicegate-demo-lines-")?;
        let mut command = Command::new(gateway::binary());
        command.args(["demo", "--json"]);
        let demo = Process::spawn(command, &folder.path().join("demo.log"), None)?;
        let told = eventually(LIMIT, "the demo says where it is", || async {
            let output = demo.output();
            output.lines().find_map(|line| serde_json::from_str::<Value>(line).ok())
        })
        .await?;
        let subscription = &told["subscriptions"][0];
        let python = tokio::task::spawn_blocking(|| install::program(Client::Rdkafka216)).await??;
        let python = python.command().get_program().to_owned();
        let python = Path::new(&python).parent().context("a folder of Python")?.to_owned();
        shows_orders(subscription["python"].as_str(), Some(&python), folder.path()).await?;
        match Command::new("kcat").arg("-V").stdout(Stdio::null()).status() {
            Ok(_) => shows_orders(subscription["kcat"].as_str(), None, folder.path()).await?,
            Err(_) => say("kcat is not installed: its line is not tried"),
        }
        demo.signal("INT");
        let folder = folder.path().display().to_string();
        anyhow::ensure!(!demo.output().contains("panicked"), "see {folder}");
        Ok(())
    });
}

/// Runs a line as a shell would, until it has shown some events.
async fn shows_orders(
    line: Option<&str>,
    first: Option<&Path>,
    folder: &Path,
) -> anyhow::Result<()> {
    let line = line.context("a line")?;
    let path = std::env::var("PATH")?;
    let path = first.map_or(path.clone(), |first| format!("{}:{path}", first.display()));
    let mut command = Command::new("sh");
    // Cargo puts the librdkafka that it built before the system's.
    command.args(["-c", line]).env("PATH", path).env_remove("LD_LIBRARY_PATH");
    let log = folder.join(format!("{}.log", if first.is_some() { "python" } else { "kcat" }));
    let reader = Process::spawn(command, &log, None)?;
    let events = eventually(LIMIT, line.split(' ').next().unwrap_or_default(), || async {
        let output = reader.output();
        let events = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let events: Vec<_> = events.collect();
        (events.len() >= EVENTS).then_some(events)
    });
    let events = events.await.with_context(|| reader.output())?;
    for event in events {
        anyhow::ensure!(event["customer"]["phone"] == "hidden", "not redacted: {event}");
    }
    Ok(())
}
