//! One rule made ready: its path parsed, its names resolved, its edit or test built, and the text
//! that identifies its effect.

use serde_json::Value;

use crate::condition::{Condition, Literals};
use crate::edit::Edit;
use crate::text::{HASH_CHARS, KeyedHash, Mask};
use crate::{CompileContext, FieldPath, HashKey, Rule, Target, WhenCondition};

/// Fewest bytes of a hash key: shorter ones can be guessed from a few hashes of known values.
const HASH_KEY_BYTES_MIN: usize = 16;

/// What a hash key's own fingerprint is made of.
const KEY_FINGERPRINT_TEXT: &[u8] = b"sluicegate: which hash key is this";

/// A rule, ready to be put into a program.
pub(super) struct Prepared {
    /// Index of the rule as given.
    pub(super) rule: usize,
    /// All that can change the rule's effect, in one canonical spelling.
    pub(super) text: String,
    pub(super) subject: Subject,
    pub(super) task: Task,
    pub(super) merges_keys: bool,
}

/// What the rule is about.
pub(super) enum Subject {
    Path(FieldPath),
    Header(Box<[u8]>),
    Key,
}

/// What it does there.
pub(super) enum Task {
    Edit(Edit),
    Test(Condition),
}

pub(super) fn prepare(
    index: usize,
    rule: &Rule,
    context: &CompileContext,
) -> Result<Prepared, String> {
    let mut rule = rule.clone();
    let subject = subject(target(&mut rule))?;
    let is_root = matches!(&subject, Subject::Path(path) if path.is_root());
    let is_path = matches!(subject, Subject::Path(_));
    // What the text of the rule alone does not say.
    let mut folded = Value::Null;
    let task = match &mut rule {
        Rule::Remove { .. } if is_root => {
            return Err("`$` cannot be removed: a value must not become null. To withhold whole \
                        records use `keepWhen`"
                .to_owned());
        }
        Rule::Remove { target: Target::Key } => {
            return Err("a key cannot be removed: it must not become null. Use `hash`".to_owned());
        }
        Rule::Remove { .. } => Task::Edit(Edit::Remove),
        Rule::Replace { value: Value::Null, .. } if is_root => {
            return Err("`$` cannot be replaced by null: a value must not become null".to_owned());
        }
        Rule::Replace { value, .. } => Task::Edit(Edit::Replace(replacement(value, is_path)?)),
        Rule::Mask { keep_first, keep_last, with, .. } => {
            Task::Edit(Edit::Mask(mask(*keep_first, *keep_last, *with)?))
        }
        Rule::Hash { hash_key, length, .. } => {
            let key = hash_key_named(hash_key, context)?;
            folded = identity(key).ok_or_else(|| unusable(hash_key))?;
            Task::Edit(Edit::Hash(keyed_hash(hash_key, key, length)?))
        }
        Rule::Truncate { length, .. } => Task::Edit(Edit::Truncate(size(*length))),
        Rule::KeepWhen { condition, .. } => {
            Task::Test(test(condition, is_path, context, &mut folded)?)
        }
    };
    let text = serde_json::to_string(&(&rule, folded)).map_err(|error| error.to_string())?;
    let is_whole_hash = matches!(&task, Task::Edit(Edit::Hash(hash)) if hash.chars == HASH_CHARS);
    let merges_keys = matches!((&subject, &task), (Subject::Key, Task::Edit(_))) && !is_whole_hash;
    Ok(Prepared { rule: index, text, subject, task, merges_keys })
}

fn target(rule: &mut Rule) -> &mut Target {
    match rule {
        Rule::Remove { target }
        | Rule::Mask { target, .. }
        | Rule::Replace { target, .. }
        | Rule::Hash { target, .. }
        | Rule::Truncate { target, .. }
        | Rule::KeepWhen { target, .. } => target,
    }
}

/// Parses a path, and leaves its canonical spelling in the rule.
fn subject(target: &mut Target) -> Result<Subject, String> {
    match target {
        Target::Path(text) => {
            let path = FieldPath::parse(text).map_err(|error| format!("path {text}: {error}"))?;
            *text = path.to_string();
            Ok(Subject::Path(path))
        }
        Target::Header(name) => Ok(Subject::Header(name.as_bytes().into())),
        Target::Key => Ok(Subject::Key),
    }
}

fn size(length: u32) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

fn replacement(value: &Value, is_path: bool) -> Result<Box<[u8]>, String> {
    match value {
        value if is_path => {
            let text = serde_json::to_vec(value).map_err(|error| error.to_string())?;
            Ok(text.into())
        }
        Value::String(text) => Ok(text.as_bytes().into()),
        _ => Err("`value` for a header or key must be a string".to_owned()),
    }
}

fn mask(keep_first: u32, keep_last: u32, with: char) -> Result<Mask, String> {
    if with.is_control() {
        return Err("`with` must be a visible character".to_owned());
    }
    Ok(Mask::new(size(keep_first), size(keep_last), with))
}

fn hash_key_named<'c>(name: &str, context: &'c CompileContext) -> Result<&'c HashKey, String> {
    context.keys.get(name).ok_or_else(|| {
        let known: Vec<_> = context.keys.keys().map(String::as_str).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        format!("there is no hash key `{name}` (known: {known})")
    })
}

fn keyed_hash(name: &str, key: &HashKey, length: &mut Option<u32>) -> Result<KeyedHash, String> {
    if key.secret.len() < HASH_KEY_BYTES_MIN {
        return Err(format!("hash key `{name}` is too short: at least {HASH_KEY_BYTES_MIN} bytes"));
    }
    let chars = length.map_or(HASH_CHARS, size);
    if !(1..=HASH_CHARS).contains(&chars) {
        return Err(format!("`length` of a hash is 1 to {HASH_CHARS} characters"));
    }
    if chars == HASH_CHARS {
        *length = None;
    }
    KeyedHash::new(&key.secret, chars).ok_or_else(|| unusable(name))
}

fn unusable(name: &str) -> String {
    format!("hash key `{name}` cannot be used")
}

/// The key's version and a digest of its bytes, from which they cannot be had.
fn identity(key: &HashKey) -> Option<Value> {
    let mut digest = Vec::with_capacity(HASH_CHARS);
    KeyedHash::new(&key.secret, HASH_CHARS)?.write(b"", KEY_FINGERPRINT_TEXT, &mut digest);
    Some(serde_json::json!([key.version, String::from_utf8(digest).ok()?]))
}

fn test(
    condition: &WhenCondition,
    is_path: bool,
    context: &CompileContext,
    folded: &mut Value,
) -> Result<Condition, String> {
    match condition {
        WhenCondition::Exists(exists) => Ok(Condition::Exists(*exists)),
        WhenCondition::Equals(value) => one_of(std::slice::from_ref(value), is_path),
        WhenCondition::OneOf(values) if values.is_empty() => {
            Err("`oneOf` is empty: no record could pass".to_owned())
        }
        WhenCondition::OneOf(values) => one_of(values, is_path),
        WhenCondition::EqualsAttribute(name) => {
            let attribute = context.attributes.get(name).ok_or_else(|| {
                format!("the subscriber has no attribute `{name}`, which `equalsAttribute` names")
            })?;
            *folded = Value::String(attribute.clone());
            one_of(std::slice::from_ref(folded), is_path)
        }
    }
}

fn one_of(values: &[Value], is_path: bool) -> Result<Condition, String> {
    if !is_path && !values.iter().all(Value::is_string) {
        return Err("a header or key is compared with strings only: quote the value".to_owned());
    }
    Literals::new(values)
        .map(Condition::OneOf)
        .ok_or_else(|| "`keepWhen` compares with strings, numbers, true, false and null".to_owned())
}
