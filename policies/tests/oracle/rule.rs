//! Rules as the oracle holds them, and as the engine reads them.

use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub enum Selector {
    Name(String),
    Any,
    Index(usize),
    Slice(usize, Option<usize>, usize),
}

#[derive(Clone, Debug)]
pub struct Segment {
    pub descend: bool,
    pub selectors: Vec<Selector>,
}

#[derive(Clone, Debug)]
pub enum Action {
    Remove,
    Replace(Value),
    Hash(Option<usize>),
    Mask { first: usize, last: usize, with: char },
    Truncate(usize),
    Equals(Vec<Value>),
    Exists(bool),
}

#[derive(Clone, Debug)]
pub struct OracleRule {
    pub path: Vec<Segment>,
    pub action: Action,
}

pub const SECRET: &[u8] = b"a secret of the property tests";

impl OracleRule {
    pub fn is_test(&self) -> bool {
        matches!(self.action, Action::Equals(_) | Action::Exists(_))
    }

    pub fn rank(&self) -> usize {
        match self.action {
            Action::Remove => 0,
            Action::Replace(_) => 1,
            Action::Hash(_) => 2,
            Action::Mask { .. } => 3,
            _ => 4,
        }
    }

    pub fn path_text(&self) -> String {
        let mut text = "$".to_owned();
        for segment in &self.path {
            let selectors: Vec<_> = segment.selectors.iter().map(Selector::text).collect();
            let dots = if segment.descend { ".." } else { "" };
            text += &format!("{dots}[{}]", selectors.join(","));
        }
        text
    }

    /// The rule as a document has it.
    pub fn document(&self) -> Value {
        let path = self.path_text();
        match &self.action {
            Action::Remove => json!({"remove": {"path": path}}),
            Action::Replace(value) => json!({"replace": {"path": path, "value": value}}),
            Action::Hash(None) => json!({"hash": {"path": path, "hashKey": "k"}}),
            Action::Hash(length) => {
                json!({"hash": {"path": path, "hashKey": "k", "length": length}})
            }
            Action::Mask { first, last, with } => {
                json!({"mask": {"path": path, "keepFirst": first, "keepLast": last, "with": with}})
            }
            Action::Truncate(length) => json!({"truncate": {"path": path, "length": length}}),
            Action::Equals(values) => json!({"keepWhen": {"path": path, "oneOf": values}}),
            Action::Exists(exists) => json!({"keepWhen": {"path": path, "exists": exists}}),
        }
    }
}

impl Selector {
    fn text(&self) -> String {
        match self {
            // A JSON string is a double-quoted name of RFC 9535.
            Selector::Name(name) => Value::from(name.as_str()).to_string(),
            Selector::Any => "*".to_owned(),
            Selector::Index(index) => index.to_string(),
            Selector::Slice(start, end, step) => {
                let end = end.map(|end| end.to_string()).unwrap_or_default();
                format!("{start}:{end}:{step}")
            }
        }
    }

    pub fn selects_member(&self, name: &str) -> bool {
        match self {
            Selector::Name(own) => own == name,
            Selector::Any => true,
            _ => false,
        }
    }

    pub fn selects_element(&self, index: usize) -> bool {
        match *self {
            Selector::Any => true,
            Selector::Index(own) => own == index,
            Selector::Slice(start, end, step) => {
                (start..end.unwrap_or(usize::MAX).min(index + 1)).step_by(step).any(|i| i == index)
            }
            Selector::Name(_) => false,
        }
    }
}
