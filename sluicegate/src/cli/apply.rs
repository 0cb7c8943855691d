//! `sluicegate apply`: makes the running server be as documents say.

use std::io::Write;
use std::path::PathBuf;

use serde_json::Value;

use super::file;
use super::json::{list, text};
use crate::client::breaks;
use crate::client::{Client, Server};

#[derive(clap::Args)]
#[command(after_help = "The token is read from SLUICEGATE_TOKEN.\n\n\
    Examples:\n  sluicegate apply -f orders.yaml\n  sluicegate apply -f - --dry-run < orders.yaml")]
pub(super) struct Arguments {
    /// YAML or JSON documents; `-` reads standard input
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// Check everything and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Make the change even if it breaks subscribers
    #[arg(long)]
    accept_breaking: bool,
    #[command(flatten)]
    server: Server,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (name, text) = file::read(&arguments.file)?;
    let client = Client::new(&arguments.server)?;
    let applied = client.apply(
        &name,
        text,
        &[("dryRun", arguments.dry_run), ("acceptBreaking", arguments.accept_breaking)],
    )?;
    print(&applied, arguments.dry_run)
}

fn print(applied: &Value, dry_run: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for resource in list(applied, "resources") {
        let [action, kind, name] = ["action", "kind", "name"].map(|member| text(resource, member));
        writeln!(out, "{action:<9} {kind}/{name}")?;
    }
    for breaks in list(applied, "breaks") {
        write!(out, "{}", breaks::told(breaks))?;
    }
    if dry_run {
        writeln!(out, "This was a dry run: nothing was changed.")?;
        return Ok(());
    }
    let secrets = list(applied, "secrets");
    if !secrets.is_empty() {
        writeln!(out, "\nNew secrets. They are shown this once: keep them now.")?;
    }
    for issued in secrets {
        let [credential, application, secret] =
            ["credential", "application", "secret"].map(|member| text(issued, member));
        writeln!(out, "  {credential} (application {application}): {secret}")?;
    }
    Ok(())
}
