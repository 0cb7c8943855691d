//! `sluicegate version`.

use std::io::Write;

pub(super) fn run() -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "sluicegate {}", env!("CARGO_PKG_VERSION"))?;
    Ok(())
}
