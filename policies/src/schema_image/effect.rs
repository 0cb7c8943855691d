//! What the image of a changed value looks like.

use serde_json::{Map, Value, json};

use crate::{Rule, text::HASH_CHARS};

/// An edit, as far as the shape of its result goes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Effect {
    Remove,
    Replace(Value),
    Hash(usize),
    Mask,
    Truncate(u32),
}

impl Effect {
    /// The effect of a rule; `None`: it only looks.
    pub(super) fn of(rule: &Rule) -> Option<Self> {
        Some(match rule {
            Rule::Remove { .. } => Effect::Remove,
            Rule::Replace { value, .. } => Effect::Replace(value.clone()),
            Rule::Hash { length, .. } => {
                let length = length.and_then(|length| usize::try_from(length).ok());
                Effect::Hash(length.unwrap_or(HASH_CHARS))
            }
            Rule::Mask { .. } => Effect::Mask,
            Rule::Truncate { length, .. } => Effect::Truncate(*length),
            Rule::KeepWhen { .. } => return None,
        })
    }

    /// The lowest wins where several are meant for one value, as in a compiled chain.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Effect::Remove => 0,
            Effect::Replace(_) => 1,
            Effect::Hash(_) => 2,
            Effect::Mask => 3,
            Effect::Truncate(_) => 4,
        }
    }

    /// The rule's name.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Effect::Remove => "remove",
            Effect::Replace(_) => "replace",
            Effect::Hash(_) => "hash",
            Effect::Mask => "mask",
            Effect::Truncate(_) => "truncate",
        }
    }

    /// Adds what is true of every result.
    pub(super) fn describe(&self, schema: &mut Map<String, Value>) {
        let mut add = |keyword: &str, value| drop(schema.insert(keyword.to_owned(), value));
        match self {
            Effect::Remove => add("not", json!({})),
            Effect::Replace(value) => add("const", value.clone()),
            Effect::Mask => add("type", json!("string")),
            Effect::Hash(length) => {
                add("type", json!("string"));
                add("minLength", json!(length));
                add("maxLength", json!(length));
                add("pattern", json!("^[A-Za-z0-9_-]*$"));
            }
            Effect::Truncate(length) => {
                add("type", json!("string"));
                add("maxLength", json!(length));
            }
        }
    }
}
