//! Whatever is valid under a schema has an image that is valid under the schema's image: generated
//! documents, schemas that they are valid under, and rules. `SLUICEGATE_PROPERTY_DOCUMENTS` and
//! `SLUICEGATE_PROPERTY_SEED` as in `property.rs`.
#![allow(clippy::unwrap_used, dead_code)] // A test may.

mod oracle;

use oracle::compare::chain;
use oracle::generate::{Random, document, rules};
use oracle::schemas::Schemas;
use policies::{Part, RecordView, Rule, Scratch, Verdict, schema_image};
use serde_json::{Value, json};

/// Fewer than the engine's: each compiles two schemas.
const DOCUMENTS_DEFAULT: u64 = 3_000;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn images_of_valid_values_are_valid() {
    let documents = number("SLUICEGATE_PROPERTY_DOCUMENTS", DOCUMENTS_DEFAULT);
    let first = number("SLUICEGATE_PROPERTY_SEED", 0);
    let (mut changed, mut told) = (0_u64, 0_u64);
    let mut scratch = Scratch::default();
    for seed in first..first + documents {
        let mut random = Random(seed);
        let (oracle_rules, text) = (rules(&mut random), document(&mut random));
        let Ok(value) = serde_json::from_slice::<Value>(&text) else { continue };
        let schema = Schemas::of(&mut random, &value);
        if !jsonschema::is_valid(&schema, &value) {
            panic!("seed {seed}: the test's own schema is wrong: {schema} of {value}");
        }
        let chain = chain(&oracle_rules);
        let record = RecordView { key: None, value: Some(&text), headers: &[] };
        let seen = match (chain.apply(&record, &mut scratch), scratch.value()) {
            (Verdict::Keep, _) => value.clone(),
            (Verdict::Replace, Part::New(seen)) => serde_json::from_slice(seen).unwrap(),
            _ => continue,
        };
        changed += u64::from(seen != value);
        let documents = oracle_rules.iter().map(|rule| rule.document());
        let documents: Vec<Value> = documents.collect();
        let parsed: Vec<Rule> =
            documents.iter().map(|rule| serde_json::from_value(rule.clone()).unwrap()).collect();
        let image = schema_image(&schema, &parsed).unwrap();
        let shown = || format!("seed {seed}\n{schema}\n{image}\n{value}\n{seen}\n{documents:?}");
        assert!(jsonschema::is_valid(&image, &seen), "{}", shown());
        // An image that says nothing would be true of everything.
        told += u64::from(seen != value && !jsonschema::is_valid(&image, &json!({"!": [[]]})));
    }
    assert!(documents < DOCUMENTS_DEFAULT || changed > documents / 20, "{changed} changed");
    assert!(told > changed / 3, "{told} images of {changed} say something");
}
