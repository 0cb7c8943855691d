//! The portal in a real browser, on the demo: the ways people go, every page for every role, and what
//! must hold on all of them.

use std::path::{Path, PathBuf};
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
/// What the browser's program is made of; the rest of the folder is for other tests.
const PARTS: [&str; 5] = ["portal.mjs", "steps", "journeys", "checks", "baseline"];

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
        let mut pages = tokio::process::Command::from(program(folder.path())?);
        let output = pages.arg(portal).stdin(Stdio::null()).kill_on_drop(true).output().await?;
        let (out, err) = (String::from_utf8_lossy(&output.stdout), &output.stderr);
        say(&out);
        let err = String::from_utf8_lossy(err);
        anyhow::ensure!(output.status.success() && out.contains("passed"), "{out}{err}");
        anyhow::ensure!(!demo.output().contains("panicked"), "{}", demo.output());
        Ok(())
    });
}

/// `portal.mjs` with all that it consists of, in a folder beside the packages that are installed for
/// it: a program finds its packages beside itself only.
fn program(folder: &Path) -> anyhow::Result<Command> {
    let installed = install::browser("portal.mjs")?.command();
    let script = installed.get_args().next().map(PathBuf::from).context("a script")?;
    let packages = script.with_file_name("node_modules");
    std::os::unix::fs::symlink(packages, folder.join("node_modules"))?;
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    let parts = PARTS.map(|part| sources.join(part));
    let copied = Command::new("cp").arg("-r").args(parts).arg(folder).status()?;
    anyhow::ensure!(copied.success(), "cannot copy {}", sources.display());
    let mut command = Command::new(installed.get_program());
    command.arg(folder.join("portal.mjs"));
    Ok(command)
}
