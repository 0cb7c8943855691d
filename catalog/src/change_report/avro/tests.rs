use serde_json::{Value, json};

use super::read;

/// Paths at which reading fails.
fn fails(writer: &Value, reader: &Value) -> Vec<String> {
    let found = read(writer, reader).into_iter().filter(|found| found.fails);
    found.map(|found| found.path).collect()
}

fn record(fields: Value) -> Value {
    json!({ "type": "record", "name": "Order", "namespace": "shop", "fields": fields })
}

#[test]
fn types_resolve_as_the_specification_says() {
    let table = [
        (json!("int"), json!("long"), true),
        (json!("long"), json!("int"), false),
        (json!("int"), json!("double"), true),
        (json!("string"), json!("bytes"), true),
        (json!("string"), json!("int"), false),
        (json!(["null", "int"]), json!(["null", "long"]), true),
        (json!(["null", "int"]), json!("int"), false),
        (json!("int"), json!(["null", "int"]), true),
        (
            json!({ "type": "array", "items": "int" }),
            json!({ "type": "array", "items": "long" }),
            true,
        ),
        (
            json!({ "type": "map", "values": "int" }),
            json!({ "type": "array", "items": "int" }),
            false,
        ),
        (json!({ "type": "int", "logicalType": "date" }), json!("int"), true),
        (
            json!({ "type": "fixed", "name": "f", "size": 4 }),
            json!({ "type": "fixed", "name": "f", "size": 8 }),
            false,
        ),
        (
            json!({ "type": "enum", "name": "e", "symbols": ["A", "B"] }),
            json!({ "type": "enum", "name": "e", "symbols": ["A"] }),
            false,
        ),
        (
            json!({ "type": "enum", "name": "e", "symbols": ["A", "B"] }),
            json!({ "type": "enum", "name": "e", "symbols": ["A"], "default": "A" }),
            true,
        ),
    ];
    for (writer, reader, reads) in table {
        assert_eq!(fails(&writer, &reader).is_empty(), reads, "{writer} → {reader}");
    }
}

#[test]
fn records_resolve_by_names_aliases_and_defaults() {
    let old =
        record(json!([{ "name": "id", "type": "int" }, { "name": "note", "type": "string" }]));
    let more = record(json!([
        { "name": "id", "type": "long" },
        { "name": "note", "type": "string" },
        { "name": "count", "type": "int", "default": 0 },
    ]));
    assert!(fails(&old, &more).is_empty());
    let found = read(&more, &old);
    let found: Vec<_> = found.iter().map(|found| (found.path.as_str(), found.fails)).collect();
    assert_eq!(found, [("/id", true), ("/count", false)]);
    let fewer = record(json!([{ "name": "id", "type": "int" }]));
    assert_eq!(fails(&fewer, &old), ["/note"], "no default");
    let renamed = record(json!([
        { "name": "id", "type": "int" },
        { "name": "remark", "type": "string", "aliases": ["note"] },
    ]));
    assert!(fails(&old, &renamed).is_empty());
    let other = json!({ "type": "record", "name": "shop.Parcel", "fields": [] });
    assert_eq!(fails(&old, &other), [""]);
}

#[test]
fn types_that_contain_themselves_end() {
    let tree = |kind: &str| {
        json!({ "type": "record", "name": "a.Node", "fields": [
            { "name": "value", "type": kind },
            { "name": "next", "type": ["null", "Node"] },
        ] })
    };
    assert!(fails(&tree("int"), &tree("long")).is_empty());
    assert_eq!(fails(&tree("long"), &tree("int")), ["/value"]);
}
