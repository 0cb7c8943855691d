//! The list of exceptions, `tests/clients/allowed.txt`: at most ten lines `client scenario:
//! reason`. What stands there may pass direct and not through the gateway, or not even direct.

use anyhow::Context;

use super::Client;
use super::scenario::Scenario;

/// Lines of the list: an eleventh exception needs a repair instead.
pub const LINES_MAX: usize = 10;

/// The exceptions.
#[derive(Clone, Debug, Default)]
pub struct Allowed {
    entries: Vec<(Scenario, Client, String)>,
}

impl Allowed {
    /// The list of the repository.
    pub fn read() -> anyhow::Result<Allowed> {
        let path = crate::repository().join("tests/clients/allowed.txt");
        let text = std::fs::read_to_string(&path).with_context(|| format!("{path:?}"))?;
        Allowed::parse(&text)
    }

    /// Lines of text; empty ones and those that start with `#` say nothing.
    pub fn parse(text: &str) -> anyhow::Result<Allowed> {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let entries = lines.map(entry).collect::<anyhow::Result<Vec<_>>>()?;
        anyhow::ensure!(entries.len() <= LINES_MAX, "more than {LINES_MAX} exceptions");
        Ok(Allowed { entries })
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All of them, as they stand there.
    pub fn entries(&self) -> impl Iterator<Item = (Scenario, Client, &str)> {
        self.entries.iter().map(|(scenario, client, reason)| (*scenario, *client, &**reason))
    }

    /// Why a cell may fail.
    pub fn reason(&self, scenario: Scenario, client: Client) -> Option<&str> {
        let found = self.entries.iter().find(|(s, c, _)| (*s, *c) == (scenario, client));
        found.map(|(_, _, reason)| reason.as_str())
    }
}

fn entry(line: &str) -> anyhow::Result<(Scenario, Client, String)> {
    let parts = line.split_once(": ").and_then(|(cell, reason)| {
        let (client, scenario) = cell.split_once(' ')?;
        Some((Scenario::named(scenario)?, Client::named(client)?, reason.to_owned()))
    });
    parts.with_context(|| format!("`client scenario: reason`, not `{line}`"))
}
