//! Every fuzz target, briefly: its seeds, each mutated a fixed number of times.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // A test may.

mod corpora;
mod oracle;
#[path = "../fuzz/targets.rs"]
mod targets;

use oracle::generate::{Random, document, mutate, rules};

/// Inputs for each target: some seconds in a debug build.
const INPUTS: usize = 20_000;

/// The oracle recurses as deep as the document.
const STACK_BYTES: usize = 64 << 20;

fn smoke(target: fn(&[u8]), mut seeds: Vec<Vec<u8>>) {
    seeds.sort();
    let run = move || {
        let mut random = Random(0xf022);
        for i in 0..INPUTS {
            let mut input = seeds[i % seeds.len()].clone();
            if i >= seeds.len() {
                mutate(&mut random, &mut input);
            }
            target(&input);
        }
    };
    std::thread::Builder::new().stack_size(STACK_BYTES).spawn(run).unwrap().join().unwrap();
}

fn json_files() -> Vec<Vec<u8>> {
    let Some(folder) = corpora::folder("json/test_parsing") else {
        return Vec::new();
    };
    let files = std::fs::read_dir(folder).unwrap().map(|e| std::fs::read(e.unwrap().path()));
    files.map(|text| text.unwrap()).filter(|text| text.len() < 4096).collect()
}

#[test]
fn json_redactor() {
    let mut random = Random(1);
    let generated: Vec<_> = (0..300).map(|_| document(&mut random)).collect();
    let texts = json_files().into_iter().chain(generated);
    let seeds = texts.map(|text| [&random.next().to_le_bytes()[..], &text].concat()).collect();
    smoke(targets::json_redactor, seeds);
}

#[test]
fn path() {
    let mut seeds = vec![b"$..['a',0,1:2:3,*]".to_vec(), b"$.a".to_vec()];
    if let Some(folder) = corpora::folder("jsonpath") {
        let text = std::fs::read(folder.join("cts.json")).unwrap();
        let suite: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let selectors = suite["tests"].as_array().unwrap().iter();
        seeds.extend(selectors.map(|case| case["selector"].as_str().unwrap().into()));
    }
    smoke(targets::path, seeds);
}

#[test]
fn rule_compile() {
    let mut random = Random(2);
    let seeds = (0..200).map(|_| {
        let rules: Vec<_> = rules(&mut random).iter().map(|rule| rule.document()).collect();
        serde_json::to_vec(&rules).unwrap()
    });
    let more = [
        r#"[{"keepWhen":{"header":"h","equalsAttribute":"tenant"}},{"mask":{"key":true}}]"#,
        r#"[{"hash":{"header":"h","hashKey":"k"}},{"remove":{"header":"h"}}]"#,
        r#"[{"keepWhen":{"path":"$..a[::2]","exists":false}}]"#,
    ];
    smoke(targets::rule_compile, seeds.chain(more.map(|text| text.into())).collect());
}
