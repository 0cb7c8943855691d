//! `make test-clients`: the whole compatibility suite, and its table on standard output.
//!
//! `clients [--scenarios C1,C2] [--clients java-4.2,kafkajs] [--direct] [--save]`; `--direct` tries
//! the programs against the broker alone, `--save` writes what it came to into the pages' table.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use tests::clients::Client;
use tests::clients::allowed::Allowed;
use tests::clients::scenario::Scenario;
use tests::clients::suite::{self, Plan};
use tests::clients::table;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let (plan, save) = arguments(std::env::args().skip(1))?;
    let allowed = Allowed::read()?;
    let cells = suite::run(&plan, &allowed).await?;
    writeln!(std::io::stdout(), "{}", table::markdown(&cells))?;
    if save {
        table::save(&cells, &allowed)?;
    }
    let bad = cells.iter().any(|cell| cell.is_bad());
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn arguments(mut words: impl Iterator<Item = String>) -> anyhow::Result<(Plan, bool)> {
    let (mut plan, mut save) = (Plan::full(), false);
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        match word.as_str() {
            "--direct" => plan.through = false,
            "--save" => save = true,
            "--scenarios" => plan.scenarios = list(&value()?, Scenario::named)?,
            "--clients" => plan.clients = list(&value()?, Client::named)?,
            other => anyhow::bail!("what is {other}?"),
        }
    }
    Ok((plan, save))
}

fn list<T>(text: &str, named: impl Fn(&str) -> Option<T>) -> anyhow::Result<Vec<T>> {
    text.split(',').map(|name| named(name).with_context(|| format!("what is {name}?"))).collect()
}
