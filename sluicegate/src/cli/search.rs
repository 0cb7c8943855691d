//! `sluicegate search`: finds endpoints.

use std::io::Write;

use serde_json::Value;

use super::json::{list, text};
use crate::client::{Client, Server};

#[derive(clap::Args)]
#[command(
    after_help = "All words must be found, misspelt or not, in names, descriptions, tags, owners, \
    domains, fields and guides.\n\nExamples:\n  sluicegate search customer mail\n  \
    sluicegate search --domain shop orders"
)]
pub(super) struct Arguments {
    /// What one remembers
    words: Vec<String>,
    /// Of this business domain
    #[arg(long)]
    domain: Option<String>,
    /// Of this team
    #[arg(long)]
    owner: Option<String>,
    /// With this tag
    #[arg(long)]
    tag: Option<String>,
    /// How to write it
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"])]
    output: String,
    #[command(flatten)]
    server: Server,
}

pub(super) fn run(asked: &Arguments) -> anyhow::Result<()> {
    let words = asked.words.join(" ");
    let query = [
        ("q", Some(words.as_str())),
        ("domain", asked.domain.as_deref()),
        ("owner", asked.owner.as_deref()),
        ("tag", asked.tag.as_deref()),
    ];
    let found = Client::new(&asked.server)?.read(&["search"], &query, "search")?;
    let mut out = std::io::stdout().lock();
    if asked.output == "json" {
        writeln!(out, "{}", serde_json::to_string_pretty(&found)?)?;
        return Ok(());
    }
    let items = list(&found, "items");
    for item in items {
        let shown = |member: &str| item.get(member).and_then(Value::as_str).unwrap_or_default();
        let title = Some(shown("title")).filter(|title| !title.is_empty());
        writeln!(out, "{}  {}", text(item, "name"), title.unwrap_or(shown("description")))?;
    }
    let total = found.get("total").and_then(Value::as_u64).unwrap_or_default();
    if total > items.len() as u64 {
        writeln!(out, "and {} more: use more words", total - items.len() as u64)?;
    } else if items.is_empty() {
        writeln!(out, "nothing was found")?;
    }
    Ok(())
}
