//! Rules as people write them, in YAML or JSON: one action each, no unknown fields. What a rule
//! means is `compile`'s; here is only its shape.

use serde::{Deserialize, Serialize};
use serde_json::Value;

mod text;

#[cfg(test)]
mod tests;

/// One rule of a policy document.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(try_from = "text::RuleText", into = "text::RuleText")]
pub enum Rule {
    /// `remove`: takes a JSON member or element, or every header of a name, out of the record.
    Remove {
        /// A path or a header.
        target: Target,
    },
    /// `mask`: one character in place of each, but for the first and last few.
    Mask {
        /// What is masked.
        target: Target,
        /// Characters kept at the start.
        keep_first: u32,
        /// Characters kept at the end.
        keep_last: u32,
        /// The character to write.
        with: char,
    },
    /// `replace`: a constant instead.
    Replace {
        /// What is replaced.
        target: Target,
        /// The constant: any JSON value; a string for headers and keys.
        value: Value,
    },
    /// `hash`: HMAC-SHA-256, base64url without padding.
    Hash {
        /// What is hashed.
        target: Target,
        /// The name of the hash key.
        hash_key: String,
        /// Characters kept of the hash; `None`: all 43.
        length: Option<u32>,
    },
    /// `truncate`: the first characters only.
    Truncate {
        /// What is cut.
        target: Target,
        /// Characters kept.
        length: u32,
    },
    /// `keepWhen`: the record passes only if this holds.
    KeepWhen {
        /// What is looked at.
        target: Target,
        /// What must hold for it.
        condition: WhenCondition,
    },
}

impl Rule {
    /// What the rule changes; `None`: it only looks.
    pub fn edited(&self) -> Option<&Target> {
        match self {
            Rule::Remove { target }
            | Rule::Mask { target, .. }
            | Rule::Replace { target, .. }
            | Rule::Hash { target, .. }
            | Rule::Truncate { target, .. } => Some(target),
            Rule::KeepWhen { .. } => None,
        }
    }
}

/// What a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The JSON values that this path (see [`crate::FieldPath`]) selects.
    Path(String),
    /// Every header of this name.
    Header(String),
    /// The record's key.
    Key,
}

/// The condition of a `keepWhen` rule.
#[derive(Clone, Debug, PartialEq)]
pub enum WhenCondition {
    /// Some selected value equals this scalar.
    Equals(Value),
    /// Some selected value equals one of these scalars.
    OneOf(Vec<Value>),
    /// Some value is selected (`true`), or none is (`false`).
    Exists(bool),
    /// Some selected value equals the subscriber's attribute of this name, as a string.
    EqualsAttribute(String),
}
