//! `SLUICEGATE__SECTION__KEY` variables laid over the file, typed by the configuration itself.
//!
//! It deliberately never prints a variable's value: somebody may have put a secret there.

use anyhow::{anyhow, bail};
use toml::{Table, Value};

use super::{Config, suggestion};

const PREFIX: &str = "SLUICEGATE__";

/// One variable: its name, the path it names, its text.
pub(super) struct Override {
    pub(super) name: String,
    pub(super) path: Vec<String>,
    text: String,
}

/// The variables that are meant for us, sorted by name so that the result does not depend on order.
pub(super) fn overrides(variables: impl IntoIterator<Item = (String, String)>) -> Vec<Override> {
    let mut found: Vec<_> = variables
        .into_iter()
        .filter_map(|(name, text)| {
            let path = name.strip_prefix(PREFIX)?;
            let path = path.split("__").map(str::to_ascii_lowercase).collect();
            Some(Override { name, path, text })
        })
        .collect();
    found.sort_by(|left, right| left.name.cmp(&right.name));
    found
}

/// Lays the variables over the table. A bare value may be a number, a boolean or a string: what
/// the configuration accepts decides.
pub(super) fn apply(table: Table, overrides: Vec<Override>) -> anyhow::Result<Config> {
    let mut table = table;
    // A table such as `http.tls` is complete only with all its variables, so types are tried one
    // by one but the result is judged at the end.
    let mut names = Vec::with_capacity(overrides.len());
    for Override { name, path, text } in overrides {
        set(&mut table, &name, &path, typed(&text))?;
        if Config::try_from_table(&table).is_err() {
            let mut as_string = table.clone();
            set(&mut as_string, &name, &path, Value::String(text))?;
            if Config::try_from_table(&as_string).is_ok() {
                table = as_string;
            }
        }
        names.push(name);
    }
    Config::try_from_table(&table).map_err(|error| {
        let message = error.message();
        let hint =
            suggestion(message).map_or(String::new(), |near| format!(", did you mean `{near}`?"));
        // Serde quotes an offending value only for wrong types; its first clause is enough.
        let clause = if message.starts_with("unknown field") { message } else { "wrong type" };
        anyhow!("{clause}{hint} (set by the environment: {})", names.join(", "))
    })
}

impl Config {
    fn try_from_table(table: &Table) -> Result<Self, toml::de::Error> {
        table.clone().try_into()
    }
}

fn typed(text: &str) -> Value {
    text.parse::<i64>()
        .map(Value::Integer)
        .or_else(|_| text.parse::<bool>().map(Value::Boolean))
        .unwrap_or_else(|_| Value::String(text.to_owned()))
}

fn set(table: &mut Table, name: &str, path: &[String], value: Value) -> anyhow::Result<()> {
    let Some((last, sections)) = path.split_last().filter(|(_, rest)| !rest.is_empty()) else {
        bail!("{name} names no key: write {PREFIX}SECTION__KEY");
    };
    let mut table = table;
    for section in sections {
        let entry = table.entry(section.clone()).or_insert_with(|| Value::Table(Table::new()));
        let Value::Table(inner) = entry else {
            bail!("{name}: `{section}` is a key, not a section");
        };
        table = inner;
    }
    table.insert(last.clone(), value);
    Ok(())
}
