//! `sluicegate message`: what an endpoint's owner writes to its subscribers.

use std::io::Write;
use std::path::PathBuf;

use serde_json::{Map, Value};

use super::file;
use super::json::list;
use crate::client::{Client, Server};

#[derive(clap::Args)]
#[command(
    after_help = "The teams whose applications subscribe are told by mail and webhook; the audit \
    keeps what was written.\nTen messages an hour go to the subscribers of an endpoint.\n\n\
    Examples:\n  sluicegate message orders --subject 'Maintenance on Sunday' \\\n    \
    --text 'From 8:00 to 9:00 UTC no events come.'\n  \
    sluicegate message orders --plan orders-gold --dry-run\n  \
    sluicegate message orders --subject 'New field' -f - < message.txt"
)]
pub(super) struct Arguments {
    /// The endpoint's name
    endpoint: String,
    /// One line of at most 120 characters
    #[arg(long, required_unless_present = "dry_run")]
    subject: Option<String>,
    /// Plain text of at most 4,000 characters
    #[arg(long, conflicts_with = "file", required_unless_present_any = ["file", "dry_run"])]
    text: Option<String>,
    /// A file with the text; `-` reads standard input
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Only to the subscribers under this plan; may be said several times
    #[arg(long, value_name = "PLAN")]
    plan: Vec<String>,
    /// Only to, or also to, this subscription; may be said several times
    #[arg(long, value_name = "SUBSCRIPTION")]
    subscription: Vec<String>,
    /// Count who would be told, and send nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    server: Server,
}

pub(super) fn run(asked: &Arguments) -> anyhow::Result<()> {
    let read = asked.file.as_deref().map(file::read).transpose()?;
    // As Windows ends lines.
    let read = read.map(|(_, text)| text.replace("\r\n", "\n"));
    let mut said = Map::new();
    for (member, text) in [("subject", &asked.subject), ("text", &asked.text.clone().or(read))] {
        if let Some(text) = text {
            said.insert(member.to_owned(), text.as_str().into());
        }
    }
    for (member, names) in [("plans", &asked.plan), ("subscriptions", &asked.subscription)] {
        if !names.is_empty() {
            said.insert(member.to_owned(), names.as_slice().into());
        }
    }
    let path = ["endpoints", asked.endpoint.as_str(), "messages"];
    let options = [("dryRun", asked.dry_run)];
    let client = Client::new(&asked.server)?;
    let told = client.act_with(&path, &options, &Value::Object(said), &asked.endpoint)?;
    print(&told, asked.dry_run)
}

fn print(told: &Value, dry_run: bool) -> anyhow::Result<()> {
    let count = |member: &str, one: &str, many: &str| {
        let count = told.get(member).and_then(Value::as_u64).unwrap_or_default();
        format!("{count} {}", if count == 1 { one } else { many })
    };
    let subscriptions = count("subscriptions", "subscription", "subscriptions");
    let receivers = count("receivers", "mail address", "mail addresses");
    let mut out = std::io::stdout().lock();
    let what = if dry_run { "would be told" } else { "told" };
    writeln!(out, "{what}: {subscriptions}, {receivers}")?;
    if list(told, "by").is_empty() {
        writeln!(out, "This server sends neither mail nor webhooks: only its audit knows of it.")?;
    }
    if dry_run {
        writeln!(out, "This was a dry run: nothing was sent.")?;
    }
    Ok(())
}
