//! `make test-clients`: the whole compatibility suite, and its table on standard output.
//!
//! `clients [--scenarios C1,C2] [--clients java-4.2,kafkajs] [--direct] [--markdown FILE]`;
//! `--direct` tries the programs against the broker alone.

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
    let (plan, markdown) = arguments(std::env::args().skip(1))?;
    let cells = suite::run(&plan, &Allowed::read()?).await?;
    let text = table::markdown(&cells);
    writeln!(std::io::stdout(), "{text}")?;
    if let Some(path) = markdown {
        std::fs::write(path, text)?;
    }
    let bad = cells.iter().any(|cell| cell.is_bad());
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn arguments(mut words: impl Iterator<Item = String>) -> anyhow::Result<(Plan, Option<String>)> {
    let (mut plan, mut markdown) = (Plan::full(), None);
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        match word.as_str() {
            "--direct" => plan.through = false,
            "--markdown" => markdown = Some(value()?),
            "--scenarios" => plan.scenarios = list(&value()?, Scenario::named)?,
            "--clients" => plan.clients = list(&value()?, Client::named)?,
            other => anyhow::bail!("what is {other}?"),
        }
    }
    Ok((plan, markdown))
}

fn list<T>(text: &str, named: impl Fn(&str) -> Option<T>) -> anyhow::Result<Vec<T>> {
    text.split(',').map(|name| named(name).with_context(|| format!("what is {name}?"))).collect()
}
