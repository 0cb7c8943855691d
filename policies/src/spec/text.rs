//! The fields of a rule as they stand in a document, and the checks of their combinations.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{Rule, Target, WhenCondition};

/// The mask character where a rule names none.
const WITH_DEFAULT: char = '*';

#[derive(Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RuleText {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remove: Option<RemoveText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mask: Option<MaskText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replace: Option<ReplaceText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hash: Option<HashText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    truncate: Option<TruncateText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keep_when: Option<KeepWhenText>,
}

/// The fields that say what a rule is about: exactly one. A macro would not be shorter to read:
/// serde cannot refuse unknown fields of a flattened struct, so each action repeats them.
type Words = (Option<String>, Option<String>, Option<bool>);

#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RemoveText {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    header: Option<String>,
}

#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MaskText {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    header: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<bool>,
    #[serde(default)]
    keep_first: u32,
    #[serde(default)]
    keep_last: u32,
    #[serde(default = "with_default")]
    with: char,
}

fn with_default() -> char {
    WITH_DEFAULT
}

#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReplaceText {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    header: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<bool>,
    value: Value,
}

#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HashText {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    header: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<bool>,
    hash_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    length: Option<u32>,
}

#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TruncateText {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    header: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<bool>,
    length: u32,
}

#[derive(Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct KeepWhenText {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    header: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<bool>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    equals: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    one_of: Option<Vec<Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exists: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    equals_attribute: Option<String>,
}

/// A field that is there, even if it says null.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl TryFrom<RuleText> for Rule {
    type Error = &'static str;

    fn try_from(text: RuleText) -> Result<Self, Self::Error> {
        let RuleText { remove, mask, replace, hash, truncate, keep_when } = text;
        let mut rules = [
            remove.map(Rule::try_from),
            mask.map(Rule::try_from),
            replace.map(Rule::try_from),
            hash.map(Rule::try_from),
            truncate.map(Rule::try_from),
            keep_when.map(Rule::try_from),
        ]
        .into_iter()
        .flatten();
        match (rules.next(), rules.next()) {
            (Some(rule), None) => rule,
            _ => Err("a rule has exactly one action: remove, mask, replace, hash, truncate or \
                      keepWhen"),
        }
    }
}

fn target(words: Words) -> Result<Target, &'static str> {
    match words {
        (Some(path), None, None) => Ok(Target::Path(path)),
        (None, Some(header), None) => Ok(Target::Header(header)),
        (None, None, Some(true)) => Ok(Target::Key),
        (None, None, Some(false)) => Err("`key` can only be true: leave it out otherwise"),
        _ => Err("a rule has exactly one of `path`, `header` and `key`"),
    }
}

fn words(target: Target) -> Words {
    match target {
        Target::Path(path) => (Some(path), None, None),
        Target::Header(header) => (None, Some(header), None),
        Target::Key => (None, None, Some(true)),
    }
}

impl TryFrom<RemoveText> for Rule {
    type Error = &'static str;

    fn try_from(text: RemoveText) -> Result<Self, Self::Error> {
        match (text.path, text.header) {
            (Some(path), None) => Ok(Rule::Remove { target: Target::Path(path) }),
            (None, Some(header)) => Ok(Rule::Remove { target: Target::Header(header) }),
            _ => Err("`remove` has exactly one of `path` and `header`"),
        }
    }
}

impl TryFrom<MaskText> for Rule {
    type Error = &'static str;

    fn try_from(text: MaskText) -> Result<Self, Self::Error> {
        Ok(Rule::Mask {
            target: target((text.path, text.header, text.key))?,
            keep_first: text.keep_first,
            keep_last: text.keep_last,
            with: text.with,
        })
    }
}

impl TryFrom<ReplaceText> for Rule {
    type Error = &'static str;

    fn try_from(text: ReplaceText) -> Result<Self, Self::Error> {
        let target = target((text.path, text.header, text.key))?;
        Ok(Rule::Replace { target, value: text.value })
    }
}

impl TryFrom<HashText> for Rule {
    type Error = &'static str;

    fn try_from(text: HashText) -> Result<Self, Self::Error> {
        let target = target((text.path, text.header, text.key))?;
        Ok(Rule::Hash { target, hash_key: text.hash_key, length: text.length })
    }
}

impl TryFrom<TruncateText> for Rule {
    type Error = &'static str;

    fn try_from(text: TruncateText) -> Result<Self, Self::Error> {
        let target = target((text.path, text.header, text.key))?;
        Ok(Rule::Truncate { target, length: text.length })
    }
}

impl TryFrom<KeepWhenText> for Rule {
    type Error = &'static str;

    fn try_from(text: KeepWhenText) -> Result<Self, Self::Error> {
        let target = target((text.path, text.header, text.key))?;
        let condition = match (text.equals, text.one_of, text.exists, text.equals_attribute) {
            (Some(value), None, None, None) => WhenCondition::Equals(value),
            (None, Some(values), None, None) => WhenCondition::OneOf(values),
            (None, None, Some(exists), None) => WhenCondition::Exists(exists),
            (None, None, None, Some(name)) => WhenCondition::EqualsAttribute(name),
            _ => {
                return Err("`keepWhen` has exactly one of `equals`, `oneOf`, `exists` and \
                            `equalsAttribute`");
            }
        };
        Ok(Rule::KeepWhen { target, condition })
    }
}

impl From<Rule> for RuleText {
    fn from(rule: Rule) -> Self {
        let mut text = Self::default();
        match rule {
            Rule::Remove { target } => {
                let (path, header, _) = words(target);
                text.remove = Some(RemoveText { path, header });
            }
            Rule::Mask { target, keep_first, keep_last, with } => {
                let (path, header, key) = words(target);
                text.mask = Some(MaskText { path, header, key, keep_first, keep_last, with });
            }
            Rule::Replace { target, value } => {
                let (path, header, key) = words(target);
                text.replace = Some(ReplaceText { path, header, key, value });
            }
            Rule::Hash { target, hash_key, length } => {
                let (path, header, key) = words(target);
                text.hash = Some(HashText { path, header, key, hash_key, length });
            }
            Rule::Truncate { target, length } => {
                let (path, header, key) = words(target);
                text.truncate = Some(TruncateText { path, header, key, length });
            }
            Rule::KeepWhen { target, condition } => {
                let (path, header, key) = words(target);
                let when = KeepWhenText { path, header, key, ..KeepWhenText::default() };
                text.keep_when = Some(match condition {
                    WhenCondition::Equals(value) => KeepWhenText { equals: Some(value), ..when },
                    WhenCondition::OneOf(values) => KeepWhenText { one_of: Some(values), ..when },
                    WhenCondition::Exists(exists) => KeepWhenText { exists: Some(exists), ..when },
                    WhenCondition::EqualsAttribute(name) => {
                        KeepWhenText { equals_attribute: Some(name), ..when }
                    }
                });
            }
        }
        text
    }
}
