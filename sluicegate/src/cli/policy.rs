//! `sluicegate policy`: the versions of a policy.

use std::io::Write;

use clap::Subcommand;
use serde_json::{Value, json};

use super::json::{list, text};
use crate::client::{Client, Server, breaks};

#[derive(clap::Args)]
#[command(
    after_help = "A change of a policy's rules makes its next version; what a version says never \
    changes. A plan that\nnames `mask-emails` gets the current one, a plan that names \
    `mask-emails@3` stays with that.\n\nExamples:\n  sluicegate policy versions mask-emails\n  \
    sluicegate policy publish mask-emails\n  sluicegate policy rollback mask-emails --to 3"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Show the versions of a policy
    Versions(Of),
    /// Make the draft the next version
    Publish(Move),
    /// Forget the draft
    Discard(Of),
    /// Make the next version say what an earlier one said
    Rollback {
        /// The version to go back to
        #[arg(long, value_name = "VERSION")]
        to: u32,
        #[command(flatten)]
        by: Move,
    },
}

#[derive(clap::Args)]
struct Of {
    /// The policy's name
    policy: String,
    #[command(flatten)]
    server: Server,
}

#[derive(clap::Args)]
struct Move {
    #[command(flatten)]
    of: Of,
    /// Check everything and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Make the change even if it breaks subscribers
    #[arg(long)]
    accept_breaking: bool,
}

pub(super) fn run(asked: &Arguments) -> anyhow::Result<()> {
    match &asked.what {
        What::Versions(of) => versions(of),
        What::Publish(by) => act(by, "publish", &json!({})),
        What::Rollback { to, by } => act(by, "rollback", &json!({ "version": to })),
        What::Discard(of) => {
            let path = ["policies", of.policy.as_str(), "discard"];
            tell(&Client::new(&of.server)?.act(&path, &json!({}), &of.policy)?)
        }
    }
}

fn act(by: &Move, name: &str, said: &Value) -> anyhow::Result<()> {
    let path = ["policies", by.of.policy.as_str(), name];
    let options = [("dryRun", by.dry_run), ("acceptBreaking", by.accept_breaking)];
    let client = Client::new(&by.of.server)?;
    tell(&client.act_with(&path, &options, said, &by.of.policy)?)
}

fn tell(applied: &Value) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for resource in list(applied, "resources") {
        let [action, kind, name] = ["action", "kind", "name"].map(|member| text(resource, member));
        writeln!(out, "{action:<9} {kind}/{name}")?;
    }
    for breaks in list(applied, "breaks") {
        write!(out, "{}", breaks::told(breaks))?;
    }
    Ok(())
}

fn versions(of: &Of) -> anyhow::Result<()> {
    let policy = Client::new(&of.server)?.find("policies", &of.policy)?;
    let spec = policy.get("spec").unwrap_or(&Value::Null);
    let mut out = std::io::stdout().lock();
    let rules = |of: &Value, member: &str| match list(of, member).len() {
        1 => "1 rule".to_owned(),
        count => format!("{count} rules"),
    };
    if spec.get("draft").is_some() {
        writeln!(out, "draft  {}", rules(spec, "draft"))?;
    }
    let number = |of: &Value| of.get("version").and_then(Value::as_u64).unwrap_or(1);
    writeln!(out, "{:<6} {}  current", number(spec), rules(spec, "rules"))?;
    for earlier in list(spec, "earlier").iter().rev() {
        let (at, by) = (text(earlier, "replacedAt"), text(earlier, "replacedBy"));
        let (number, rules) = (number(earlier), rules(earlier, "rules"));
        writeln!(out, "{number:<6} {rules}  replaced {at} by {by}")?;
    }
    Ok(())
}
