//! What is configured and where each value comes from, as it is shown to people: no secret is part
//! of it, for secrets are in files of their own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use portal::settings::{Setting, Source};
use serde_json::Value;
use toml::Table;

use super::Config;
use super::environment::Override;

/// Where values come from.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources {
    file: PathBuf,
    /// What stands in the file.
    written: BTreeMap<String, Value>,
    /// Keys that were laid over it, with the variables.
    variables: BTreeMap<String, String>,
}

/// Where values come from makes none of them another.
impl PartialEq for Sources {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Sources {
    pub(super) fn new(table: Table, overrides: &[Override]) -> Self {
        let table = serde_json::to_value(table).unwrap_or_default();
        let variables = overrides.iter().map(|one| (one.path.join("."), one.name.clone()));
        Self { file: PathBuf::new(), written: leaves(&table), variables: variables.collect() }
    }

    pub(super) fn read_from(&mut self, file: &Path) {
        file.clone_into(&mut self.file);
    }
}

impl Config {
    /// All settings in the order of their keys, such as `http.listen`.
    pub fn settings(&self) -> Vec<Setting> {
        let now = leaves(&serde_json::to_value(self).unwrap_or_default());
        let usual = leaves(&serde_json::to_value(Config::default()).unwrap_or_default());
        let Sources { file, written, variables } = &self.sources;
        let setting = |(key, value): (String, Value)| {
            let (source, from) = match (variables.get(&key), written.contains_key(&key)) {
                (Some(variable), _) => (Source::Environment, Some(variable.clone())),
                (None, true) => (Source::File, Some(file.display().to_string())),
                (None, false) if usual.get(&key) == Some(&value) => (Source::Default, None),
                (None, false) => (Source::Command, None),
            };
            Setting { value: shown(value), key, source, from }
        };
        now.into_iter().map(setting).collect()
    }
}

/// What stands at the ends of tables, by the path to it.
fn leaves(value: &Value) -> BTreeMap<String, Value> {
    fn add(path: &str, value: &Value, found: &mut BTreeMap<String, Value>) {
        let below = |name: &str| match path {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(name, value)| add(&below(name), value, found));
            }
            Value::Array(items) if items.iter().any(Value::is_object) => {
                let numbered = items.iter().enumerate();
                numbered.for_each(|(at, value)| add(&below(&at.to_string()), value, found));
            }
            leaf => {
                found.insert(path.to_owned(), leaf.clone());
            }
        }
    }
    let mut found = BTreeMap::new();
    add("", value, &mut found);
    found
}

/// An address may have a password or a token in it, although it should not.
fn shown(value: Value) -> Value {
    let Value::String(text) = &value else { return value };
    let Ok(mut url) = reqwest::Url::parse(text) else { return value };
    if !url.has_host() {
        return value;
    }
    let hides = url.password().is_some() || !url.username().is_empty() || url.query().is_some();
    if !hides {
        return value;
    }
    // Fails only where there is nothing to take away.
    let _ = (url.set_username(""), url.set_password(None));
    url.set_query(None);
    Value::String(format!("{url} (more is not shown)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str, variables: &[(&str, &str)]) -> BTreeMap<String, Setting> {
        let variables = variables.iter().map(|(name, text)| ((*name).into(), (*text).into()));
        let config = Config::parse(text, variables).unwrap();
        config.settings().into_iter().map(|setting| (setting.key.clone(), setting)).collect()
    }

    #[test]
    fn each_value_says_where_it_comes_from() {
        let text = "[http]\nlisten = \"127.0.0.1:1\"\n[limits]\nconnections = 7\n\
                    [[kafka]]\nlisten = \"127.0.0.1:2\"\ncluster = \"main\"\n";
        let settings = settings(text, &[("SLUICEGATE__LIMITS__CONNECTIONS", "9")]);
        let of = |key: &str| {
            let setting = settings.get(key).unwrap_or_else(|| panic!("{key}: {settings:?}"));
            (setting.value.clone(), setting.source)
        };
        assert_eq!(of("http.listen"), ("127.0.0.1:1".into(), Source::File));
        assert_eq!(of("limits.connections"), (9.into(), Source::Environment));
        assert_eq!(of("kafka.0.cluster"), ("main".into(), Source::File));
        assert_eq!(of("limits.drain_seconds").1, Source::Default);
        assert_eq!(of("http.public_url"), (Value::Null, Source::Default));
        let variable = settings["limits.connections"].from.as_deref();
        assert_eq!(variable, Some("SLUICEGATE__LIMITS__CONNECTIONS"));
    }

    #[test]
    fn what_addresses_hold_beside_the_address_is_not_shown() {
        let text = "[notify.webhook]\nurl = \"https://u:canary@h.example/p?token=canary\"\n";
        let settings = settings(text, &[]);
        let value = settings["notify.webhook.url"].value.as_str().unwrap();
        assert_eq!(value, "https://h.example/p (more is not shown)");
    }
}
