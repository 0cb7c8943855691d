//! A row of the results: one figure with its goal and its peers. Prints the table, and writes
//! `latest.json`, keeping the rows of benchmarks that were not run this time.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// One figure.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// What identifies the benchmark, such as `sse.fanout`.
    pub id: String,
    /// What was measured, in words.
    pub what: String,
    /// The figure; absent when the benchmark could not run, and `note` says why.
    pub value: Option<f64>,
    /// Unit of `value` and `goal`.
    pub unit: String,
    /// What `value` has to reach.
    pub goal: f64,
    /// Which way is good.
    pub better: Better,
    /// The same figure of others, in the same run.
    pub peers: BTreeMap<String, f64>,
    /// Figures beside the value: ratios, percentiles, counts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub detail: BTreeMap<String, f64>,
    /// What a reader has to know about this run, such as a peer that could not be built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The commit that was measured.
    pub commit: String,
    /// When, RFC 3339.
    pub date: String,
}

/// Which way is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// At least the goal.
    Higher,
    /// At most the goal.
    Lower,
}

impl Row {
    /// A row of this run: named, dated, without figures yet.
    pub fn new(id: &str, what: impl Into<String>, unit: &str, better: Better, goal: f64) -> Self {
        Self {
            id: id.to_owned(),
            what: what.into(),
            value: None,
            unit: unit.to_owned(),
            goal,
            better,
            peers: BTreeMap::new(),
            detail: BTreeMap::new(),
            note: None,
            commit: commit(),
            date: OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default(),
        }
    }

    /// With its figure.
    pub fn value(mut self, value: f64) -> Self {
        self.value = Some(round(value));
        self
    }

    /// With a peer's figure.
    pub fn peer(mut self, name: &str, value: f64) -> Self {
        self.peers.insert(name.to_owned(), round(value));
        self
    }

    /// With a figure beside the value.
    pub fn detail(mut self, name: &str, value: f64) -> Self {
        self.detail.insert(name.to_owned(), round(value));
        self
    }

    /// With one more remark.
    pub fn note(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        self.note = Some(match self.note.take() {
            Some(before) => format!("{before}; {text}"),
            None => text,
        });
        self
    }

    /// A remark that the figure is of a quick run, made once.
    pub fn quick(self) -> Self {
        const REMARK: &str = "quick run: not to be quoted";
        let said = self.note.as_ref().is_some_and(|note| note.contains(REMARK));
        if said { self } else { self.note(REMARK) }
    }

    /// Whether the figure is there and reaches its goal.
    pub fn holds(&self) -> bool {
        self.value.is_some_and(|value| match self.better {
            Better::Higher => value >= self.goal,
            Better::Lower => value <= self.goal,
        })
    }
}

/// Replaces the rows of this run in the file, keeps the others, in the order of `ids`.
///
/// # Errors
/// When the file cannot be read as rows, or written.
pub fn merge(path: &Path, ids: &[&str], rows: &[Row]) -> Result<()> {
    let mut all: Vec<Row> = match fs::read(path) {
        Ok(text) => serde_json::from_slice(&text)
            .with_context(|| format!("{} does not hold rows", path.display()))?,
        Err(_) => Vec::new(),
    };
    all.retain(|old| rows.iter().all(|new| new.id != old.id));
    all.extend(rows.iter().cloned());
    all.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, serde_json::to_string_pretty(&all)? + "\n")
        .with_context(|| format!("cannot write {}", path.display()))
}

/// The table that a person reads.
pub fn print(rows: &[Row]) {
    println!("\n{:<24} {:>12} {:>12}  {:<12} peers and details", "id", "value", "goal", "");
    for row in rows {
        let sign = if row.better == Better::Higher { "≥" } else { "≤" };
        let value = row.value.map_or("none".to_owned(), number);
        let goal = format!("{sign} {}", number(row.goal));
        let verdict = if row.holds() { "" } else { "  MISSED" };
        let beside: Vec<_> = row.peers.iter().chain(&row.detail).collect();
        let beside: Vec<_> =
            beside.iter().map(|(name, value)| format!("{name} {}", number(**value))).collect();
        println!(
            "{:<24} {value:>12} {goal:>12}  {:<12} {}{verdict}",
            row.id,
            row.unit,
            beside.join(", ")
        );
        if let Some(note) = &row.note {
            println!("{:<24} {note}", "");
        }
    }
}

fn number(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        _ => format!("{value}"),
    }
}

/// Three decimals: more is noise.
fn round(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

/// The commit of the checkout, marked when files differ from it.
fn commit() -> String {
    let git = |args: &[&str]| {
        let output = Command::new("git").args(args).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_default();
    let changed = git(&["status", "--porcelain", "--untracked-files=no", "--", ".", ":!results"]);
    match changed.is_some_and(|files| !files.is_empty()) {
        true => format!("{commit}-dirty"),
        false => commit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_run_keeps_the_other_rows_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("latest.json");
        let row = |id: &str, value| Row::new(id, "", "x", Better::Lower, 1.0).value(value);
        merge(&path, &["a", "b"], &[row("b", 1.0), row("a", 2.0)]).unwrap();
        merge(&path, &["a", "b"], &[row("a", 3.0)]).unwrap();
        let rows: Vec<Row> = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let seen: Vec<_> = rows.iter().map(|row| (row.id.as_str(), row.value)).collect();
        assert_eq!(seen, [("a", Some(3.0)), ("b", Some(1.0))]);
        assert!(!rows[0].holds() && rows[1].holds());
    }
}
