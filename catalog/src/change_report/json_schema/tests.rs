use serde_json::{Value, json};

use super::{super::Effect, differences};

/// Effects with the paths where they are.
fn effects(old: &Value, new: &Value) -> Vec<(String, Effect)> {
    differences(old, new).into_iter().map(|found| (found.path, found.effect)).collect()
}

#[test]
fn each_keyword_has_its_effect() {
    use Effect::{Both, Narrows, Same, Unknown, Widens};
    let a = |schema: Value| json!({ "type": "object", "properties": { "a": schema } });
    let of_a = "/properties/a";
    let table = [
        (json!({}), json!({}), None),
        (json!({ "title": "x" }), json!({ "title": "y", "x-own": 1 }), None),
        (json!({ "type": "string" }), json!({ "type": ["string", "null"] }), Some(Widens)),
        (json!({ "type": "number" }), json!({ "type": "integer" }), Some(Narrows)),
        (json!({ "type": "integer" }), json!({ "type": "number" }), Some(Widens)),
        (json!({ "type": "string" }), json!({ "type": "integer" }), Some(Both)),
        (json!({ "enum": [1, 2] }), json!({ "enum": [1, 2, 3] }), Some(Widens)),
        (json!({ "enum": [1, 2] }), json!({ "const": 1 }), Some(Narrows)),
        (json!({ "enum": [1, 2] }), json!({ "enum": [2, 3] }), Some(Both)),
        (json!({ "enum": [1, 2] }), json!({}), Some(Widens)),
        (json!({ "minimum": 1 }), json!({ "minimum": 2 }), Some(Narrows)),
        (json!({ "maximum": 1 }), json!({ "maximum": 2 }), Some(Widens)),
        (json!({ "maxLength": 9 }), json!({}), Some(Widens)),
        (json!({}), json!({ "maxItems": 9 }), Some(Narrows)),
        (json!({ "pattern": "a" }), json!({ "pattern": "b" }), Some(Both)),
        (json!({ "format": "date" }), json!({}), Some(Widens)),
        (json!({ "oneOf": [{}] }), json!({ "oneOf": [] }), Some(Unknown)),
        (json!({ "uniqueItems": true }), json!({}), Some(Widens)),
        (json!(true), json!({ "type": "string" }), Some(Narrows)),
        (json!({ "type": "string" }), json!(true), Some(Widens)),
    ];
    for (old, new, effect) in table {
        let found = effects(&a(old.clone()), &a(new.clone()));
        let expected: Vec<_> = effect.into_iter().map(|effect| (of_a.to_owned(), effect)).collect();
        assert_eq!(found, expected, "{old} → {new}");
    }
    let found = effects(&json!({ "properties": {} }), &a(json!({ "type": "string" })));
    assert!(found.contains(&(of_a.to_owned(), Same)), "{found:?}");
}

#[test]
fn members_come_and_go() {
    let old = json!({
        "type": "object", "required": ["id", "old"], "additionalProperties": false,
        "properties": { "id": { "type": "string" }, "old": {}, "plain": {} },
    });
    let new = json!({
        "type": "object", "required": ["id", "plain"], "additionalProperties": false,
        "properties": { "id": { "type": "string" }, "plain": {}, "new": {} },
    });
    let found = effects(&old, &new);
    let expected = [
        ("/properties/plain", Effect::Narrows),
        ("/properties/old", Effect::Both),
        ("/properties/new", Effect::Unknown),
    ];
    let expected = expected.map(|(path, effect)| (path.to_owned(), effect));
    assert_eq!(found, expected);
}

#[test]
fn elements_are_looked_into() {
    let of = |kind: &str| json!({ "type": "array", "items": { "type": kind } });
    assert_eq!(effects(&of("integer"), &of("number")), [("/items".to_owned(), Effect::Widens)]);
    let pair = |kind: &str| json!({ "prefixItems": [{ "type": "string" }, { "type": kind }] });
    let found = effects(&pair("number"), &pair("integer"));
    assert_eq!(found, [("/prefixItems/1".to_owned(), Effect::Narrows)]);
}

#[test]
fn references_are_followed_even_to_themselves() {
    let tree = |kind: &str| {
        json!({
            "$ref": "#/$defs/node",
            "$defs": { "node": {
                "type": "object",
                "properties": { "value": { "type": kind }, "next": { "$ref": "#/$defs/node" } },
            } },
        })
    };
    let found = effects(&tree("integer"), &tree("number"));
    assert_eq!(found, [("/properties/value".to_owned(), Effect::Widens)]);
    assert!(effects(&tree("integer"), &tree("integer")).is_empty());
    let endless = json!({ "$ref": "#" });
    assert_eq!(effects(&endless, &json!({}))[0].1, Effect::Unknown);
    let outside = json!({ "$ref": "https://example.com/schema" });
    assert_eq!(effects(&outside, &json!({}))[0].1, Effect::Unknown);
}

#[test]
fn deep_schemas_end_as_unclear() {
    let deep =
        |kind: &str| (0..200).fold(json!({ "type": kind }), |inner, _| json!({ "items": inner }));
    let found = effects(&deep("string"), &deep("integer"));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].1, Effect::Unknown);
}
