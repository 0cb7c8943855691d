//! AsyncAPI in and out: what we write comes back as it was, and public documents are read or
//! refused with reasons. That the official parser takes what we write is a test from outside.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // A test may.

#[path = "../../policies/tests/corpora/mod.rs"]
mod corpora;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use catalog::{
    Document,
    asyncapi::{
        HttpServer, ImportOptions, KafkaServer, Mechanism, NoteKind, Servers, SpecVersion, View,
        document, import,
    },
    model::{Endpoint, Spec},
};
use serde_json::{Value, json};

fn servers() -> Servers {
    let mechanisms = vec![Mechanism::Plain, Mechanism::ScramSha512, Mechanism::OauthBearer];
    let (address, host) = ("kafka.example.org:9092".to_owned(), "events.example.org".to_owned());
    Servers {
        kafka: Some(KafkaServer { address, tls: true, mechanisms }),
        http: Some(HttpServer { host, tls: true }),
    }
}

/// The endpoint that a text of YAML describes, as `spec`.
fn endpoint(spec: &str) -> Endpoint {
    let head = "apiVersion: sluicegate/v1\nkind: Endpoint\nmetadata: {name: orders}\nspec:\n";
    let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    let documents = Document::parse_yaml("test", &format!("{head}{spec}"));
    let documents = documents.unwrap_or_else(|problems| {
        panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    });
    match documents.first().map(|document| document.spec().clone()) {
        Some(Spec::Endpoint(endpoint)) => Endpoint::clone(&endpoint),
        other => panic!("{other:?}"),
    }
}

const ORDERS: &str = "\
cluster: main
topic: prod.orders
address: shop.orders
version: 1.4.0
title: Orders
description: Every order.
documentation: |
  # Orders
  Once per state.
owner: shop
domain: sales
tags: [orders, money]
classification: confidential
contact: {name: Shop, email: shop@example.org}
license: {name: internal}
schema:
  type: jsonSchema
  definition:
    type: object
    required: [id]
    properties:
      id: {type: string}
      customer: {$ref: '#/$defs/person'}
      parent: {$ref: '#'}
    $defs:
      person:
        type: object
        properties: {name: {type: string}, boss: {$ref: '#/$defs/person'}}
keySchema: {type: jsonSchema, definition: {type: string}}
headersSchema: {type: jsonSchema, definition: {type: object, properties: {kind: {type: string}}}}
samples:
  - name: placed
    summary: An order is placed.
    key: o-1
    headers: {kind: placed}
    value: {id: o-1, customer: {name: Ana}}
";

#[test]
fn what_is_written_comes_back_as_it_was() {
    let binary = "cluster: main\ntopic: rides\nformat: bytes\nschema: {type: avro, definition: \
                  {type: record, name: R, fields: []}}";
    let writable = "cluster: main\ntopic: in\ndirection: both\nlifecycle: deprecated\nsunset: \
                    2027-01-31";
    for spec in [ORDERS, binary, writable, "cluster: main\ntopic: plain"] {
        let endpoint = endpoint(spec);
        let known = ImportOptions { cluster: "main".to_owned(), existing: BTreeMap::new() };
        for version in SpecVersion::ALL {
            let written =
                document(&View::of_owner("orders", &endpoint).unwrap(), &servers(), version);
            let text = serde_json::to_string_pretty(&written).unwrap();
            let read = import("own.json", &text, &known).unwrap_or_else(|problems| {
                panic!("{version:?}\n{text}\n{problems:#?}");
            });
            let again = read.endpoints.get("orders").unwrap();
            let rewritten =
                document(&View::of_owner("orders", again).unwrap(), &servers(), version);
            assert_eq!(serde_json::to_string_pretty(&rewritten).unwrap(), text, "{version:?}");
            // Where it is known which topic it is, all of it comes back.
            let options = ImportOptions {
                existing: BTreeMap::from([("orders", &endpoint)]),
                ..known.clone()
            };
            let read = import("own.json", &text, &options).unwrap();
            assert_eq!(read.endpoints.get("orders"), Some(&endpoint), "{version:?}");
        }
    }
}

#[test]
fn subscribers_see_nothing_of_what_their_plan_hides() {
    let mut endpoint = endpoint(ORDERS);
    endpoint.samples[0].value = Some(json!({"id": "o-1", "customer": {"name": "canary"}}).into());
    let rules: Vec<policies::Rule> =
        serde_json::from_value(json!([{"mask": {"path": "$.customer.name"}}])).unwrap();
    let chain = policies::compile(&rules, &policies::CompileContext::default()).unwrap();
    let plan = serde_json::from_value(json!({"endpoint": "orders", "policies": ["p"]})).unwrap();
    let view =
        View::of_subscriber("orders", &endpoint, ("partner", &plan), &rules, &chain).unwrap();
    for version in SpecVersion::ALL {
        let text = document(&view, &servers(), version).to_string();
        assert!(!text.contains("canary"), "{text}");
        assert!(text.contains("******"), "{text}");
        assert!(text.contains(r#""x-sluicegate-policy":"mask""#), "{text}");
        let problems = import("theirs", &text, &ImportOptions::default()).unwrap_err();
        assert!(problems[0].message.contains("subscribers of a plan"), "{problems:?}");
    }
}

#[test]
fn documents_of_others_become_drafts_with_a_report() {
    let text = "\
asyncapi: 3.0.0
info: {title: Lights, version: latest}
channels:
  lightMeasured:
    address: smartylighting/lights/{id}/measured
    parameters: {id: {description: which}}
    messages:
      measured:
        payload:
          type: object
          properties: {lumens: {type: integer}, sentAt: {$ref: '#/components/schemas/sentAt'}}
operations:
  measure: {action: send, channel: {$ref: '#/channels/lightMeasured'}}
components:
  schemas: {sentAt: {type: string, format: date-time}}
";
    let options = ImportOptions { cluster: "main".to_owned(), existing: BTreeMap::new() };
    let imported = import("lights.yaml", text, &options).unwrap();
    let light = imported.endpoints.get("lightmeasured").unwrap();
    assert_eq!(light.topic, "smartylighting.lights.id.measured");
    let schema = light.schema.as_ref().unwrap();
    let definition = schema.definition.parse();
    let sent_at = definition.pointer("/properties/sentAt/$ref").unwrap();
    assert_eq!(sent_at, "#/$defs/sentAt");
    assert_eq!(definition.pointer("/$defs/sentAt/format").unwrap(), "date-time");
    let notes: Vec<_> =
        imported.report.iter().map(|n| (n.kind, n.pointer.as_str(), n.line)).collect();
    let expected = [
        (NoteKind::Changed, "/channels/lightMeasured", Some(4)),
        (NoteKind::Changed, "/info/version", Some(2)),
        (NoteKind::NotSupported, "/channels/lightMeasured/parameters", Some(6)),
        (NoteKind::Taken, "/channels/lightMeasured", Some(4)),
    ];
    assert_eq!(notes, expected);
}

#[test]
fn bad_documents_are_refused_with_their_place() {
    let options = ImportOptions::default();
    let deep = format!("asyncapi: 3.0.0\nx: {}1{}", "[".repeat(80), "]".repeat(80));
    let mut bomb = "asyncapi: 3.0.0\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..9 {
        let before = format!("*a{}, ", n - 1).repeat(9);
        bomb.push_str(&format!("a{n}: &a{n} [{before}*a{}]\n", n - 1));
    }
    let far = "asyncapi: 3.0.0\ninfo: {title: t, version: 1.0.0}\nchannels: {c: {$ref: \
               'http://127.0.0.1:1/c.yaml'}}";
    for (text, says) in [
        ("title: x", "which version of AsyncAPI"),
        ("asyncapi: 4.0.0", "not supported"),
        ("asyncapi: 3.0.0", "is no AsyncAPI document"),
        (deep.as_str(), "nests deeper"),
        (bomb.as_str(), "values after its aliases"),
        ("asyncapi: 3.0.0\nasyncapi: 3.1.0", "asyncapi"),
        (far, "out of the document"),
        (&"x".repeat(3 << 20), "more than"),
    ] {
        let problems = import("bad.yaml", text, &options).unwrap_err();
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|told| told.contains(says)), "{says}: {told:?}");
    }
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.extension().and_then(|extension| extension.to_str()) {
            _ if path.is_dir() => files(&path, into),
            Some("yaml" | "yml" | "json") => into.push(path),
            _ => {}
        }
    }
}

/// Imports all of a corpus: (imported, refused), each with the document's name.
fn import_all(name: &str) -> (Vec<String>, Vec<(String, String)>) {
    let (mut imported, mut refused) = (Vec::new(), Vec::new());
    let Some(folder) = corpora::folder(name) else { return (imported, refused) };
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    paths.sort();
    let options = ImportOptions { cluster: "main".to_owned(), existing: BTreeMap::new() };
    for path in paths {
        let shown = path.strip_prefix(&folder).unwrap().display().to_string();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        if !text.contains("asyncapi") {
            continue;
        }
        match import(&shown, &text, &options) {
            Ok(read) => {
                for (name, endpoint) in &read.endpoints {
                    let view = View::of_owner(name, endpoint).unwrap();
                    let written: Vec<Value> = SpecVersion::ALL
                        .iter()
                        .map(|version| document(&view, &servers(), *version))
                        .collect();
                    assert_eq!(written.len(), 3);
                }
                imported.push(shown);
            }
            Err(problems) => {
                let first = problems.first().map(ToString::to_string).unwrap_or_default();
                assert!(!first.is_empty(), "{shown}");
                refused.push((shown, first));
            }
        }
    }
    (imported, refused)
}

/// Documents that the official parser takes although the specification's words, and the names that
/// its own test kit gives them, say that they are wrong.
const REFUSED_RIGHTLY: [&str; 21] = [
    "Components Object/invalid-channelBindings-key.yaml",
    "Components Object/invalid-correlationIds-key.yaml",
    "Components Object/invalid-messageBindings-key.yaml",
    "Components Object/invalid-messageTraits-key.yaml",
    "Components Object/invalid-messages-key.yaml",
    "Components Object/invalid-operationBindings-key.yaml",
    "Components Object/invalid-operationTraits-key.yaml",
    "Components Object/invalid-parameters-key.yaml",
    "Components Object/invalid-schemas-key.yaml",
    "Components Object/invalid-securitySchemes-key.yaml",
    "Components Object/invalid-serverBindings-key.yaml",
    "Message Trait Object/invalid-examples-item.yaml",
    "Schema Object/invalid-polymorphism-discriminated-field-not-required.yaml",
    "Security Requirement Object/invalid-X509-non-empty-array.yaml",
    "Security Requirement Object/invalid-apiKey-non-empty-array.yaml",
    "Security Requirement Object/invalid-asymmetricEncryption-non-empty-array.yaml",
    "Security Requirement Object/invalid-http-non-empty-array.yaml",
    "Security Requirement Object/invalid-httpApiKey-non-empty-array.yaml",
    "Security Requirement Object/invalid-symmetricEncryption-non-empty-array.yaml",
    "Security Requirement Object/invalid-userPassword-non-empty-array.yaml",
    "Servers Object/invalid-patterned-field.yaml",
];

#[test]
fn public_documents_are_read_or_refused_with_a_reason() {
    for (name, read, left) in [("asyncapi-examples", 18, 6), ("asyncapi-tck", 189, 224)] {
        let (imported, refused) = import_all(name);
        if imported.is_empty() {
            continue;
        }
        for (document, reason) in &refused {
            println!("{name}: {document}: {reason}");
        }
        assert_eq!((imported.len(), refused.len()), (read, left), "{name}");
        if name == "asyncapi-tck" {
            for document in REFUSED_RIGHTLY {
                let is_it = |(own, _): &&(String, String)| own.ends_with(document);
                assert!(refused.iter().any(|refused| is_it(&refused)), "{document}");
            }
        }
    }
}
