//! `sluicegate export`: everything as documents that `apply` takes, or an endpoint as a document of
//! another language.

use std::io::Write;

use catalog::model::Kind;

use super::get;
use crate::client::{Client, Server};

#[derive(clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "The token is read from SLUICEGATE_TOKEN. Secrets are never part of it;\n\
    what they are checked against only with --with-verifiers.\n\n\
    Examples:\n  sluicegate export > everything.yaml\n  \
    sluicegate export --kind plan --kind endpoint\n  sluicegate export asyncapi orders\n  \
    sluicegate export asyncapi orders --plan orders-partner --spec 2.6.0 -o json"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    /// Only resources of this kind; may be said several times
    #[arg(long, value_parser = get::kind)]
    kind: Vec<Kind>,
    /// Also what secrets are checked against: a restored server then accepts those in use
    #[arg(long)]
    with_verifiers: bool,
    #[command(flatten)]
    server: Server,
}

#[derive(clap::Subcommand)]
enum What {
    /// An endpoint as an AsyncAPI document
    Asyncapi(Asyncapi),
}

#[derive(clap::Args)]
struct Asyncapi {
    /// The endpoint's name
    endpoint: String,
    /// As subscribers of this plan see it
    #[arg(long)]
    plan: Option<String>,
    /// The version of the specification
    #[arg(long, default_value = "3.1.0", value_parser = ["2.6.0", "3.0.0", "3.1.0"])]
    spec: String,
    /// How to write it
    #[arg(short, long, default_value = "yaml", value_parser = ["yaml", "json"])]
    output: String,
    #[command(flatten)]
    server: Server,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let Some(What::Asyncapi(asked)) = &arguments.what else {
        return resources(arguments);
    };
    let client = Client::new(&asked.server)?;
    let query = [("version", Some(asked.spec.as_str())), ("plan", asked.plan.as_deref())];
    let document = client.asyncapi(&asked.endpoint, &query)?;
    let text = match asked.output.as_str() {
        "json" => serde_json::to_string_pretty(&document)? + "\n",
        _ => yaml_serde::to_string(&document)?,
    };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(())
}

/// Resources in an order in which each refers to those before it, by name within a kind.
fn resources(asked: &Arguments) -> anyhow::Result<()> {
    let client = Client::new(&asked.server)?;
    let mut out = std::io::stdout().lock();
    let mut first = true;
    for kind in Kind::ALL {
        if !asked.kind.is_empty() && !asked.kind.contains(&kind) {
            continue;
        }
        let has_secrets = matches!(kind, Kind::Credential | Kind::User | Kind::Token);
        let verifiers = asked.with_verifiers && has_secrets;
        let options = [("withVerifiers", true)];
        let options = if verifiers { &options[..] } else { &[] };
        for resource in client.list_with(kind.plural(), options)? {
            let separator = if first { "" } else { "---\n" };
            first = false;
            write!(out, "{separator}{}", yaml_serde::to_string(&resource)?)?;
        }
    }
    Ok(())
}
