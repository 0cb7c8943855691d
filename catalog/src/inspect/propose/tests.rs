use super::*;
use crate::{Document, inspect::TopicSettings};

fn record(value: Content) -> SampledRecord {
    let key = Content::Text("k".to_owned());
    SampledRecord { partition: 0, offset: 1, timestamp_ms: 2, key, headers: Vec::new(), value }
}

fn topic(name: &str) -> TopicReport {
    TopicReport { name: name.to_owned(), partitions: 3, ..TopicReport::default() }
}

fn proposed(topic: &TopicReport, records: Option<&[SampledRecord]>) -> Proposal {
    propose(Source { cluster: "main", topic, records, owner: Some("shop") })
}

/// The documents are such as `apply` takes.
#[track_caller]
fn spec_of(proposal: &Proposal, at: usize) -> Value {
    let texts: Vec<String> =
        proposal.documents.iter().map(|one| yaml_serde::to_string(one).unwrap()).collect();
    Document::parse_yaml("test", &texts.join("---\n")).unwrap();
    proposal.documents[at]["spec"].clone()
}

#[test]
fn a_json_topic_becomes_a_draft_with_schema_classification_and_redaction() {
    let values = [
        json!({ "id": 1, "customer": { "email": "ada@example.org" } }),
        json!({ "id": 2, "customer": { "email": "bob@example.org" } }),
    ];
    let records: Vec<_> = values.map(Content::Json).map(record).into();
    let mut topic = topic("Shop.orders_V1");
    topic.settings =
        Some(TopicSettings { cleanup_policy: Some("compact,delete".into()), ..Default::default() });
    let proposal = proposed(&topic, Some(&records));
    assert_eq!(proposal.name, "shop-orders-v1");
    assert_eq!(proposal.documents[0]["metadata"]["labels"], json!({ "partitions": "3" }));
    let spec = spec_of(&proposal, 0);
    assert_eq!(spec["lifecycle"], "draft");
    assert_eq!(spec["topic"], "Shop.orders_V1");
    assert_eq!(spec["owner"], "shop");
    assert_eq!(spec["format"], "json");
    assert_eq!(spec["classification"], "confidential");
    assert!(spec["description"].as_str().unwrap().contains("latest event of each key"), "{spec}");
    assert_eq!(spec["schema"]["definition"]["required"], json!(["customer", "id"]));
    let rules = &spec_of(&proposal, 1)["rules"];
    assert_eq!(*rules, json!([{ "mask": { "path": "$.customer.email", "keepFirst": 2 } }]));
    assert_eq!(proposal.documents[1]["metadata"]["name"], "shop-orders-v1-redaction");
    let text = format!("{proposal:?}");
    assert!(!text.contains("ada@") && !text.contains("bob@"), "{text}");
}

#[test]
fn other_contents_are_named_as_what_they_are() {
    let avro = Content::Binary { bytes: 9, schema_id: Some(7) };
    let text = Content::Text("hello".to_owned());
    let json = Content::Json(json!({ "a": 1 }));
    for (values, format, note) in [
        (vec![avro.clone()], "bytes", "with schema 7"),
        (vec![json.clone(), avro], "bytes", "with schema 7"),
        (vec![json, text.clone()], "text", ""),
        (vec![text, Content::Null], "text", ""),
        (vec![], "json", "holds no value"),
        (vec![Content::Null], "json", "holds no value"),
    ] {
        let records: Vec<_> = values.into_iter().map(record).collect();
        let proposal = proposed(&topic("a"), Some(&records));
        let spec = spec_of(&proposal, 0);
        assert_eq!(spec["format"], format);
        assert_eq!(spec["schema"], Value::Null);
        let noted = note.is_empty() || proposal.notes.iter().any(|one| one.contains(note));
        assert!(noted, "{:?}", proposal.notes);
        assert_eq!(proposal.documents.len(), 1);
    }
    let proposal = proposed(&topic("a"), None);
    assert!(proposal.notes[0].starts_with("no records were looked at"), "{:?}", proposal.notes);
}

#[test]
fn every_topic_has_a_name() {
    for (topic, expected) in [
        ("orders", "orders"),
        ("_Private..x__y-", "private-x-y"),
        ("...", "topic"),
        ("ÄÖ", "topic"),
    ] {
        assert_eq!(name_of(topic), expected);
    }
    let long = name_of(&"ab.".repeat(80));
    assert!(check_name(&long).is_ok(), "{long}");
    assert!(check_name(&policy_name(&long)).is_ok());
}
