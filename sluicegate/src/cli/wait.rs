//! `sluicegate wait`: until a resource is as it should be.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use catalog::model::Kind;
use serde_json::Value;

use super::get;
use crate::client::{Client, Server};

#[derive(clap::Args)]
#[command(after_help = "Nothing is asked again and again: the server tells.\n\n\
    Examples:\n  sluicegate wait subscription shipping-orders --for state=active\n  \
    sluicegate wait plan orders-silver --for deleted --timeout 30")]
pub(super) struct Arguments {
    /// Such as `plan` or `plans`
    #[arg(value_parser = get::kind)]
    kind: Kind,
    /// The resource's name
    name: String,
    /// A member of `spec` and its value, `exists` or `deleted`
    #[arg(long = "for", value_name = "CONDITION", value_parser = condition)]
    condition: Condition,
    /// Seconds after which to give up
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    timeout: u64,
    #[command(flatten)]
    server: Server,
}

#[derive(Clone)]
enum Condition {
    Exists,
    Deleted,
    Member(String, String),
}

fn condition(text: &str) -> Result<Condition, String> {
    match (text, text.split_once('=')) {
        ("exists", _) => Ok(Condition::Exists),
        ("deleted", _) => Ok(Condition::Deleted),
        (_, Some((member, value))) if !member.is_empty() => {
            Ok(Condition::Member(member.to_owned(), value.to_owned()))
        }
        _ => Err("a condition is `exists`, `deleted` or such as `state=active`".to_owned()),
    }
}

impl Condition {
    fn holds(&self, found: Option<&Value>) -> bool {
        match (self, found) {
            (Self::Exists, found) => found.is_some(),
            (Self::Deleted, found) => found.is_none(),
            (Self::Member(..), None) => false,
            (Self::Member(member, value), Some(found)) => {
                let pointer = format!("/spec/{}", member.replace('.', "/"));
                match found.pointer(&pointer) {
                    Some(Value::String(text)) => text == value,
                    Some(other) => {
                        *other == serde_json::from_str::<Value>(value).unwrap_or_default()
                    }
                    None => false,
                }
            }
        }
    }
}

pub(super) fn run(asked: &Arguments) -> anyhow::Result<()> {
    let client = Client::new(&asked.server)?;
    // Asked before looking: what changes in between is told.
    let version = client.read(&["version"], &[], "version")?;
    let version = version.get("catalog").and_then(Value::as_u64).context("no version")?;
    let look = || -> anyhow::Result<bool> {
        let found = client.find_if_there(asked.kind.plural(), &asked.name)?;
        Ok(asked.condition.holds(found.as_ref()))
    };
    if look()? {
        return Ok(());
    }
    let deadline = Instant::now() + Duration::from_secs(asked.timeout);
    let mine = |line: &[u8]| concerns(line, asked.kind, &asked.name);
    let mut since = version.to_string();
    loop {
        // The stream is left at each change of the resource, and taken up after it.
        let left = deadline.saturating_duration_since(Instant::now());
        let Some(seen) = client.next_change(&since, left, mine)? else {
            bail!(
                "{}/{} is not so after {} seconds; `sluicegate get {} {} -o yaml` shows how it is",
                asked.kind,
                asked.name,
                asked.timeout,
                asked.kind,
                asked.name
            );
        };
        if look()? {
            return Ok(());
        }
        since = seen;
    }
}

/// Whether a line of the feed tells of the resource, or that everything is to be read anew.
fn concerns(data: &[u8], kind: Kind, name: &str) -> bool {
    let Ok(told) = serde_json::from_slice::<Value>(data) else { return false };
    let Some(resources) = told.get("resources").and_then(Value::as_array) else { return true };
    let is = |resource: &Value, member: &str, value: &str| {
        resource.get(member).and_then(Value::as_str) == Some(value)
    };
    resources.iter().any(|one| is(one, "kind", kind.name()) && is(one, "name", name))
}
