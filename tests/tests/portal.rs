//! The portal in a real browser, on the demo: the ways people go, every page for every role, and
//! what must hold on all of them.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;
use tempfile::TempDir;
use tests::clients::install;
use tests::process::Process;
use tests::{eventually, gateway, run, say};

/// How long the demo may take to be ready.
const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn people_find_subscribe_decide_and_see_what_is_theirs() {
    run(600, async {
        let folder = TempDir::with_prefix("sluicegate-portal-")?;
        let mut command = Command::new(gateway::binary());
        command.args(["demo", "--json"]);
        let demo = Process::spawn(command, &folder.path().join("demo.log"), None)?;
        let told = eventually(LIMIT, "the demo says where it is", || async {
            let output = demo.output();
            output.lines().find_map(|line| serde_json::from_str::<Value>(line).ok())
        })
        .await?;
        let portal = told["portal"].as_str().context("the demo names its portal")?.to_owned();
        assert_eq!(told["live"], format!("{portal}endpoints/orders/live"));
        let mut pages = tokio::process::Command::from(install::browser("portal.mjs")?.command());
        // Cargo's own librdkafka is not kcat's.
        pages.env_remove("LD_LIBRARY_PATH");
        let output = pages.arg(portal).stdin(Stdio::null()).kill_on_drop(true).output().await?;
        let (out, err) = (String::from_utf8_lossy(&output.stdout), &output.stderr);
        say(&out);
        let err = String::from_utf8_lossy(err);
        anyhow::ensure!(output.status.success() && out.contains("passed"), "{out}{err}");
        anyhow::ensure!(!demo.output().contains("panicked"), "{}", demo.output());
        Ok(())
    });
}
