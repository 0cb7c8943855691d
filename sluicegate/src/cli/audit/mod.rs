//! `sluicegate audit`: who did what, and whether anybody tampered with it.

mod verify;

use std::io::Write;

use serde_json::Value;

use super::json::{list, text};
use crate::client::{Client, Server};

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  sluicegate audit list --kind Subscription\n  \
    sluicegate audit export > audit.ndjson\n  sluicegate audit verify --key \"$KEY\"")]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// The latest records
    List(List),
    /// All records and signed checkpoints, a line of JSON each
    Export(Export),
    /// Look whether a record was taken out, put in, changed, moved or cut off
    Verify(verify::Arguments),
}

#[derive(clap::Args)]
struct List {
    /// Of this kind of resource, such as `Subscription`
    #[arg(long)]
    kind: Option<String>,
    /// Of the resource of this name
    #[arg(long, requires = "kind")]
    name: Option<String>,
    /// By whom
    #[arg(long)]
    actor: Option<String>,
    /// From this moment on, such as `2027-01-31T00:00:00Z`
    #[arg(long)]
    since: Option<String>,
    /// How many at most
    #[arg(long, default_value = "50")]
    limit: String,
    #[command(flatten)]
    server: Server,
}

#[derive(clap::Args)]
struct Export {
    #[command(flatten)]
    server: Server,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.what {
        What::List(asked) => print(asked),
        What::Export(asked) => {
            let mut out = std::io::stdout().lock();
            Client::new(&asked.server)?.lines(&["audit", "export"], |line| {
                out.write_all(line)?;
                Ok(out.write_all(b"\n")?)
            })
        }
        What::Verify(asked) => verify::run(asked),
    }
}

fn print(asked: &List) -> anyhow::Result<()> {
    let query = [
        ("kind", asked.kind.as_deref()),
        ("name", asked.name.as_deref()),
        ("actor", asked.actor.as_deref()),
        ("since", asked.since.as_deref()),
        ("limit", Some(asked.limit.as_str())),
    ];
    let page = Client::new(&asked.server)?.read(&["audit"], &query, "audit")?;
    let mut out = std::io::stdout().lock();
    for record in list(&page, "records") {
        let event = record.get("event").unwrap_or(&Value::Null);
        let actor = event.pointer("/data/actor/name").and_then(Value::as_str);
        let (time, subject) = (text(event, "time"), text(event, "subject"));
        // `io.sluicegate.subscription.approved.v1`: the last word but one.
        let verb = text(event, "type").rsplit('.').nth(1).unwrap_or_default();
        let number = record.get("number").and_then(Value::as_u64).unwrap_or_default();
        writeln!(out, "{number:>6}  {time}  {:<14} {verb:<12} {subject}", actor.unwrap_or("-"))?;
    }
    Ok(())
}
