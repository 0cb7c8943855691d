//! `sluicegate diff`: what applying documents would change.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::Value;
use similar::TextDiff;

use super::file;
use super::json::{list, text};
use crate::client::{Client, Server, breaks};

/// Unchanged lines around a change.
const CONTEXT_LINES: usize = 3;

#[derive(clap::Args)]
#[command(
    after_help = "Exits with 0 when nothing differs, with 1 when something does, with 2 when \
    it cannot tell.\n\nExamples:\n  sluicegate diff -f orders.yaml"
)]
pub(super) struct Arguments {
    /// YAML or JSON documents; `-` reads standard input
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    server: Server,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (name, documents) = file::read(&arguments.file)?;
    let told = Client::new(&arguments.server)?.apply(&name, documents, &[("dryRun", true)])?;
    let mut out = std::io::stdout().lock();
    let mut differs = false;
    for resource in list(&told, "resources") {
        let side = |member: &str| match resource.get(member) {
            Some(Value::Null) | None => Ok(String::new()),
            Some(resource) => yaml_serde::to_string(resource),
        };
        let (before, after) = (side("before")?, side("after")?);
        if before == after {
            continue;
        }
        differs = true;
        let resource = format!("{}/{}", text(resource, "kind"), text(resource, "name"));
        let diff = TextDiff::from_lines(&before, &after);
        let mut diff = diff.unified_diff();
        let diff = diff.context_radius(CONTEXT_LINES);
        write!(out, "{}", diff.header(&format!("server/{resource}"), &format!("file/{resource}")))?;
    }
    for breaks in list(&told, "breaks") {
        write!(out, "{}", breaks::told(breaks))?;
    }
    Ok(if differs { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
