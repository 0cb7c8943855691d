//! `sluicegate apply`: makes the running server be as documents say.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use catalog::document::limits::TEXT_BYTES_MAX;
use serde_json::Value;

use super::json::{list, text};
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
    #[command(flatten)]
    server: Server,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (name, text) = read(&arguments.file)?;
    let client = Client::new(&arguments.server)?;
    let applied = client.apply(&name, text, arguments.dry_run)?;
    print(&applied, arguments.dry_run)
}

/// The text and what it is called in errors.
fn read(file: &Path) -> anyhow::Result<(String, String)> {
    let (name, source): (_, Box<dyn Read>) = if file == Path::new("-") {
        ("stdin".to_owned(), Box::new(std::io::stdin().lock()))
    } else {
        let name = file.display().to_string();
        let opened = std::fs::File::open(file).with_context(|| format!("cannot open {name}"))?;
        (name, Box::new(opened))
    };
    let mut text = String::new();
    source
        .take(TEXT_BYTES_MAX as u64 + 1)
        .read_to_string(&mut text)
        .with_context(|| format!("cannot read {name}"))?;
    if text.len() > TEXT_BYTES_MAX {
        bail!("{name} has more than {TEXT_BYTES_MAX} bytes: apply its parts one after another");
    }
    Ok((name, text))
}

fn print(applied: &Value, dry_run: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for resource in list(applied, "resources") {
        let [action, kind, name] = ["action", "kind", "name"].map(|member| text(resource, member));
        writeln!(out, "{action:<9} {kind}/{name}")?;
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
