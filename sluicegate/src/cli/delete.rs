//! `sluicegate delete`: resources that nothing refers to.

use std::io::Write;

use catalog::model::Kind;

use super::get;
use crate::client::{Client, Server};

#[derive(clap::Args)]
#[command(after_help = "Refused while other resources refer to it.\n\n\
    Examples:\n  sluicegate delete subscription shipping-orders\n  \
    sluicegate delete plans orders-gold orders-silver")]
pub(super) struct Arguments {
    /// Such as `plan` or `plans`
    #[arg(value_parser = get::kind)]
    kind: Kind,
    /// One or more names
    #[arg(required = true)]
    names: Vec<String>,
    #[command(flatten)]
    server: Server,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let client = Client::new(&arguments.server)?;
    for name in &arguments.names {
        client.delete(arguments.kind.plural(), name)?;
        writeln!(std::io::stdout(), "deleted   {}/{name}", arguments.kind)?;
    }
    Ok(())
}
