//! The official AsyncAPI parser takes every document that we write, without an error or a warning,
//! and every example in it is valid under the schema beside it: over hundreds of generated
//! endpoints, as their owners and as subscribers see them, in all three versions.
//! `SLUICEGATE_ASYNCAPI_ENDPOINTS` and `SLUICEGATE_ASYNCAPI_SEED` choose how many, and which.
#![allow(clippy::unwrap_used, dead_code)] // A test may.

#[path = "../../policies/tests/oracle/mod.rs"]
mod oracle;

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use catalog::asyncapi::{
    HttpServer, KafkaServer, Mechanism, Servers, SpecVersion, View, document, merge,
};
use catalog::model::{
    Classification, Contact, Direction, Door, Endpoint, License, Lifecycle, PayloadFormat, Plan,
    Sample, Schema, SchemaKind,
};
use oracle::compare::chain;
use oracle::generate::{self, Random};
use oracle::rule::OracleRule;
use oracle::schemas::Schemas;
use policies::Rule;
use serde_json::{Value, json};

const ENDPOINTS_DEFAULT: u64 = 500;
/// Levels of samples.
const DEPTH_MAX: usize = 12;
const VERSIONS: [SpecVersion; 3] = [SpecVersion::V2_6, SpecVersion::V3_0, SpecVersion::V3_1];

const AVRO: &str = r#"{"type": "record", "name": "Order", "namespace": "org.example", "fields": [
  {"name": "id", "type": "string", "doc": "Its number."},
  {"name": "lines", "type": {"type": "array", "items": {"type": "record", "name": "Line",
    "fields": [{"name": "sku", "type": "string"}, {"name": "count", "type": "int"}]}}},
  {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["OPEN", "DONE"]}},
  {"name": "note", "type": ["null", "string"], "default": null}]}"#;

const PROTOBUF: &str = r#"syntax = "proto3";
package org.example;
message Order {
  string id = 1;
  repeated Line lines = 2;
  message Line { string sku = 1; uint32 count = 2; }
}
"#;

#[test]
fn every_document_that_we_write_is_right() {
    let number = |variable: &str, default| match std::env::var(variable) {
        Ok(text) => text.parse().unwrap(),
        Err(_) => default,
    };
    let first = number("SLUICEGATE_ASYNCAPI_SEED", 0);
    let count = number("SLUICEGATE_ASYNCAPI_ENDPOINTS", ENDPOINTS_DEFAULT);
    let folder = tempfile::tempdir().unwrap();
    let mut examples = 0;
    for seed in first..first + count {
        let made = Made::of(seed);
        // Owners' and subscribers' documents of all versions in turn: six kinds.
        let turn = usize::try_from(seed).unwrap();
        let view = if turn % 2 == 0 { made.owner() } else { made.subscriber() };
        let version = VERSIONS[turn / 2 % VERSIONS.len()];
        let document = document(&view, &made.servers, version);
        examples += check_examples(&document, seed);
        std::fs::write(folder.path().join(format!("{seed}.json")), document.to_string()).unwrap();
    }
    assert!(examples > count / 3, "only {examples} examples in the documents of {count} endpoints");
    let wrong = officially(folder.path());
    let shown: Vec<&String> = wrong.iter().take(20).collect();
    assert!(wrong.is_empty(), "{} documents: {shown:#?}", wrong.len());
}

#[test]
fn documents_of_many_endpoints_are_taken_too() {
    let folder = tempfile::tempdir().unwrap();
    for version in VERSIONS {
        let made: Vec<Made> = (0..40).map(Made::of).collect();
        let documents = made
            .iter()
            .map(|made| (made.name.clone(), document(&made.owner(), &made.servers, version)));
        let whole = merge(Some("shop"), documents.collect(), version);
        assert!(check_examples(&whole, 0) > 10);
        let channels = whole["channels"].as_object().unwrap();
        assert!(channels.len() >= 40, "{}", channels.len());
        assert!(whole["servers"].as_object().unwrap().len() < 20, "servers are said once");
        let file = folder.path().join(format!("{}.json", version.name()));
        std::fs::write(file, whole.to_string()).unwrap();
    }
    let wrong = officially(folder.path());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What the official parser says against the documents of a folder.
fn officially(folder: &Path) -> Vec<String> {
    let mut paths: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().display().to_string())
        .collect();
    paths.sort();
    let mut program = tests::clients::install::asyncapi().unwrap().command();
    let mut program = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = program.stdin.take().unwrap();
    input.write_all(paths.join("\n").as_bytes()).unwrap();
    drop(input);
    let output = program.wait_with_output().unwrap();
    assert!(output.status.success(), "the parser failed");
    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(lines.lines().count(), paths.len(), "it looked at each");
    let told = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let wrong = told.filter(|told| told["errors"] != json!([]) || told["warnings"] != json!([]));
    wrong.map(|told| told.to_string()).collect()
}

/// Every example with a payload is valid under the payload's schema; how many there are.
fn check_examples(document: &Value, seed: u64) -> u64 {
    let mut count = 0;
    let messages = document["components"]["messages"].as_object().into_iter().flatten();
    for (name, message) in messages {
        let schema =
            json!({"$ref": message["payload"]["$ref"], "components": document["components"]});
        if message["payload"]["$ref"].is_null() {
            continue;
        }
        for example in message["examples"].as_array().into_iter().flatten() {
            let Some(payload) = example.get("payload") else { continue };
            count += 1;
            assert!(
                jsonschema::is_valid(&schema, payload),
                "seed {seed}, {name}: {payload} is not valid in {document}"
            );
        }
    }
    count
}

/// A generated endpoint with a plan.
struct Made {
    name: String,
    endpoint: Endpoint,
    plan: Plan,
    rules: Vec<OracleRule>,
    servers: Servers,
}

impl Made {
    fn of(seed: u64) -> Made {
        let r = &mut Random(seed);
        let name = format!("endpoint-{seed}");
        let mut endpoint = Endpoint {
            cluster: "main".to_owned(),
            topic: format!("prod.topic_{seed}"),
            address: r.one_in(2).then(|| format!("shop.address-{seed}")),
            version: format!("{}.{}.{}", 1 + r.below(3), r.below(3), r.below(9)).parse().unwrap(),
            direction: r.pick(&[Direction::Consume, Direction::Produce, Direction::Both]),
            format: r.pick(&[PayloadFormat::Json, PayloadFormat::Text, PayloadFormat::Bytes]),
            lifecycle: r.pick(&[Lifecycle::Draft, Lifecycle::Published, Lifecycle::Deprecated]),
            title: r.one_in(2).then(|| "Some events, \"quoted\"".to_owned()),
            description: r
                .pick(&["", "One paragraph.", "Umlaute äöü, 日本, <b>&amp;</b>"])
                .to_owned(),
            documentation: r.pick(&["", "# Guide\n\n* one\n* two\n"]).to_owned(),
            owner: r.one_in(2).then(|| "shop".to_owned()),
            domain: r.one_in(2).then(|| "sales".to_owned()),
            tags: ["orders", "money", "日本"][..r.below(4)].iter().map(|&t| t.to_owned()).collect(),
            // The parser warns where these and tags are missing in version 2: the owner's gaps.
            contact: Some(Contact {
                name: Some("Shop".to_owned()),
                url: Some("https://shop.example.org".to_owned()),
                email: Some("shop@example.org".to_owned()),
            }),
            license: Some(License { name: "internal".to_owned(), url: None }),
            classification: r.one_in(2).then_some(Classification::Confidential),
            ..Endpoint::default()
        };
        if endpoint.tags.is_empty() {
            endpoint.tags.push("any".to_owned());
        }
        let mut rules = Vec::new();
        match r.below(8) {
            0 => endpoint.schema = Some(avro()),
            1 => {
                endpoint.schema =
                    Some(Schema { kind: SchemaKind::Protobuf, definition: json!(PROTOBUF).into() })
            }
            2 => {}
            _ => {
                endpoint.format = PayloadFormat::Json;
                rules = described(r, &mut endpoint);
            }
        }
        if r.one_in(3) {
            endpoint.key_schema = Some(json_schema(json!({"type": "string", "maxLength": 40})));
        }
        if r.one_in(3) {
            let properties = json!({"trace-id": {"type": "string"}, "kind": {"enum": ["a", "b"]}});
            endpoint.headers_schema =
                Some(json_schema(json!({"type": "object", "properties": properties})));
        }
        let doors = doors(r, endpoint.direction);
        let plan = json!({"endpoint": name, "policies": ["redact"], "doors": doors});
        let plan = serde_json::from_value(plan).unwrap();
        Made { name, endpoint, plan, rules, servers: servers(r) }
    }

    fn owner(&self) -> View<'_> {
        View::of_owner(&self.name, &self.endpoint).unwrap()
    }

    fn subscriber(&self) -> View<'_> {
        let rules = self.rules.iter().map(|rule| serde_json::from_value(rule.document()).unwrap());
        let rules: Vec<Rule> = rules.collect();
        let plan = ("gold", &self.plan);
        let chain = chain(&self.rules);
        View::of_subscriber(&self.name, &self.endpoint, plan, &rules, &chain).unwrap()
    }
}

/// Gives an endpoint samples, a schema that they are valid under, and rules.
fn described(r: &mut Random, endpoint: &mut Endpoint) -> Vec<OracleRule> {
    let value = loop {
        // What is no JSON is withheld from subscribers anyway; from a value a hundred levels deep
        // the official parser does not come back.
        let value = serde_json::from_slice::<Value>(&generate::document(r));
        if let Some(value) = value.ok().filter(|value| depth(value) <= DEPTH_MAX) {
            break value;
        }
    };
    endpoint.schema = Some(json_schema(Schemas::of(r, &value)));
    endpoint.samples = vec![Sample {
        name: "first".to_owned(),
        summary: Some("The first.".to_owned()),
        key: Some("k-1".to_owned()),
        value: Some(value.into()),
        ..Sample::default()
    }];
    generate::rules(r)
}

fn depth(value: &Value) -> usize {
    let within =
        |values: &mut dyn Iterator<Item = &Value>| values.map(depth).max().unwrap_or(0) + 1;
    match value {
        Value::Array(elements) => within(&mut elements.iter()),
        Value::Object(members) => within(&mut members.values()),
        _ => 0,
    }
}

fn json_schema(definition: Value) -> Schema {
    Schema { kind: SchemaKind::JsonSchema, definition: definition.into() }
}

fn avro() -> Schema {
    Schema { kind: SchemaKind::Avro, definition: serde_json::from_str(AVRO).unwrap() }
}

fn doors(r: &mut Random, direction: Direction) -> Vec<Door> {
    match direction {
        // Over SSE, nobody writes.
        Direction::Produce => r.pick(&[vec![], vec![Door::Kafka]]),
        _ => r.pick(&[vec![], vec![Door::Kafka], vec![Door::Sse], vec![Door::Kafka, Door::Sse]]),
    }
}

fn servers(r: &mut Random) -> Servers {
    use Mechanism::{Certificate, OauthBearer, Plain, ScramSha256, ScramSha512};
    let all = [Plain, ScramSha256, ScramSha512, OauthBearer, Certificate];
    let mechanisms = all[r.below(4)..].to_vec();
    let kafka =
        KafkaServer { address: "kafka.example.org:9092".to_owned(), tls: r.one_in(2), mechanisms };
    let http = HttpServer { host: "events.example.org".to_owned(), tls: r.one_in(2) };
    Servers { kafka: Some(kafka), http: Some(http) }
}
