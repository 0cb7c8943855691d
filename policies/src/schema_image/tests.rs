//! What images say, case by case. That they are true of images of values is
//! `tests/schema_image.rs`.

use serde_json::{Value, json};

use super::{SchemaImageError, schema_image};
use crate::Rule;

fn image(schema: Value, rules: Value) -> Value {
    let rules: Vec<Rule> = serde_json::from_value(rules).expect("rules");
    schema_image(&schema, &rules).expect("an image")
}

#[test]
fn without_rules_for_values_nothing_changes() {
    let schema = json!({
        "type": "object",
        "properties": {"id": {"type": "integer", "examples": [1]}, "x": {"enum": ["a", {"b": 1}]}},
        "required": ["id"],
        "additionalProperties": false
    });
    assert_eq!(image(schema.clone(), json!([{"hash": {"key": true, "hashKey": "k"}}])), schema);
    assert_eq!(image(json!(true), json!([])), json!(true));
}

#[test]
fn hidden_members_are_gone_and_changed_ones_have_their_new_shape() {
    let schema = json!({
        "type": "object",
        "required": ["ssn", "card", "email"],
        "minProperties": 3,
        "properties": {
            "ssn": {"type": "string", "examples": ["123-45-6789"]},
            "card": {"type": "integer", "title": "Card", "default": 4111},
            "email": {"type": "string", "format": "email"},
            "note": {"type": "string", "maxLength": 500}
        }
    });
    let rules = json!([
        {"remove": {"path": "$.ssn"}},
        {"mask": {"path": "$.card"}},
        {"hash": {"path": "$.email", "hashKey": "k", "length": 12}},
        {"truncate": {"path": "$.note", "length": 10}}
    ]);
    let expected = json!({
        "type": "object",
        "properties": {
            "card": {"title": "Card", "type": "string", "x-sluicegate-policy": "mask"},
            "email": {
                "type": "string", "minLength": 12, "maxLength": 12, "pattern": "^[A-Za-z0-9_-]*$",
                "x-sluicegate-policy": "hash"
            },
            "note": {"type": "string", "maxLength": 10, "x-sluicegate-policy": "truncate"}
        },
        "required": ["card", "email"]
    });
    assert_eq!(image(schema, rules), expected);
}

#[test]
fn the_strongest_rule_says_the_shape() {
    let rules = json!([
        {"mask": {"path": "$.a"}},
        {"replace": {"path": "$..a", "value": {"hidden": true}}}
    ]);
    let schema = json!({"properties": {"a": {"type": "string"}}});
    let expected = json!({"properties": {
        "a": {"const": {"hidden": true}, "x-sluicegate-policy": "replace"}
    }});
    assert_eq!(image(schema, rules), expected);
}

#[test]
fn definitions_are_kept_for_each_way_in_which_they_are_reached() {
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "properties": {
            "sender": {"$ref": "#/definitions/person"},
            "receiver": {"$ref": "#/definitions/person"},
            "secret": {"$ref": "#/definitions/hidden"}
        },
        "definitions": {
            "person": {
                "properties": {"name": {"type": "string"}, "boss": {"$ref": "#/definitions/person"}}
            },
            "hidden": {"const": "of nobody's business"}
        }
    });
    let rules = json!([{"mask": {"path": "$.sender.name"}}, {"remove": {"path": "$.secret"}}]);
    let expected = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "properties": {
            "sender": {"$ref": "#/$defs/person"},
            "receiver": {"$ref": "#/$defs/person-2"}
        },
        "$defs": {
            "person": {"properties": {
                "name": {"type": "string", "x-sluicegate-policy": "mask"},
                "boss": {"$ref": "#/$defs/person-2"}
            }},
            "person-2": {"properties": {
                "name": {"type": "string"}, "boss": {"$ref": "#/$defs/person-2"}
            }}
        }
    });
    assert_eq!(image(schema, rules), expected);
}

#[test]
fn rules_at_any_depth_reach_into_definitions_that_refer_to_themselves() {
    let schema = json!({
        "$ref": "#/$defs/node",
        "$defs": {"node": {
            "properties": {"pin": {"type": "integer"}, "next": {"$ref": "#/$defs/node"}}
        }}
    });
    let expected = json!({
        "$ref": "#/$defs/node",
        "$defs": {"node": {"properties": {
            "pin": {"type": "string", "x-sluicegate-policy": "mask"},
            "next": {"$ref": "#/$defs/node"}
        }}}
    });
    assert_eq!(image(schema, json!([{"mask": {"path": "$..pin"}}])), expected);
}

#[test]
fn no_example_of_a_hidden_value_is_left() {
    let schema = json!({
        "examples": [{"pin": "canary"}],
        "default": {"pin": "canary"},
        "const": {"pin": "canary"},
        "x-samples": ["canary"],
        "properties": {"pin": {
            "enum": ["canary"], "examples": ["canary"], "default": "canary", "const": "canary",
            "x-sample": "canary", "pattern": "canary"
        }},
        "allOf": [{"examples": [{"pin": "canary"}], "properties": {"pin": {"const": "canary"}}}],
        "if": {"properties": {"pin": {"const": "canary"}}},
        "not": {"properties": {"pin": {"const": "canary"}}}
    });
    let image = image(schema, json!([{"mask": {"path": "$.pin"}}]));
    assert!(!image.to_string().contains("canary"), "{image}");
}

#[test]
fn elements_that_are_taken_out_move_those_behind_them() {
    let schema = json!({
        "prefixItems": [{"type": "string"}, {"type": "integer"}],
        "items": {"type": "boolean"},
        "minItems": 2,
        "maxItems": 5
    });
    let expected = json!({
        "maxItems": 5,
        "items": {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "boolean"}]}
    });
    assert_eq!(image(schema, json!([{"remove": {"path": "$[0]"}}])), expected);
}

#[test]
fn an_image_that_would_be_too_large_is_refused() {
    let mut schema = json!({"type": "string"});
    for _ in 0..14 {
        schema = json!({"properties": {"a": schema.clone(), "b": schema}});
    }
    let rules: Vec<Rule> = serde_json::from_value(json!([{"mask": {"path": "$..c"}}])).unwrap();
    assert_eq!(schema_image(&schema, &rules), Err(SchemaImageError::TooLarge));
}
