//! `sluicegate describe`: a resource, what refers to it, and what happened to it lately.

use std::io::Write;

use catalog::model::Kind;
use serde_json::Value;

use super::get;
use super::json::{list, text};
use crate::client::{Client, Server};

/// Records of its history that are shown.
const HISTORY: &str = "10";
/// What names a resource of a kind: the kinds and the members of `spec` that do.
const REFERRERS: &[(Kind, Kind, &str)] = &[
    (Kind::Cluster, Kind::Endpoint, "cluster"),
    (Kind::Endpoint, Kind::Plan, "endpoint"),
    (Kind::Endpoint, Kind::Subscription, "endpoint"),
    (Kind::Policy, Kind::Plan, "policies"),
    (Kind::Plan, Kind::Subscription, "plan"),
    (Kind::Application, Kind::Subscription, "application"),
    (Kind::Application, Kind::Credential, "application"),
];

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  sluicegate describe endpoint orders")]
pub(super) struct Arguments {
    /// Such as `plan` or `plans`
    #[arg(value_parser = get::kind)]
    kind: Kind,
    /// The resource's name
    name: String,
    #[command(flatten)]
    server: Server,
}

pub(super) fn run(asked: &Arguments) -> anyhow::Result<()> {
    let client = Client::new(&asked.server)?;
    let found = client.find(asked.kind.plural(), &asked.name)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}/{}", asked.kind, asked.name)?;
    for part in ["metadata", "spec"] {
        let value = found.get(part).unwrap_or(&Value::Null);
        let yaml = yaml_serde::to_string(value)?;
        writeln!(out, "\n{part}:")?;
        yaml.lines().try_for_each(|line| writeln!(out, "  {line}"))?;
    }
    let referrers = REFERRERS.iter().filter(|(of, ..)| *of == asked.kind);
    for (_, kind, member) in referrers {
        let filter = format!("{member}={}", asked.name);
        let query = [("filter", Some(filter.as_str())), ("fields", Some("state"))];
        let page = client.read(&[kind.plural()], &query, kind.plural())?;
        let total = page.get("total").and_then(Value::as_u64).unwrap_or_default();
        writeln!(out, "\n{}: {total}", kind.plural())?;
        for one in list(&page, "items") {
            let name = one.pointer("/metadata/name").and_then(Value::as_str).unwrap_or("?");
            let state = one.pointer("/spec/state").and_then(Value::as_str).unwrap_or_default();
            writeln!(out, "  {name} {state}")?;
        }
    }
    let query = [
        ("kind", Some(asked.kind.name())),
        ("name", Some(asked.name.as_str())),
        ("limit", Some(HISTORY)),
    ];
    let Some(history) = client.read_if_allowed(&["audit"], &query, "audit")? else {
        writeln!(out, "\nhistory: for those who may read the audit")?;
        return Ok(());
    };
    writeln!(out, "\nhistory:")?;
    for record in list(&history, "records") {
        let event = record.get("event").unwrap_or(&Value::Null);
        let actor = event.pointer("/data/actor/name").and_then(Value::as_str).unwrap_or("?");
        // `io.sluicegate.subscription.approved.v1`: the last word but one.
        let verb = text(event, "type").rsplit('.').nth(1).unwrap_or_default();
        writeln!(out, "  {}  {verb} by {actor}", text(event, "time"))?;
    }
    Ok(())
}
