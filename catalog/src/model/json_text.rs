//! JSON that people give and few look into. As a tree a schema of twenty fields takes ten times the
//! memory of its text, so the text is what is kept; who looks into it gets a tree of their own.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A JSON value as its compact text, members in the order in which they were given. Two are equal
/// when their values are, in whatever order their members stand.
#[derive(Clone)]
pub struct JsonText(Box<str>);

impl JsonText {
    /// The value. Costs what reading the text costs: kept by who needs it more than once.
    pub fn parse(&self) -> Value {
        // It was written out of a value. One that is deeper than what is read back (documents are
        // not: see `DOCUMENT_DEPTH_MAX`) is nothing, which no schema may be.
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

impl From<Value> for JsonText {
    fn from(value: Value) -> Self {
        Self(value.to_string().into())
    }
}

impl PartialEq for JsonText {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.parse() == other.parse()
    }
}

impl fmt::Debug for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for JsonText {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.parse().serialize(to)
    }
}

impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Value::deserialize(from).map(Self::from)
    }
}

impl JsonSchema for JsonText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Value::schema_name()
    }

    fn inline_schema() -> bool {
        Value::inline_schema()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Value::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::document::limits::DOCUMENT_DEPTH_MAX;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((".{0,8}", inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_comes_back_as_it_was_given(value in value()) {
            let text = JsonText::from(value.clone());
            prop_assert_eq!(&text.parse(), &value);
            // To the byte: the order of members, and how numbers are written.
            prop_assert_eq!(serde_json::to_string(&text).unwrap(), value.to_string());
            let read: JsonText = serde_json::from_value(value).unwrap();
            prop_assert_eq!(&read.0, &text.0);
        }
    }

    #[test]
    fn values_are_compared_and_not_texts() {
        let text = |value: Value| JsonText::from(value);
        assert_eq!(text(json!({"a": 1, "b": [true]})), text(json!({"b": [true], "a": 1})));
        assert_ne!(text(json!({"a": 1, "b": [1, 2]})), text(json!({"a": 1, "b": [2, 1]})));
        assert_ne!(text(json!(1)), text(json!("1")));
    }

    #[test]
    fn what_documents_may_hold_is_read_back() {
        let nest = |value, _| Value::Array(vec![value]);
        let deep = (0..DOCUMENT_DEPTH_MAX).fold(json!(1), nest);
        assert_eq!(JsonText::from(deep.clone()).parse(), deep);
    }
}
