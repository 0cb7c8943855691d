//! JSON Schemas as AsyncAPI documents hold them: in draft 7, which is what their readers know
//! (AsyncAPI 3.1, "Schema Object"). What only later drafts can say is said in draft 7's words, or
//! left out where it has none: the schema then allows more, never less.

use serde_json::{Map, Value, json};

/// A schema in draft 7; `place` says where what it refers to stands in the document.
pub(super) fn schema(given: &Value, place: &impl Fn(&str) -> String) -> Value {
    let Value::Object(given) = given else {
        return given.clone();
    };
    let mut said = Map::new();
    for (keyword, value) in given {
        match (keyword.as_str(), value) {
            // Draft 7 wants each value once.
            ("enum", Value::Array(values)) => {
                let first = |at: usize| values.iter().position(|one| Some(one) == values.get(at));
                let once = (0..values.len()).filter(|at| first(*at) == Some(*at));
                let once = once.filter_map(|at| values.get(at).cloned());
                put(&mut said, "enum", once.collect());
            }
            ("$ref", Value::String(target)) => put(&mut said, "$ref", Value::from(place(target))),
            ("prefixItems", value) => put(&mut said, "items", each(value, place)),
            ("items", value) if given.contains_key("prefixItems") => {
                put(&mut said, "additionalItems", schema(value, place));
            }
            ("dependentRequired" | "dependentSchemas" | "dependencies", Value::Object(names)) => {
                depend(&mut said, names, place);
            }
            // Draft 7 wants at least one, always.
            ("contains", _) if given.get("minContains") == Some(&json!(0)) => {}
            (
                "unevaluatedItems"
                | "unevaluatedProperties"
                | "minContains"
                | "maxContains"
                | "contentSchema"
                | "$dynamicRef"
                | "$dynamicAnchor"
                | "$recursiveRef"
                | "$recursiveAnchor"
                | "$anchor"
                | "$vocabulary",
                _,
            ) => {}
            (
                "properties" | "patternProperties" | "$defs" | "definitions",
                Value::Object(schemas),
            ) => {
                let schemas = schemas.iter().map(|(name, one)| (name.clone(), schema(one, place)));
                put(&mut said, keyword, Value::Object(schemas.collect()));
            }
            (
                "items"
                | "additionalItems"
                | "additionalProperties"
                | "contains"
                | "propertyNames"
                | "allOf"
                | "anyOf"
                | "oneOf"
                | "not"
                | "if"
                | "then"
                | "else",
                value,
            ) => put(&mut said, keyword, each(value, place)),
            (_, value) => put(&mut said, keyword, value.clone()),
        }
    }
    Value::Object(said)
}

fn put(said: &mut Map<String, Value>, keyword: &str, value: Value) {
    said.insert(keyword.to_owned(), value);
}

/// A schema, or a list of them.
fn each(given: &Value, place: &impl Fn(&str) -> String) -> Value {
    match given {
        Value::Array(schemas) => schemas.iter().map(|one| schema(one, place)).collect(),
        one => schema(one, place),
    }
}

/// What a member's presence asks for: other members, or a schema. Draft 7 has one keyword for both.
fn depend(
    said: &mut Map<String, Value>,
    names: &Map<String, Value>,
    place: &impl Fn(&str) -> String,
) {
    let all = said.entry("dependencies").or_insert_with(|| json!({}));
    let Value::Object(all) = all else { return };
    for (name, asked) in names {
        let asked = match asked {
            Value::Array(_) => asked.clone(),
            asked => schema(asked, place),
        };
        let both = match all.get(name) {
            None => asked,
            Some(before) => json!({"allOf": [as_schema(before), as_schema(&asked)]}),
        };
        all.insert(name.clone(), both);
    }
}

fn as_schema(asked: &Value) -> Value {
    match asked {
        Value::Array(_) => json!({"required": asked}),
        schema => schema.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft7(given: &Value) -> Value {
        schema(given, &|target| format!("moved:{target}"))
    }

    #[test]
    fn words_of_later_drafts_are_said_in_draft_7s() {
        let given = json!({
            "prefixItems": [{"$ref": "#/$defs/a"}], "items": false,
            "dependentRequired": {"x": ["y"]}, "dependentSchemas": {"x": {"minProperties": 3}},
            "unevaluatedProperties": false, "contains": true, "minContains": 0,
            "enum": [7, "a", 7],
        });
        let said = json!({
            "items": [{"$ref": "moved:#/$defs/a"}], "additionalItems": false,
            "dependencies": {"x": {"allOf": [{"required": ["y"]}, {"minProperties": 3}]}},
            "enum": [7, "a"],
        });
        assert_eq!(draft7(&given), said);
    }

    #[test]
    fn members_that_are_called_like_keywords_are_members() {
        let given = json!({"properties": {
            "examples": {"$ref": "#"}, "prefixItems": {"type": "string"},
            "const": {"not": {"$ref": "#"}},
        }, "const": {"$ref": "stays"}});
        let said = json!({"properties": {
            "examples": {"$ref": "moved:#"}, "prefixItems": {"type": "string"},
            "const": {"not": {"$ref": "moved:#"}},
        }, "const": {"$ref": "stays"}});
        assert_eq!(draft7(&given), said);
    }
}
