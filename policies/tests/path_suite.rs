//! The JSONPath compliance suite (RFC 9535) against the compiled engine, from outside.
//!
//! A selector selects a value exactly if `keepWhen {path, equals: marker}` keeps the document in
//! which that value is replaced by the marker: whether a value is selected depends only on what
//! is above it. That way every node set is checked node by node.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // A test may.

mod corpora;

use std::collections::HashSet;

use policies::{
    Chain, CompileContext, FieldPath, PathErrorKind, RecordView, Rule, Scratch, Target, Verdict,
    WhenCondition, compile,
};
use serde_json::{Map, Value};

const MARKER: &str = "the marker that is nowhere else";

/// What the suite had when this was written: it can only grow.
const SELECTED_MIN: usize = 139;
const INVALID_MIN: usize = 247;
const UNSUPPORTED_MIN: usize = 317;

#[test]
fn selects_exactly_what_the_compliance_suite_says() {
    let Some(folder) = corpora::folder("jsonpath") else {
        return;
    };
    let text = std::fs::read(folder.join("cts.json")).unwrap();
    let suite: Value = serde_json::from_slice(&text).unwrap();
    let (mut selected, mut invalid, mut unsupported) = (0, 0, 0);
    for case in suite["tests"].as_array().unwrap() {
        let selector = case["selector"].as_str().unwrap();
        match FieldPath::parse(selector) {
            Err(error) if case["invalid_selector"] == true => {
                assert!(error.column > 0 && !error.token.is_empty(), "{selector}");
                invalid += 1;
            }
            Err(error) => {
                assert_eq!(error.kind, PathErrorKind::Unsupported, "{selector}: {error}");
                let at = selector.chars().skip(error.column - 1).collect::<String>();
                assert!(at.starts_with(&error.token), "{selector}: {error}");
                assert!(is_outside(selector), "{selector}: {error}");
                unsupported += 1;
            }
            Ok(path) => {
                assert_ne!(case["invalid_selector"], true, "{selector} is not a path");
                assert_eq!(FieldPath::parse(&path.to_string()).unwrap(), path, "{path}");
                for spelling in [selector, &path.to_string()] {
                    check(spelling, case);
                }
                selected += 1;
            }
        }
    }
    println!("selected {selected}, invalid {invalid}, unsupported {unsupported}");
    assert!(selected >= SELECTED_MIN, "{selected}");
    assert!(invalid >= INVALID_MIN, "{invalid}");
    assert!(unsupported >= UNSUPPORTED_MIN, "{unsupported}");
}

/// What we say we do not support: filters, and what counts from an array's end.
fn is_outside(selector: &str) -> bool {
    selector.contains('?') || selector.contains('-') || selector == "$[1:2:0]"
}

fn check(selector: &str, case: &Value) {
    let document = &case["document"];
    // Where members have no order the suite gives several lists of one set: the first will do.
    let expected = match &case["result_paths"] {
        Value::Array(paths) => paths,
        _ => case["results_paths"][0].as_array().unwrap(),
    };
    let expected: HashSet<Vec<Value>> =
        expected.iter().map(|path| steps(path.as_str().unwrap())).collect();
    let chain = keep_when(selector);
    let mut found = HashSet::new();
    visit(document, &mut Vec::new(), &mut |path| {
        let marked = replace(document, path);
        if keeps(&chain, &marked) {
            found.insert(path.to_vec());
        }
    });
    assert_eq!(found, expected, "{selector} on {document}");
}

fn keep_when(path: &str) -> Chain {
    let rule = Rule::KeepWhen {
        target: Target::Path(path.to_owned()),
        condition: WhenCondition::Equals(MARKER.into()),
    };
    compile(&[rule], &CompileContext::default()).unwrap()
}

fn keeps(chain: &Chain, document: &Value) -> bool {
    let text = serde_json::to_vec(document).unwrap();
    let record = RecordView { key: None, value: Some(&text), headers: &[] };
    chain.apply(&record, &mut Scratch::default()) == Verdict::Keep
}

/// A normalized path as names and indexes. Our own parser reads it, so this reads it otherwise.
fn steps(path: &str) -> Vec<Value> {
    let mut steps = Vec::new();
    let mut rest = path.strip_prefix('$').unwrap();
    while let Some(inside) = rest.strip_prefix('[') {
        let length = match inside.strip_prefix('\'') {
            None => inside.find(']').unwrap(),
            Some(name) => {
                let mut escaped = false;
                let end = name.find(|c| {
                    let ends = c == '\'' && !escaped;
                    escaped = c == '\\' && !escaped;
                    ends
                });
                end.unwrap() + 2
            }
        };
        let (step, tail) = inside.split_at(length);
        steps.push(match step.strip_prefix('\'') {
            None => Value::from(step.parse::<u64>().unwrap()),
            Some(name) => {
                let name = name.strip_suffix('\'').unwrap();
                let json = name.replace("\\'", "'").replace('"', "\\\"");
                serde_json::from_str(&format!("\"{json}\"")).unwrap()
            }
        });
        rest = tail.strip_prefix(']').unwrap();
    }
    assert_eq!(rest, "");
    steps
}

fn visit(value: &Value, path: &mut Vec<Value>, seen: &mut impl FnMut(&[Value])) {
    seen(path);
    let children: Vec<(Value, &Value)> = match value {
        Value::Array(items) => items.iter().enumerate().map(|(i, v)| (i.into(), v)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, v)| (name.as_str().into(), v)).collect()
        }
        _ => Vec::new(),
    };
    for (step, child) in children {
        path.push(step);
        visit(child, path, seen);
        path.pop();
    }
}

fn replace(value: &Value, path: &[Value]) -> Value {
    let Some((step, rest)) = path.split_first() else {
        return MARKER.into();
    };
    match value {
        Value::Array(items) => {
            let index = step.as_u64().unwrap() as usize;
            let change = |(i, v)| {
                if i == index { replace(v, rest) } else { Value::clone(v) }
            };
            items.iter().enumerate().map(change).collect()
        }
        Value::Object(members) => {
            let change = |(name, v): (&String, &Value)| {
                let v = if name == step { replace(v, rest) } else { v.clone() };
                (name.clone(), v)
            };
            Value::Object(members.iter().map(change).collect::<Map<_, _>>())
        }
        _ => panic!("no such path"),
    }
}
