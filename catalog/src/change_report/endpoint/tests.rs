use serde_json::{Value, json};

use super::*;
use crate::model::PayloadFormat;

fn endpoint(direction: Direction, kind: SchemaKind, definition: Value) -> Endpoint {
    let schema = Some(Schema { kind, definition: definition.into() });
    Endpoint { topic: "orders".to_owned(), direction, schema, ..Endpoint::default() }
}

fn verdicts(direction: Direction, kind: SchemaKind, old: Value, new: Value) -> Vec<Verdict> {
    let report = report(&endpoint(direction, kind, old), &endpoint(direction, kind, new));
    report.findings.into_iter().map(|finding| finding.verdict).collect()
}

#[test]
fn what_widens_breaks_readers_and_what_narrows_breaks_writers() {
    use Direction::{Both, Consume, Produce};
    use Verdict::{Breaking, Compatible};
    let (few, many) = (json!({ "enum": [1] }), json!({ "enum": [1, 2] }));
    for (direction, widening, narrowing) in [
        (Consume, Breaking, Compatible),
        (Produce, Compatible, Breaking),
        (Both, Breaking, Breaking),
    ] {
        let json = |old: &Value, new: &Value| {
            verdicts(direction, SchemaKind::JsonSchema, old.clone(), new.clone())
        };
        assert_eq!(json(&few, &many), [widening], "{direction:?}");
        assert_eq!(json(&many, &few), [narrowing], "{direction:?}");
        // An event written as a long is read as an int by nobody; the other way round it is.
        let avro = |old: &str, new: &str| {
            let found = verdicts(direction, SchemaKind::Avro, json!(old), json!(new));
            found.into_iter().max().unwrap_or(Compatible)
        };
        assert_eq!(avro("int", "long"), widening, "{direction:?}");
        assert_eq!(avro("long", "int"), narrowing, "{direction:?}");
    }
}

#[test]
fn facts_that_clients_are_built_on_are_told() {
    let old = endpoint(Direction::Both, SchemaKind::JsonSchema, json!({}));
    let new = Endpoint {
        address: Some("elsewhere".to_owned()),
        topic: "other".to_owned(),
        direction: Direction::Produce,
        format: PayloadFormat::Text,
        schema: None,
        ..old.clone()
    };
    let report = report(&old, &new);
    let told: Vec<_> =
        report.findings.iter().map(|finding| (finding.member, finding.verdict)).collect();
    let expected = [
        ("address", Verdict::Breaking),
        ("format", Verdict::Breaking),
        ("direction", Verdict::Breaking),
        ("topic", Verdict::Unclear),
        ("schema", Verdict::Unclear),
    ];
    assert_eq!(told, expected);
    assert_eq!(report.verdict(), Verdict::Breaking);
    assert_eq!(super::report(&old, &old).verdict(), Verdict::Compatible);
}
