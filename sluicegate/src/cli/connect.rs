//! `sluicegate connect`: a complete program or configuration for a client of a subscription.

use std::io::Write;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail};
use portal::connect::Client as Program;
use serde_json::Value;

use super::json::{list, text};
use crate::client::{Client, Server};

#[derive(clap::Args)]
#[command(
    after_help = "The token is read from SLUICEGATE_TOKEN. What is printed has no secret in \
    it: it takes the credential's from SLUICEGATE_SECRET.\n\n\
    Examples:\n  sluicegate connect shipping-orders\n  \
    sluicegate connect shipping-orders --client python > main.py\n  \
    sluicegate connect shipping-orders --client spring --output consumer/"
)]
pub(super) struct Arguments {
    /// The subscription's name
    subscription: String,
    /// For which client; without it: what there is to know, and for which clients
    #[arg(short, long, value_parser = program_names())]
    client: Option<String>,
    /// Log in with this credential [default: the application's first that has a secret]
    #[arg(long, value_name = "ID")]
    credential: Option<String>,
    /// Write, where the endpoint can be read and written
    #[arg(long)]
    produce: bool,
    /// Save the files here instead of printing them; none that is there is replaced
    #[arg(short, long, value_name = "FOLDER", requires = "client")]
    output: Option<PathBuf>,
    #[command(flatten)]
    server: Server,
}

fn program_names() -> clap::builder::PossibleValuesParser {
    Program::ALL.map(Program::name).into()
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let client = Client::new(&arguments.server)?;
    let query = [
        ("client", arguments.client.as_deref()),
        ("credential", arguments.credential.as_deref()),
        ("mode", arguments.produce.then_some("produce")),
    ];
    let told = client.connect(&arguments.subscription, &query)?;
    let mut out = std::io::stdout().lock();
    if arguments.client.is_none() {
        return facts(&mut out, &told);
    }
    let snippet = list(&told, "snippets").first().context("the server sent no snippet")?;
    match &arguments.output {
        Some(folder) => save(&mut out, folder, &told, snippet),
        None => print(&mut out, snippet),
    }
}

/// One file as it is; of several, each after a line with its name.
fn print(out: &mut impl Write, snippet: &Value) -> anyhow::Result<()> {
    let files = list(snippet, "files");
    for (index, file) in files.iter().enumerate() {
        if files.len() > 1 {
            let gap = if index > 0 { "\n" } else { "" };
            writeln!(out, "{gap}==> {} <==", text(file, "name"))?;
        }
        write!(out, "{}", text(file, "text"))?;
    }
    Ok(())
}

fn save(out: &mut impl Write, folder: &Path, told: &Value, snippet: &Value) -> anyhow::Result<()> {
    for file in list(snippet, "files") {
        let name = Path::new(text(file, "name"));
        // A server is not trusted with paths that lead out of the folder.
        if !name.components().all(|part| matches!(part, Component::Normal(_))) {
            bail!("the server sent a file with the name {}", name.display());
        }
        let path = folder.join(name);
        let named = || format!("cannot write {}", path.display());
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).with_context(named)?;
        }
        let created = std::fs::File::create_new(&path);
        created
            .and_then(|mut created| created.write_all(text(file, "text").as_bytes()))
            .with_context(named)?;
        writeln!(out, "{}", path.display())?;
    }
    writeln!(out, "\nNext:\n  cd {}", folder.display())?;
    if let Some(install) = snippet.get("install").and_then(Value::as_str) {
        writeln!(out, "  {install}")?;
    }
    let credential = text(told, "credential");
    writeln!(out, "  export SLUICEGATE_SECRET=…   (the secret of {credential})")?;
    writeln!(out, "  {}", text(snippet, "run"))?;
    Ok(())
}

/// Everything that a client has to be told, and which clients there are snippets for.
fn facts(out: &mut impl Write, told: &Value) -> anyhow::Result<()> {
    let line = |out: &mut dyn Write, name: &str, value: &str| writeln!(out, "{name:<19} {value}");
    line(out, "subscription", text(told, "subscription"))?;
    line(out, "application", text(told, "application"))?;
    line(out, "topic", text(told, "address"))?;
    if let Some(kafka) = told.get("kafka") {
        line(out, "bootstrap.servers", text(kafka, "bootstrapServers"))?;
        line(out, "security.protocol", text(kafka, "securityProtocol"))?;
        let mechanisms: Vec<&str> =
            list(kafka, "mechanisms").iter().filter_map(Value::as_str).collect();
        line(out, "sasl.mechanism", &mechanisms.join(" or "))?;
    }
    line(out, "sasl.username", text(told, "credential"))?;
    line(out, "sasl.password", "the secret, slg_…, told when the credential was made")?;
    if let Some(url) = told.get("eventsUrl").and_then(Value::as_str) {
        line(out, "events (SSE)", url)?;
    }
    writeln!(out, "\nWith --client, complete and ready to run:")?;
    for snippet in list(told, "snippets") {
        writeln!(out, "  {:<11} {}", text(snippet, "client"), text(snippet, "title"))?;
    }
    for missing in list(told, "unavailable") {
        writeln!(out, "  {:<11} not: {}", text(missing, "client"), text(missing, "reason"))?;
    }
    Ok(())
}
