//! The engine against the plain way, on generated documents and rules.
//!
//! `SLUICEGATE_PROPERTY_DOCUMENTS` sets how many (default 20,000; nightly 1,000,000), and
//! `SLUICEGATE_PROPERTY_SEED` where to begin: a failure names the seed of its document.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // A test may.

mod corpora;
mod oracle;

use std::collections::BTreeMap;

use oracle::compare::{Met, chain, compare};
use oracle::generate::{Random, document, mutate, rules};
use policies::{Scratch, Withheld};

const DOCUMENTS_DEFAULT: u64 = 20_000;

/// Documents that share a set of rules, so that buffers are reused as a worker reuses them.
const DOCUMENTS_PER_CHAIN: u64 = 8;

/// The oracle recurses as deep as the deepest document, which the engine refuses to.
const ORACLE_STACK_BYTES: usize = 64 << 20;

fn with_stack(test: fn()) {
    let thread = std::thread::Builder::new().stack_size(ORACLE_STACK_BYTES).spawn(test).unwrap();
    thread.join().unwrap();
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn engine_and_oracle_agree_on_generated_documents() {
    with_stack(generated_documents);
}

fn generated_documents() {
    let documents = number("SLUICEGATE_PROPERTY_DOCUMENTS", DOCUMENTS_DEFAULT);
    let first = number("SLUICEGATE_PROPERTY_SEED", 0);
    let mut met = BTreeMap::new();
    let mut scratch = Scratch::default();
    for seed in (first..first + documents).step_by(DOCUMENTS_PER_CHAIN as usize) {
        let mut random = Random(seed);
        let rules = rules(&mut random);
        let chain = chain(&rules);
        for i in 0..DOCUMENTS_PER_CHAIN {
            let mut text = document(&mut random);
            if i % 2 == 1 {
                mutate(&mut random, &mut text);
            }
            let seed = Announce(seed);
            *met.entry(compare(&rules, &chain, &text, &mut scratch)).or_insert(0_u64) += 1;
            std::mem::forget(seed);
        }
    }
    println!("{documents} documents: {met:?}");
    let kinds = [
        Met::Kept,
        Met::Changed,
        Met::Filtered,
        Met::Refused(Withheld::InvalidJson),
        Met::Refused(Withheld::InvalidUtf8),
        Met::Refused(Withheld::DuplicateName),
        Met::Refused(Withheld::TooDeep),
    ];
    for kind in kinds {
        let count = met.get(&kind).copied().unwrap_or(0);
        assert!(documents < DOCUMENTS_DEFAULT || count >= documents / 400, "{kind:?}: {count}");
    }
}

/// Says which seed a panic belongs to.
struct Announce(u64);

impl Drop for Announce {
    fn drop(&mut self) {
        println!("SLUICEGATE_PROPERTY_SEED={} SLUICEGATE_PROPERTY_DOCUMENTS=8", self.0);
    }
}

#[test]
fn engine_and_oracle_agree_on_json_test_suite_and_its_mutations() {
    with_stack(json_test_suite_and_its_mutations);
}

fn json_test_suite_and_its_mutations() {
    let Some(folder) = corpora::folder("json/test_parsing") else {
        return;
    };
    let mut scratch = Scratch::default();
    let mut random = Random(7);
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        let original = std::fs::read(&entry).unwrap();
        if original.len() > 10_000 {
            continue; // The tree is quadratic in depth; json_suite reads these files.
        }
        for i in 0..8 {
            let mut text = original.clone();
            if i > 0 {
                mutate(&mut random, &mut text);
            }
            let rules = rules(&mut random);
            compare(&rules, &chain(&rules), &text, &mut scratch);
        }
    }
}
