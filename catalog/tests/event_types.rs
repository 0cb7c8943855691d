//! The guide to the audit shows the table of types as it is in code.
#![allow(clippy::unwrap_used, reason = "tests may")]

use std::collections::BTreeSet;

use catalog::audit::{types, types_in_markdown};

/// Around the table.
const MARKS: (&str, &str) = ("<!-- types: begin -->\n", "<!-- types: end -->");

#[test]
fn the_guide_has_the_table_of_types() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/audit.md");
    let guide = std::fs::read_to_string(path).unwrap();
    let (before, rest) = guide.split_once(MARKS.0).unwrap();
    let (table, after) = rest.split_once(MARKS.1).unwrap();
    let wanted = types_in_markdown();
    if std::env::var_os("SLUICEGATE_WRITE_GOLDEN").is_some() {
        std::fs::write(path, [before, MARKS.0, &wanted, MARKS.1, after].concat()).unwrap();
        return;
    }
    assert_eq!(table, wanted, "SLUICEGATE_WRITE_GOLDEN=1 writes it");
}

#[test]
fn types_are_named_alike_and_once() {
    let types = types();
    let names: BTreeSet<_> = types.iter().map(|of| of.name.as_str()).collect();
    assert_eq!(names.len(), types.len());
    assert!(names.contains("io.sluicegate.subscription.approved.v1"));
    assert!(names.iter().all(|name| name.starts_with("io.sluicegate.") && name.ends_with(".v1")));
}
