//! What `keepWhen` asks of a value: that it exists, or equals one of some scalars.

mod decimal;

use serde_json::Value;

/// A compiled condition.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    /// Some value is there (`true`), or none is.
    Exists(bool),
    /// Some value equals one of these.
    OneOf(Literals),
}

/// Scalars to compare with. Numbers are compared by their exact decimal value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Literals {
    /// Sorted.
    texts: Vec<Box<[u8]>>,
    numbers: Vec<Box<[u8]>>,
    truth: bool,
    falsehood: bool,
    null: bool,
}

impl Literals {
    /// `None` if a value is an array or an object.
    pub(crate) fn new<'v>(values: impl IntoIterator<Item = &'v Value>) -> Option<Self> {
        let mut literals = Self::default();
        for value in values {
            match value {
                Value::String(text) => literals.texts.push(text.as_bytes().into()),
                Value::Number(n) => literals.numbers.push(n.to_string().into_bytes().into()),
                Value::Bool(true) => literals.truth = true,
                Value::Bool(false) => literals.falsehood = true,
                Value::Null => literals.null = true,
                Value::Array(_) | Value::Object(_) => return None,
            }
        }
        literals.texts.sort_unstable();
        Some(literals)
    }

    fn has_text(&self, text: &[u8]) -> bool {
        self.texts.binary_search_by(|own| (**own).cmp(text)).is_ok()
    }
}

impl Condition {
    /// Whether the rule holds when no value passes.
    pub(crate) fn wants_absence(&self) -> bool {
        matches!(self, Condition::Exists(false))
    }

    /// Whether being there is enough to pass.
    pub(crate) fn is_presence(&self) -> bool {
        matches!(self, Condition::Exists(_))
    }

    /// Whether the validated JSON value `raw` passes; `text` is a buffer.
    pub(crate) fn holds(&self, raw: &[u8], text: &mut Vec<u8>) -> bool {
        let literals = match self {
            Condition::Exists(_) => return true,
            Condition::OneOf(literals) => literals,
        };
        match raw.first() {
            Some(b'"') => {
                let inside = crate::payload::json::string_text(raw, text);
                inside.is_some_and(|inside| literals.has_text(inside))
            }
            Some(b't') => literals.truth,
            Some(b'f') => literals.falsehood,
            Some(b'n') => literals.null,
            Some(b'{' | b'[') | None => false,
            Some(_) => literals.numbers.iter().any(|number| decimal::is_same(number, raw)),
        }
    }

    /// Whether the text of a key or header passes.
    pub(crate) fn holds_text(&self, text: &[u8]) -> bool {
        match self {
            Condition::Exists(_) => true,
            Condition::OneOf(literals) => literals.has_text(text),
        }
    }
}
