//! What the fuzz targets do with bytes; also run by `tests/fuzz_smoke.rs`. They panic on a fault.
#![allow(dead_code, clippy::unwrap_used)] // Each target is one function of these.

use std::collections::BTreeMap;

use policies::{
    CompileContext, FieldPath, HashKey, HeaderView, RecordView, Rule, Scratch, Verdict, compile,
};

use crate::oracle::compare::{chain, compare};
use crate::oracle::generate::{Random, rules};

/// Brackets beyond which a document is left out: the oracle recurses, and any more are too deep.
const BRACKETS_MAX: usize = 1_000;

const SECRET: &[u8] = b"canary-canary-canary";

/// Engine against oracle: eight bytes choose the rules, the rest is the document.
pub(crate) fn json_redactor(data: &[u8]) {
    let Some((seed, text)) = data.split_first_chunk() else {
        return;
    };
    if text.iter().filter(|byte| matches!(byte, b'[' | b'{')).count() > BRACKETS_MAX {
        return;
    }
    let rules = rules(&mut Random(u64::from_le_bytes(*seed)));
    compare(&rules, &chain(&rules), text, &mut Scratch::default());
}

/// A path is refused with its place, or spelled in one way that means the same.
pub(crate) fn path(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match FieldPath::parse(text) {
        Err(error) => {
            assert!(error.column <= text.chars().count() + 1, "{error}");
            let rest: String = text.chars().skip(error.column - 1).collect();
            assert!(error.token == "end" || rest.starts_with(&error.token), "{error}");
        }
        Ok(path) => {
            let canonical = path.to_string();
            let again = FieldPath::parse(&canonical);
            // Canonical text can be longer than a path may be.
            assert!(canonical.len() > 4096 || again == Ok(path), "{canonical}");
        }
    }
}

/// Rules are refused without a secret in the message, or make a chain that always answers alike.
pub(crate) fn rule_compile(data: &[u8]) {
    let Ok(rules) = serde_json::from_slice::<Vec<Rule>>(data) else {
        return;
    };
    let written = serde_json::to_vec(&rules).unwrap();
    assert_eq!(serde_json::from_slice::<Vec<Rule>>(&written).unwrap(), rules);
    let key = HashKey { version: 1, secret: SECRET.to_vec() };
    let context = CompileContext {
        keys: BTreeMap::from([("k".to_owned(), key)]),
        attributes: BTreeMap::from([("tenant".to_owned(), "acme".to_owned())]),
    };
    let chain = match compile(&rules, &context) {
        Ok(chain) => chain,
        Err(error) => {
            assert!(error.rule <= rules.len());
            assert!(!error.to_string().contains("canary"));
            return;
        }
    };
    assert_eq!(chain.fingerprint(), compile(&rules, &context).unwrap().fingerprint());
    let headers = [HeaderView { name: b"h", value: Some(b"text") }];
    let values =
        [None, Some(&b"{\"a\":[1,\"x\",{\"b\":null}],\"ssn\":\"\\u0031\"}"[..]), Some(b"[")];
    let mut scratch = Scratch::default();
    for value in values {
        let record = RecordView { key: Some(b"key"), value, headers: &headers };
        let verdict = chain.apply(&record, &mut scratch);
        assert!(verdict == chain.apply(&record, &mut Scratch::default()));
        // A deletion is never withheld for its value: it has none.
        assert!(value.is_some() || !matches!(verdict, Verdict::Drop(_)));
    }
}
