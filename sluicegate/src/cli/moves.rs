//! Moves of subscriptions and endpoints: `sluicegate approve`, `publish` and the others.

use std::io::Write;

use serde_json::{Map, Value};

use super::json::{list, text};
use crate::client::{Client, Server};

#[derive(clap::Args)]
pub(super) struct OfSubscription {
    /// The subscription's name
    subscription: String,
    /// Why, for the subscriber and the audit
    #[arg(long, default_value = "")]
    reason: String,
    /// When it ends, such as `2027-01-31T00:00:00Z` [default: as the plan has it]
    #[arg(long, value_name = "MOMENT")]
    expires_at: Option<String>,
    #[command(flatten)]
    server: Server,
}

#[derive(clap::Args)]
pub(super) struct OfEndpoint {
    /// The endpoint's name
    endpoint: String,
    #[command(flatten)]
    server: Server,
}

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    sluicegate deprecate orders --sunset 2027-01-31 --successor orders-v2")]
pub(super) struct Deprecation {
    /// The endpoint's name
    endpoint: String,
    /// The day after which it may be retired
    #[arg(long, value_name = "DAY")]
    sunset: Option<String>,
    /// The endpoint to use instead
    #[arg(long, value_name = "ENDPOINT")]
    successor: Option<String>,
    #[command(flatten)]
    server: Server,
}

#[derive(clap::Args)]
#[command(after_help = "Ends it for ever; open connections are closed within a second.\n\n\
    Examples:\n  sluicegate revoke shipping-orders --reason 'no longer needed'\n  \
    sluicegate revoke shipping-1 --credential")]
pub(super) struct Revocation {
    #[command(flatten)]
    of: OfSubscription,
    /// The name is a credential's
    #[arg(long, conflicts_with_all = ["reason", "expires_at"])]
    credential: bool,
}

pub(super) fn subscription(by: &str, asked: &OfSubscription) -> anyhow::Result<()> {
    let mut said = Map::new();
    say(&mut said, "reason", Some(&asked.reason).filter(|reason| !reason.is_empty()));
    say(&mut said, "expiresAt", asked.expires_at.as_ref());
    act(&asked.server, ("subscriptions", &asked.subscription), by, said)
}

pub(super) fn endpoint(by: &str, asked: &OfEndpoint) -> anyhow::Result<()> {
    act(&asked.server, ("endpoints", &asked.endpoint), by, Map::new())
}

pub(super) fn deprecate(asked: &Deprecation) -> anyhow::Result<()> {
    let mut said = Map::new();
    say(&mut said, "sunset", asked.sunset.as_ref());
    say(&mut said, "successor", asked.successor.as_ref());
    act(&asked.server, ("endpoints", &asked.endpoint), "deprecate", said)
}

#[derive(clap::Args)]
#[command(
    after_help = "Streams that pages opened with tickets of this credential are closed within \
    a second. The credential works on, and can make new tickets."
)]
pub(super) struct OfCredential {
    /// The credential's name
    credential: String,
    #[command(flatten)]
    server: Server,
}

pub(super) fn end_tickets(asked: &OfCredential) -> anyhow::Result<()> {
    act(&asked.server, ("credentials", &asked.credential), "end-tickets", Map::new())
}

pub(super) fn revoke(asked: &Revocation) -> anyhow::Result<()> {
    match asked.credential {
        true => {
            let OfSubscription { subscription, server, .. } = &asked.of;
            act(server, ("credentials", subscription), "revoke", Map::new())
        }
        false => subscription("revoke", &asked.of),
    }
}

fn say(said: &mut Map<String, Value>, member: &str, value: Option<&String>) {
    if let Some(value) = value {
        said.insert(member.to_owned(), value.as_str().into());
    }
}

fn act(
    server: &Server,
    (kinds, name): (&str, &str),
    by: &str,
    said: Map<String, Value>,
) -> anyhow::Result<()> {
    let applied = Client::new(server)?.act(&[kinds, name, by], &Value::Object(said), name)?;
    let mut out = std::io::stdout().lock();
    for resource in list(&applied, "resources") {
        let [action, kind, name] = ["action", "kind", "name"].map(|member| text(resource, member));
        writeln!(out, "{action:<9} {kind}/{name}")?;
    }
    Ok(())
}
