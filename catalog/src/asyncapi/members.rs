//! Objects written member by member, in the order in which they are to stand.

use serde_json::{Map, Value};

/// An object that is being written.
#[derive(Default)]
pub(super) struct Members(Map<String, Value>);

impl Members {
    /// With this member.
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// With this member, if there is a value.
    pub(super) fn with_some(self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// With this member, if it is not empty.
    pub(super) fn with_text(self, name: &str, text: &str) -> Self {
        self.with_some(name, (!text.is_empty()).then_some(text))
    }

    /// With this member, if it has any.
    pub(super) fn with_list(self, name: &str, list: Vec<Value>) -> Self {
        self.with_some(name, (!list.is_empty()).then_some(list))
    }
}

impl From<Members> for Value {
    fn from(members: Members) -> Self {
        Value::Object(members.0)
    }
}

impl From<Members> for Map<String, Value> {
    fn from(members: Members) -> Self {
        members.0
    }
}

/// `{"$ref": …}`.
pub(super) fn reference(to: impl AsRef<str>) -> Value {
    Members::default().with("$ref", to.as_ref()).into()
}
