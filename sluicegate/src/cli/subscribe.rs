//! `sluicegate subscribe`: asks for a subscription of an application to an endpoint.

use std::io::Write;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::json::{list, text};
use crate::client::{Client, Server};

#[derive(clap::Args)]
#[command(
    after_help = "Where the plan wants the owner's approval the subscription waits for it.\n\n\
    Examples:\n  sluicegate subscribe orders --application shipping\n  \
    sluicegate subscribe orders --application shipping --plan orders-gold \\\n    \
    --justification 'labels are printed from orders'"
)]
pub(super) struct Arguments {
    /// The endpoint's name
    endpoint: String,
    /// The application that subscribes
    #[arg(short, long)]
    application: String,
    /// The plan [default: the only one that the endpoint has]
    #[arg(short, long)]
    plan: Option<String>,
    /// Why, for the endpoint's owner
    #[arg(long, default_value = "")]
    justification: String,
    /// The subscription's name [default: application-endpoint]
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    server: Server,
}

pub(super) fn run(asked: &Arguments) -> anyhow::Result<()> {
    let client = Client::new(&asked.server)?;
    let Arguments { endpoint, application, justification, .. } = asked;
    let plan = match &asked.plan {
        Some(plan) => plan.clone(),
        None => only_plan(&client, endpoint)?,
    };
    let name = asked.name.clone().unwrap_or_else(|| format!("{application}-{endpoint}"));
    if client.find("subscriptions", &name).is_ok() {
        bail!(
            "there is a subscription `{name}` already: give this one another name (--name), or \
             renew that one (sluicegate renew {name})"
        );
    }
    let document = json!({
        "apiVersion": catalog::model::API_VERSION,
        "kind": "Subscription",
        "metadata": { "name": name },
        "spec": {
            "application": application, "endpoint": endpoint, "plan": plan,
            "justification": justification,
        },
    });
    client.apply(&name, document.to_string(), &[])?;
    let made = client.find("subscriptions", &name)?;
    let spec = made.get("spec").unwrap_or(&Value::Null);
    let mut out = std::io::stdout().lock();
    writeln!(out, "{:<9} Subscription/{name} under {plan}", text(spec, "state"))?;
    if text(spec, "state") == "active" {
        writeln!(out, "Next: sluicegate connect {name} --client curl")?;
    }
    Ok(())
}

/// The plan of an endpoint that has one.
fn only_plan(client: &Client, endpoint: &str) -> anyhow::Result<String> {
    client.find("endpoints", endpoint)?;
    let plans = client.list("plans")?;
    let of_endpoint =
        |plan: &&Value| plan.pointer("/spec/endpoint").and_then(Value::as_str) == Some(endpoint);
    let names: Vec<&str> = plans
        .iter()
        .filter(of_endpoint)
        .filter_map(|plan| plan.pointer("/metadata/name").and_then(Value::as_str))
        .collect();
    match names.as_slice() {
        [] => bail!("the endpoint `{endpoint}` has no plan to subscribe to"),
        [one] => Ok((*one).to_owned()),
        several => bail!("choose one with --plan: {}", several.join(", ")),
    }
}

#[derive(clap::Args)]
#[command(
    after_help = "Makes a second credential for the same application, and lets the old one end \
    later: both work meanwhile.\n\nExamples:\n  sluicegate rotate shipping-1 --overlap-hours 48"
)]
pub(super) struct Rotation {
    /// The credential that is to be replaced
    credential: String,
    /// For how long the old one works on
    #[arg(long, default_value_t = 24, value_name = "HOURS")]
    overlap_hours: u32,
    #[command(flatten)]
    server: Server,
}

pub(super) fn rotate(asked: &Rotation) -> anyhow::Result<()> {
    let client = Client::new(&asked.server)?;
    let old = client.find("credentials", &asked.credential)?;
    let spec = old.get("spec").context("the server's answer has no `spec`")?;
    if spec.get("oauth").is_some() || spec.get("certificate").is_some() {
        bail!("`{}` is no secret: its provider or authority rotates it", asked.credential);
    }
    if spec.get("revoked") == Some(&Value::Bool(true)) {
        bail!("`{}` was revoked already", asked.credential);
    }
    let name = next_name(&client, &asked.credential)?;
    let ends = time::OffsetDateTime::now_utc() + time::Duration::hours(asked.overlap_hours.into());
    let ends =
        ends.replace_nanosecond(0)?.format(&time::format_description::well_known::Rfc3339)?;
    let document = |name: &str, more: Value| {
        let mut spec = json!({ "application": text(spec, "application") });
        if let (Some(spec), Value::Object(more)) = (spec.as_object_mut(), more) {
            spec.extend(more);
        }
        json!({
            "apiVersion": catalog::model::API_VERSION, "kind": "Credential",
            "metadata": { "name": name, "labels": old.pointer("/metadata/labels") }, "spec": spec,
        })
    };
    let mut both =
        [document(&name, json!({})), document(&asked.credential, json!({ "expiresAt": ends }))];
    for document in &mut both {
        if let Some(metadata) = document.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.retain(|_, value| !value.is_null());
        }
    }
    let applied = client.apply(&name, Value::from_iter(both).to_string(), &[])?;
    let mut out = std::io::stdout().lock();
    for issued in list(&applied, "secrets") {
        writeln!(out, "{}: {}", text(issued, "credential"), text(issued, "secret"))?;
    }
    writeln!(out, "Shown this once: keep it now. `{}` works until {ends}.", asked.credential)?;
    Ok(())
}

/// `shipping-1` → `shipping-2`, or the next that is free.
fn next_name(client: &Client, name: &str) -> anyhow::Result<String> {
    /// Names that are tried.
    const TRIES_MAX: u32 = 100;
    let (stem, number) = match name.rsplit_once('-') {
        Some((stem, number)) => (stem, number.parse().unwrap_or(1)),
        None => (name, 1_u32),
    };
    let stem = if name == format!("{stem}-{number}") { stem } else { name };
    (1..=TRIES_MAX)
        .map(|step| format!("{stem}-{}", number.saturating_add(step)))
        .find(|name| client.find("credentials", name).is_err())
        .context("no free name was found for the new credential")
}
