//! `sluicegate import`: endpoints out of a document of another language.

use std::io::Write;
use std::path::Path;

use serde_json::Value;

use super::file;
use super::json::{list, text};
use crate::client::{Client, Server};

#[derive(clap::Args)]
#[command(after_help = "The token is read from SLUICEGATE_TOKEN. Documents go to standard \
    output, the report to standard error.\n\n\
    Examples:\n  sluicegate import asyncapi -f orders.asyncapi.yaml > orders.yaml\n  \
    sluicegate import asyncapi -f orders.asyncapi.yaml --cluster main --apply")]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Drafts of endpoints out of an AsyncAPI document
    Asyncapi(Asyncapi),
}

#[derive(clap::Args)]
struct Asyncapi {
    /// The document, YAML or JSON; `-`: standard input
    #[arg(short, long)]
    file: String,
    /// The cluster of new endpoints [default: the only one there is]
    #[arg(long)]
    cluster: Option<String>,
    /// Apply the drafts instead of printing them
    #[arg(long)]
    apply: bool,
    #[command(flatten)]
    server: Server,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let What::Asyncapi(asked) = &arguments.what;
    let client = Client::new(&asked.server)?;
    let (_, document) = file::read(Path::new(&asked.file))?;
    let imported = client.import_asyncapi(&asked.file, document, asked.cluster.as_deref())?;
    let mut report = std::io::stderr().lock();
    for note in list(&imported, "report") {
        writeln!(report, "{}", line(&asked.file, note))?;
    }
    let documents: Vec<String> =
        list(&imported, "documents").iter().map(yaml_serde::to_string).collect::<Result<_, _>>()?;
    let documents = documents.join("---\n");
    let mut out = std::io::stdout().lock();
    if !asked.apply {
        return Ok(out.write_all(documents.as_bytes())?);
    }
    let applied = client.apply(&asked.file, documents, &[])?;
    for resource in list(&applied, "resources") {
        let (kind, name) = (text(resource, "kind"), text(resource, "name"));
        writeln!(out, "{kind}/{name} {}", text(resource, "action"))?;
    }
    Ok(())
}

fn line(file: &str, note: &Value) -> String {
    let number = |name: &str| note.get(name).and_then(Value::as_u64);
    let at = match (number("line"), number("column")) {
        (Some(line), Some(column)) => format!("{file}:{line}:{column}"),
        _ => file.to_owned(),
    };
    let kind = match text(note, "kind") {
        "notSupported" => "not supported",
        kind => kind,
    };
    format!("{at}: {kind}: {} ({})", text(note, "message"), text(note, "pointer"))
}
