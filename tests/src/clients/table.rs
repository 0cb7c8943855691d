//! The table client × scenario, as markdown: what a run prints, and what `docs/clients.md` and the
//! README keep of runs. A run of a part replaces its own cells only.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::Context;

use super::Client;
use super::allowed::Allowed;
use super::scenario::Scenario;
use super::suite::{Cell, Result};

/// Where the table stands, and the text between which it stands there.
const PAGES: [&str; 2] = ["docs/clients.md", "README.md"];
const START: &str = "<!-- clients: written by `make test-clients ARGS=--save` -->\n";
const END: &str = "<!-- /clients -->\n";
/// What the signs mean.
const LEGEND: &str = "✓ passes through the gateway as it does direct · ✗ does not · ! fails direct \
                      too · – the client has no such feature · (✓) an exception with a reason\n";

/// Signs by place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    cells: BTreeMap<(usize, usize), String>,
}

/// A run's table, what its scenarios are, and what went wrong.
pub fn markdown(cells: &[Cell]) -> String {
    let mut text = Table::default().with(cells).markdown();
    push(&mut text, format_args!("\n{LEGEND}\n"));
    for scenario in Scenario::ALL {
        if cells.iter().any(|cell| cell.scenario == scenario) {
            push(&mut text, format_args!("* {}: {}\n", scenario.id(), scenario.title()));
        }
    }
    for cell in cells.iter().filter(|cell| !matches!(cell.result, Result::Passed(..))) {
        push(&mut text, format_args!("* {}\n", cell.line()));
    }
    text
}

/// Writes what a run came to into the pages of the repository.
pub fn save(cells: &[Cell], allowed: &Allowed) -> anyhow::Result<()> {
    for page in PAGES {
        let path = crate::repository().join(page);
        let text = std::fs::read_to_string(&path).with_context(|| format!("{path:?}"))?;
        let merged = merge(&text, cells, allowed).with_context(|| format!("{path:?}"))?;
        std::fs::write(&path, merged)?;
    }
    Ok(())
}

fn merge(page: &str, cells: &[Cell], allowed: &Allowed) -> anyhow::Result<String> {
    let (before, rest) = page.split_once(START).context("no place for the table")?;
    let (old, after) = rest.split_once(END).context("the table does not end")?;
    let mut text = Table::parse(old).with(cells).markdown();
    push(&mut text, format_args!("\n{LEGEND}"));
    for (scenario, client, reason) in allowed.entries() {
        push(&mut text, format_args!("\n* {} {}: {reason}", client.name(), scenario.id()));
    }
    if !allowed.is_empty() {
        text.push('\n');
    }
    Ok(format!("{before}{START}{text}{END}{after}"))
}

impl Table {
    /// The table in a page; rows and columns that are unknown by now are left out.
    fn parse(text: &str) -> Table {
        let cells = |line: &str| -> Vec<String> {
            let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
            inner.split('|').map(|cell| cell.trim().to_owned()).collect()
        };
        let mut lines = text.lines().filter(|line| line.starts_with('|')).map(cells);
        let columns: Vec<Option<usize>> =
            lines.next().unwrap_or_default().iter().map(|id| column(id)).collect();
        let mut table = Table::default();
        for line in lines {
            let Some(row) = line.first().and_then(|label| row(label)) else { continue };
            for (column, sign) in columns.iter().zip(line) {
                if let (Some(column), false) = (column, sign.is_empty()) {
                    table.cells.insert((row, *column), sign);
                }
            }
        }
        table
    }

    /// With what a run came to.
    fn with(mut self, cells: &[Cell]) -> Table {
        for cell in cells {
            if let (Some(row), Some(column)) =
                (row(&label(cell.client)), column(cell.scenario.id()))
            {
                self.cells.insert((row, column), sign(cell).to_owned());
            }
        }
        self
    }

    fn markdown(&self) -> String {
        let used = |at: &usize| self.cells.keys().any(|(_, column)| column == at);
        let columns: Vec<usize> = (0..Scenario::ALL.len()).filter(used).collect();
        let mut text = String::from("| client |");
        for scenario in columns.iter().filter_map(|at| Scenario::ALL.get(*at)) {
            push(&mut text, format_args!(" {} |", scenario.id()));
        }
        push(&mut text, format_args!("\n| --- |{}\n", " --- |".repeat(columns.len())));
        for (row, client) in Client::ALL.into_iter().enumerate() {
            if !self.cells.keys().any(|(one, _)| *one == row) {
                continue;
            }
            push(&mut text, format_args!("| {} |", label(client)));
            for column in &columns {
                let sign = self.cells.get(&(row, *column)).map_or("", String::as_str);
                push(&mut text, format_args!(" {sign} |"));
            }
            text.push('\n');
        }
        text
    }
}

fn row(name: &str) -> Option<usize> {
    Client::ALL.into_iter().position(|client| label(client) == name)
}

fn column(id: &str) -> Option<usize> {
    Scenario::ALL.into_iter().position(|scenario| scenario.id() == id)
}

fn sign(cell: &Cell) -> &'static str {
    match cell.result {
        Result::Passed(..) => "✓",
        Result::Failed(_) => "✗",
        Result::Broken(_) => "!",
        Result::Unsupported(_) => "–",
        Result::Allowed(_) => "(✓)",
    }
}

/// A client's row: its library and version.
fn label(client: Client) -> String {
    let library = match client {
        Client::Java42 | Client::Java39 | Client::Java28 => "Java kafka-clients",
        Client::Rdkafka216 | Client::Rdkafka20 => "librdkafka",
        Client::Platformatic => "@platformatic/kafka",
        other => other.name(),
    };
    format!("{library} {}", client.version())
}

fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = text.write_fmt(what);
}

#[cfg(test)]
mod tests;
