//! What an issuer signed.

use std::fmt;

use serde_json::{Map, Value};
use time::OffsetDateTime;

/// The claims of a verified token. `Debug` shows none of them.
#[derive(Clone, PartialEq)]
pub struct Claims {
    members: Map<String, Value>,
    expires_at: OffsetDateTime,
}

impl Claims {
    pub(crate) fn new(members: Map<String, Value>, expires_at: OffsetDateTime) -> Self {
        Self { members, expires_at }
    }

    /// `iss`.
    pub fn issuer(&self) -> &str {
        self.text("iss").unwrap_or_default()
    }

    /// `sub`.
    pub fn subject(&self) -> Option<&str> {
        self.text("sub")
    }

    /// When what was proved by the token ends.
    pub fn expires_at(&self) -> OffsetDateTime {
        self.expires_at
    }

    /// A claim that is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name).and_then(Value::as_str)
    }

    /// A claim that is true or false.
    pub fn boolean(&self, name: &str) -> Option<bool> {
        self.members.get(name).and_then(Value::as_bool)
    }

    /// The values a claim holds: the string, the strings of a list, or the words of `scope` (RFC
    /// 8693 4.2). Others hold none.
    pub fn values<'a>(&'a self, name: &str) -> Vec<&'a str> {
        values(&self.members, name)
    }

    /// Whether a claim holds a value.
    pub fn holds(&self, name: &str, value: &str) -> bool {
        holds(&self.members, name, value)
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Claims(…)")
    }
}

fn values<'a>(members: &'a Map<String, Value>, name: &str) -> Vec<&'a str> {
    match members.get(name) {
        Some(Value::String(words)) if name == "scope" => words.split(' ').collect(),
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

pub(crate) fn holds(members: &Map<String, Value>, name: &str, value: &str) -> bool {
    values(members, name).contains(&value)
}
