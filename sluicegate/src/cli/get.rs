//! `sluicegate get`: resources of the running server, for people or to apply again.

use std::io::Write;

use catalog::model::Kind;
use serde_json::Value;

use crate::client::{Client, Server};

#[derive(clap::Args)]
#[command(
    after_help = "The token is read from SLUICEGATE_TOKEN. Secrets are never part of it.\n\n\
    Examples:\n  sluicegate get plans\n  sluicegate get policy mask-for-support -o yaml"
)]
pub(super) struct Arguments {
    /// Such as `plan` or `plans`
    #[arg(value_parser = kind)]
    kind: Kind,
    /// One resource; without it all of the kind
    name: Option<String>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Output {
    /// Columns for people
    Table,
    /// Documents that `apply` takes
    Yaml,
    /// The same as JSON
    Json,
}

/// The kind of a name in any case, singular or plural.
///
/// # Errors
/// Which kinds there are.
pub(super) fn kind(text: &str) -> Result<Kind, String> {
    let same = |name: &str| name.eq_ignore_ascii_case(text);
    Kind::ALL
        .into_iter()
        .find(|kind| same(kind.name()) || same(kind.plural()))
        .ok_or_else(|| format!("kinds are {}", Kind::ALL.map(Kind::plural).join(", ")))
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let client = Client::new(&arguments.server)?;
    let kinds = arguments.kind.plural();
    let found = match &arguments.name {
        Some(name) => vec![client.find(kinds, name)?],
        None => client.list(kinds)?,
    };
    let mut out = std::io::stdout().lock();
    match arguments.output {
        Output::Table if found.is_empty() => writeln!(std::io::stderr(), "there are no {kinds}")?,
        Output::Table => table(&mut out, arguments.kind, &found)?,
        Output::Yaml => {
            for (index, resource) in found.iter().enumerate() {
                let separator = if index > 0 { "---\n" } else { "" };
                write!(out, "{separator}{}", yaml_serde::to_string(resource)?)?;
            }
        }
        Output::Json => {
            let value = match (&arguments.name, found.as_slice()) {
                (Some(_), [one]) => one.clone(),
                _ => Value::Array(found),
            };
            writeln!(out, "{}", serde_json::to_string_pretty(&value)?)?;
        }
    }
    Ok(())
}

/// A column's title, and where its value is in `spec`.
type Column = (&'static str, &'static str);

fn columns(kind: Kind) -> &'static [Column] {
    match kind {
        Kind::Cluster => &[("BOOTSTRAP", "bootstrapServers")],
        Kind::Key => &[("VERSION", "version")],
        Kind::Policy => &[("RULES", "rules"), ("DESCRIPTION", "description")],
        Kind::Endpoint => &[
            ("CLUSTER", "cluster"),
            ("TOPIC", "topic"),
            ("FORMAT", "format"),
            ("LIFECYCLE", "lifecycle"),
        ],
        Kind::Plan => &[("ENDPOINT", "endpoint"), ("POLICIES", "policies")],
        Kind::Domain => &[("OWNER", "owner"), ("TITLE", "title")],
        Kind::Team => &[("TITLE", "title"), ("EMAIL", "email")],
        Kind::User => &[("ROLES", "roles"), ("TEAMS", "teams"), ("DISABLED", "disabled")],
        Kind::Token => &[
            ("USER", "user"),
            ("SCOPES", "scopes"),
            ("EXPIRES", "expiresAt"),
            ("REVOKED", "revoked"),
        ],
        Kind::Application => &[("OWNER", "owner"), ("DESCRIPTION", "description")],
        Kind::Subscription => &[
            ("APPLICATION", "application"),
            ("ENDPOINT", "endpoint"),
            ("PLAN", "plan"),
            ("STATE", "state"),
        ],
        Kind::Credential => {
            &[("APPLICATION", "application"), ("EXPIRES", "expiresAt"), ("REVOKED", "revoked")]
        }
    }
}

fn table(out: &mut impl Write, kind: Kind, resources: &[Value]) -> std::io::Result<()> {
    let columns = columns(kind);
    let titles = columns.iter().map(|(title, _)| (*title).to_owned());
    let mut rows = vec![Vec::from_iter(["NAME".to_owned()].into_iter().chain(titles))];
    for resource in resources {
        let name = resource.pointer("/metadata/name").map_or_else(String::new, cell);
        let spec = |member: &str| resource.get("spec").and_then(|spec| spec.get(member));
        let cells =
            columns.iter().map(|(_, member)| spec(member).map_or_else(|| "-".to_owned(), cell));
        rows.push([name].into_iter().chain(cells).collect());
    }
    let mut widths = vec![0; columns.len() + 1];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in rows {
        let line: Vec<_> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        writeln!(out, "{}", line.join("  ").trim_end())?;
    }
    Ok(())
}

/// One line: texts as they are, lists of texts joined, anything larger as its count.
fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let texts: Vec<_> = items.iter().map(cell).collect();
            texts.join(",")
        }
        Value::Array(items) => items.len().to_string(),
        other => other.to_string(),
    }
}
