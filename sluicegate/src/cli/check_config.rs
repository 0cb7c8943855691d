//! `sluicegate check-config`: is this file good? It opens no port and no database.

use std::io::Write;
use std::path::PathBuf;

use crate::config::Config;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let config = Config::load(&arguments.config)?;
    let mut out = std::io::stdout();
    for warning in config.warnings() {
        writeln!(out, "warning: {warning}")?;
    }
    writeln!(out, "{} is good", arguments.config.display())?;
    Ok(())
}
