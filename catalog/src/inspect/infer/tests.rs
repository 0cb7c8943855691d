use proptest::{collection::vec, prelude::*};

use super::*;

fn schema_of(values: &[Value]) -> Value {
    infer(values).schema
}

#[track_caller]
fn assert_valid(schema: &Value, values: &[Value]) {
    let validator = jsonschema::options().should_validate_formats(true).build(schema);
    let validator = validator.unwrap_or_else(|error| panic!("{error}: {schema}"));
    for value in values {
        assert!(validator.is_valid(value), "{value}\n{schema}");
    }
}

#[test]
fn kinds_are_told_apart() {
    for (values, expected) in [
        (vec![json!(1), json!(2)], json!({ "type": "integer" })),
        (vec![json!(1), json!(2.5)], json!({ "type": "number" })),
        (vec![json!(true)], json!({ "type": "boolean" })),
        (vec![json!(null), json!("a b")], json!({ "type": ["string", "null"] })),
        (
            vec![json!([1, null])],
            json!({ "type": "array", "items": { "type": ["integer", "null"] } }),
        ),
        (vec![json!([])], json!({ "type": "array" })),
        (vec![], json!({})),
        (
            vec![json!("2027-01-31T10:00:00Z"), json!("2027-01-31T10:00:00.5+01:00")],
            json!({ "type": "string", "format": "date-time" }),
        ),
        (vec![json!("2027-01-31T10:00:00Z"), json!("soon")], json!({ "type": "string" })),
        (
            vec![json!("550e8400-e29b-41d4-a716-446655440000")],
            json!({ "type": "string", "format": "uuid" }),
        ),
    ] {
        assert_eq!(schema_of(&values), expected);
        assert_valid(&expected, &values);
    }
}

#[test]
fn what_is_always_there_is_required() {
    let values = [json!({ "a": 1, "b": null }), json!({ "a": 2 }), json!({ "a": 3, "c": {} })];
    let expected = json!({
        "type": "object",
        "properties": {
            "a": { "type": "integer" }, "b": { "type": "null" }, "c": { "type": "object" },
        },
        "required": ["a"],
    });
    assert_eq!(schema_of(&values), expected);
    assert_eq!(schema_of(&values[..1])["required"], Value::Null, "one is not always");
}

#[test]
fn few_words_that_repeat_are_a_choice_unless_they_could_be_somebody() {
    let of = |name: &str, words: [&str; 6]| {
        let values = words.map(|word| json!({ name: word }));
        let schema = schema_of(&values);
        assert_valid(&schema, &values);
        schema["properties"][name]["enum"].clone()
    };
    let shipped = ["paid", "sent", "paid", "sent", "paid", "sent"];
    assert_eq!(of("orderStatus", shipped), json!(["paid", "sent"]));
    assert_eq!(of("who", shipped), Value::Null);
    assert_eq!(of("x", ["A_B", "C_D", "A_B", "C_D", "A_B", "A_B"]), json!(["A_B", "C_D"]));
    assert_eq!(of("status", ["Ada", "Bob", "Ada", "Bob", "Ada", "Bob"]), Value::Null);
    assert_eq!(of("userType", shipped), Value::Null, "about somebody");
    assert_eq!(of("status", ["a", "b", "c", "d", "e", "f"]), Value::Null, "none repeats");
    assert_eq!(of("status", ["a1", "a1", "a1", "a1", "a1", "a1"]), Value::Null, "no words");
    let values: Vec<Value> = shipped.iter().map(|word| json!({ "status": word })).collect();
    let mut with_null = values.clone();
    with_null.push(json!({ "status": null }));
    assert_valid(&schema_of(&with_null), &with_null);
    assert_eq!(schema_of(&values[..5])["properties"]["status"]["enum"], Value::Null, "too few");
}

#[test]
fn names_that_are_values_are_not_kept() {
    let by_mail = [json!({ "ada@example.org": 1 }), json!({ "bob@example.org": 2 })];
    let expected = json!({ "type": "object", "additionalProperties": { "type": "integer" } });
    assert_eq!(schema_of(&by_mail), expected);
    let by_name: Vec<Value> = ["ada", "bob", "cy", "dee", "eve", "flo", "gus", "hal", "ida"]
        .iter()
        .map(|name| json!({ *name: { "score": 1 } }))
        .collect();
    let schema = schema_of(&by_name);
    assert!(!schema.to_string().contains("ada"), "{schema}");
    assert_valid(&schema, &by_name);
    let by_id = [json!({ "550e8400-e29b-41d4-a716-446655440000": 1, "c-12345678": 2 })];
    assert_eq!(schema_of(&by_id), expected);
}

#[test]
fn depth_and_fields_are_bounded() {
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!({ "a": [deep] });
    }
    let inferred = infer([&deep]);
    assert!(inferred.cut);
    assert_valid(&inferred.schema, &[deep]);
    let alphabet = |n: usize| -> String {
        let letter = |n: usize| char::from(b'a' + u8::try_from(n % 26).unwrap());
        [n / 676, n / 26, n].map(letter).iter().collect()
    };
    let wide: Map<String, Value> = (0..3_000).map(|n| (alphabet(n), json!(n))).collect();
    let wide = Value::Object(wide);
    let inferred = infer([&wide]);
    assert!(inferred.cut);
    assert_eq!(inferred.schema["properties"].as_object().unwrap().len(), FIELDS_MAX);
    assert_valid(&inferred.schema, &[wide]);
}

#[test]
fn personal_data_is_found_by_name_and_by_shape() {
    let value = json!({
        "customer": { "name": "Ada Lovelace", "mail": "ada@example.org", "id": "c-1" },
        "card": { "number": "4111111111111111", "holder": "A. Lovelace" },
        "reachAt": ["+49 170 1234567"],
        "paidFrom": "DE89370400440532013000",
        "from": "192.168.10.20",
        "ssn": 123_456_789,
        "emailSent": true,
        "total": 12.5,
    });
    let found: Vec<_> = infer([&value])
        .fields
        .into_iter()
        .map(|field| (field.path, field.personal, field.by, field.is_text))
        .collect();
    let expected = [
        ("$.card.holder", Personal::PersonName, GuessedBy::Name, true),
        ("$.card.number", Personal::Card, GuessedBy::Both, true),
        ("$.customer.mail", Personal::Email, GuessedBy::Both, true),
        ("$.customer.name", Personal::PersonName, GuessedBy::Name, true),
        ("$.from", Personal::IpAddress, GuessedBy::Shape, true),
        ("$.paidFrom", Personal::Iban, GuessedBy::Shape, true),
        ("$.reachAt[*]", Personal::Phone, GuessedBy::Shape, true),
        ("$.ssn", Personal::NationalId, GuessedBy::Name, false),
    ];
    assert_eq!(found, expected.map(|(path, kind, by, text)| (path.to_owned(), kind, by, text)));
}

/// Values as topics have them: few names, so that records share them.
fn json_value() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        "status|kind|email|customer|a b|x_y|ünder",
        "[a-z]{1,3}",
        "[0-9a-f]{8}",
        "[a-z]{2}@[a-z]{2}\\.org",
    ];
    let text = prop_oneof![
        "paid|sent|A_B|2027-01-31|2027-01-31T10:00:00Z|a@b\\.org|10\\.0\\.0\\.1|https://a\\.b/c",
        "\\PC{0,12}",
        "550e8400-e29b-41d4-a716-44665544000[0-9]",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1.0e9..1.0e9).prop_map(|number: f64| json!(number)),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        let members = proptest::collection::btree_map(name.clone(), inner.clone(), 0..6);
        prop_oneof![
            vec(inner, 0..4).prop_map(Value::from),
            members.prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn every_record_is_valid_under_the_schema_made_of_it(values in vec(json_value(), 1..12)) {
        assert_valid(&schema_of(&values), &values);
    }

    #[test]
    fn no_value_is_kept_but_safe_words(secrets in vec("[a-z]{3}[0-9]{3}[A-Z]{2}", 1..8)) {
        let values: Vec<Value> = secrets
            .iter()
            .flat_map(|secret| vec![json!({ "status": secret, "list": [secret], "n": 1 }); 3])
            .collect();
        let inferred = infer(&values);
        let text = format!("{inferred:?}");
        for secret in &secrets {
            prop_assert!(!text.contains(secret.as_str()), "{}", text);
        }
    }
}
