//! A name that was perhaps meant, told only to those who get to see what has it.

use super::Rights;
use crate::{model::Kind, resources::Resources};

/// A resource whose name is like one that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meant {
    pub(crate) kind: Kind,
    pub(crate) name: String,
}

impl Meant {
    /// As it is said at the end of a message; nothing to those who do not see it.
    pub(crate) fn told_to(&self, rights: &Rights, among: [&Resources; 2]) -> String {
        match among.into_iter().any(|among| rights.see(self.kind, &self.name, among)) {
            true => format!("; did you mean `{}`?", self.name),
            false => String::new(),
        }
    }
}
