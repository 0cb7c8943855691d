//! Runs every file of `tests/scenarios/<rule>/*.yaml`: given rules, when a record comes, then this.
//!
//! `value: "hex:ff00"` stands for bytes. Parts that `then` does not name must not change. A file
//! without cases says with `refused` what the compile error contains.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // A test may.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use policies::{
    Chain, CompileContext, DropReason, HashKey, HeaderView, Part, RecordView, Rule, Scratch,
    Verdict, compile,
};
use serde::Deserialize;

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

/// Scenario files when this was written: they can only become more.
const FILES_MIN: usize = 48;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Scenario {
    given: Given,
    #[serde(default)]
    cases: Vec<Case>,
    refused: Option<String>,
    reads_json: Option<bool>,
    merges_keys: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    rules: yaml_serde::Value,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    when: Record,
    then: Then,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    key: Option<String>,
    value: Option<String>,
    #[serde(default)]
    headers: Vec<(String, Option<String>)>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Then {
    /// `keep`, `filtered` or a reason for withholding.
    Verdict(String),
    Replaced(Replaced),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Replaced {
    key: Option<String>,
    value: Option<String>,
    headers: Option<Vec<(String, Option<String>)>>,
}

#[test]
fn every_scenario_holds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .flat_map(|rule| std::fs::read_dir(rule.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    for file in &files {
        println!("{}", file.display());
        run(&yaml_serde::from_str(&std::fs::read_to_string(file).unwrap()).unwrap());
    }
    assert!(files.len() >= FILES_MIN, "{}", files.len());
}

fn run(scenario: &Scenario) {
    let chain = compiled(&scenario.given);
    let chain = match (chain, &scenario.refused) {
        (Err(error), Some(expected)) => {
            assert!(error.contains(expected.as_str()), "{error}");
            return;
        }
        (Ok(_), Some(expected)) => panic!("not refused: {expected}"),
        (chain, None) => chain.unwrap(),
    };
    assert!(!chain.is_empty() && !scenario.cases.is_empty());
    let expected = (scenario.reads_json, scenario.merges_keys);
    assert_eq!(expected.0.unwrap_or(chain.reads_json()), chain.reads_json());
    assert_eq!(expected.1.unwrap_or(chain.merges_keys()), chain.merges_keys());
    let mut scratch = Scratch::default();
    for case in &scenario.cases {
        check(&chain, case, &mut scratch);
    }
}

fn compiled(given: &Given) -> Result<Chain, String> {
    let rules: Vec<Rule> =
        yaml_serde::from_value(given.rules.clone()).map_err(|error| error.to_string())?;
    let written = serde_json::to_string(&rules).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Rule>>(&written).unwrap(), rules, "{written}");
    let key = HashKey { version: 1, secret: SECRET.to_vec() };
    let context = CompileContext {
        keys: BTreeMap::from([("customer-key".to_owned(), key)]),
        attributes: given.attributes.clone(),
    };
    compile(&rules, &context).map_err(|error| error.to_string())
}

fn check(chain: &Chain, case: &Case, scratch: &mut Scratch) {
    let (key, value) = (bytes(&case.when.key), bytes(&case.when.value));
    let headers = header_bytes(&case.when.headers);
    let headers = header_views(&headers);
    let record = RecordView { key: key.as_deref(), value: value.as_deref(), headers: &headers };
    let verdict = chain.apply(&record, scratch);
    let found_headers: Option<Vec<_>> = scratch.headers().map(Iterator::collect);
    let found = (part(scratch.key()), part(scratch.value()));
    match &case.then {
        Then::Verdict(expected) => {
            assert_eq!(name(verdict), *expected, "{:?}", case.when.value);
            assert!(found == (None, None) && found_headers.is_none());
        }
        Then::Replaced(expected) => {
            assert_eq!(verdict, Verdict::Replace, "{:?}", case.when.value);
            let expected_parts = (bytes(&expected.key), bytes(&expected.value));
            assert_eq!(shown(&found), shown(&expected_parts));
            let expected = expected.headers.as_ref().map(|headers| header_bytes(headers));
            let expected = expected.as_ref().map(header_views);
            assert!(found_headers == expected, "headers of {:?}", case.when.headers);
        }
    }
}

fn name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Keep => "keep",
        Verdict::Replace => "replace",
        Verdict::Drop(DropReason::Filtered) => "filtered",
        Verdict::Drop(DropReason::Withheld(reason)) => reason.label(),
    }
}

fn part(part: Part<'_>) -> Option<Vec<u8>> {
    match part {
        Part::Same => None,
        Part::New(bytes) => Some(bytes.to_vec()),
    }
}

fn shown(parts: &(Option<Vec<u8>>, Option<Vec<u8>>)) -> String {
    let text = |part: &Option<Vec<u8>>| {
        part.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    };
    format!("key {:?}\nvalue {:?}", text(&parts.0), text(&parts.1))
}

fn bytes(text: &Option<String>) -> Option<Vec<u8>> {
    let text = text.as_ref()?;
    let Some(hex) = text.strip_prefix("hex:") else {
        return Some(text.clone().into_bytes());
    };
    let digits = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    Some(digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect())
}

type HeaderBytes = Vec<(Vec<u8>, Option<Vec<u8>>)>;

fn header_bytes(headers: &[(String, Option<String>)]) -> HeaderBytes {
    headers.iter().map(|(name, value)| (name.clone().into_bytes(), bytes(value))).collect()
}

fn header_views(headers: &HeaderBytes) -> Vec<HeaderView<'_>> {
    headers.iter().map(|(name, value)| HeaderView { name, value: value.as_deref() }).collect()
}
