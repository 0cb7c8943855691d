//! The JSON Schemas of documents agree with what the catalog reads.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use catalog::{document::schema, model::Kind};
use serde_json::Value;

/// The examples of the guide, one document each.
fn examples() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/resources.md");
    let guide = std::fs::read_to_string(path).unwrap();
    let blocks = guide.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let documents = blocks.flat_map(|block| block.split("---\n"));
    let documents = documents.filter(|text| text.contains("apiVersion:"));
    documents.map(|text| yaml_serde::from_str(text).unwrap()).collect()
}

#[test]
fn what_the_guide_shows_is_valid_and_misspellings_are_not() {
    let any = jsonschema::validator_for(&schema(None)).unwrap();
    let examples = examples();
    assert!(examples.len() >= 12, "{}", examples.len());
    for example in &examples {
        let kind: Kind = example["kind"].as_str().unwrap().parse().unwrap();
        let one = schema(Some(kind));
        assert!(jsonschema::meta::is_valid(&one), "{kind}");
        let validator = jsonschema::validator_for(&one).unwrap();
        let wrong = |document: &Value| !validator.is_valid(document);
        let errors: Vec<_> = validator.iter_errors(example).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{kind}: {errors:?}");
        assert!(any.is_valid(example), "{kind}");
        let mut other = example.clone();
        other["spec"]["misspelt"] = true.into();
        assert!(wrong(&other), "{kind}: an unknown member");
        other = example.clone();
        other["kind"] = "Nothing".into();
        assert!(wrong(&other) && !any.is_valid(&other), "{kind}: an unknown kind");
        other = example.clone();
        other.as_object_mut().unwrap().remove("spec");
        assert!(wrong(&other), "{kind}: no spec");
    }
}

#[test]
fn members_are_explained() {
    let policy = schema(Some(Kind::Policy)).to_string();
    for word in ["keepFirst", "equalsAttribute", "The rules of the current version"] {
        assert!(policy.contains(word), "{word}");
    }
}
