//! The repository keeps its own rules (`tests/src/tidy/rules.rs`), and each rule can be broken.

use tests::tidy::{Source, check, check_manifest, check_source};

#[test]
fn the_repository_is_tidy() {
    let findings = check(&tests::repository()).expect("the repository is readable");
    let text: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(text.is_empty(), "{} finding(s):\n{}", text.len(), text.join("\n"));
}

/// The findings of a file that opens properly and then says `text`.
fn findings(path: &str, text: &str) -> Vec<String> {
    let source = Source::new(path, &format!("//! For a test.\n{text}"));
    check_source(&source).iter().map(ToString::to_string).collect()
}

#[track_caller]
fn assert_found(found: &[String], expected: &str) {
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with(expected), "{found:?}");
}

#[test]
fn long_files_are_found() {
    assert_eq!(findings("gateway/src/limits.rs", &"\n".repeat(599)), [""; 0]);
    let found = findings("gateway/src/limits.rs", &"\n".repeat(600));
    assert_found(&found, "gateway/src/limits.rs:0: 601 lines");
    // Tests do not count, as a file or inside one.
    assert_eq!(findings("gateway/src/limits/tests.rs", &"\n".repeat(900)), [""; 0]);
    let inline = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "\n".repeat(900));
    assert_eq!(findings("gateway/src/limits.rs", &inline), [""; 0]);
    assert_eq!(findings("sluicegate/src/main.rs", &"\n".repeat(59)), [""; 0]);
    assert_found(&findings("sluicegate/src/main.rs", &"\n".repeat(60)), "sluicegate/src/main.rs:0");
}

#[test]
fn files_open_with_what_they_are_for() {
    let check = |path: &str, text: &str| check_source(&Source::new(path, text)).len();
    assert_eq!(check("portal/src/lib.rs", "use a::b;\n"), 1);
    assert_eq!(check("portal/src/lib.rs", "#![doc = include_str!(\"../README.md\")]\n"), 0);
    assert_eq!(check("portal/src/error/tests.rs", "use a::b;\n"), 0);
}

#[test]
fn long_lines_are_found() {
    assert_eq!(findings("catalog/src/a.rs", &"ü".repeat(100)), [""; 0]);
    assert_found(&findings("catalog/src/a.rs", &"x".repeat(101)), "catalog/src/a.rs:2: 101");
}

#[test]
fn every_forbidden_word_is_found() {
    for rule in tests::tidy::rules::WORDS {
        let folder = rule.folders.first().copied().unwrap_or("bench/src/");
        let path = format!("{folder}a.rs");
        let found = findings(&path, &format!("let a = {};\n", rule.word));
        assert_found(&found, &format!("{path}:2: `{}`", rule.word));
        assert_eq!(findings(&path, &format!("// {}\n", rule.word)), [""; 0]);
        let in_tests = findings("policies/tests/a.rs", &format!("{};\n", rule.word));
        assert_eq!(!in_tests.is_empty(), rule.in_tests && rule.folders.is_empty(), "{rule:?}");
    }
    assert_eq!(findings("policies/src/a.rs", "#![forbid(unsafe_code)]\n"), [""; 0]);
    // `eprintln!` is not `println!`, and the binary may print.
    assert_eq!(findings("gateway/src/limits.rs", "eprintln!();\n").len(), 1);
    assert_eq!(findings("sluicegate/src/demo.rs", "println!();\n"), [""; 0]);
}

#[test]
fn modules_point_to_the_right() {
    let right = "use crate::upstream::Topic;\nuse crate::wire::{a, b};\nuse crate::Tail;\n";
    assert_eq!(findings("gateway/src/tail/topic.rs", right), [""; 0]);
    let found = findings("gateway/src/tail/topic.rs", "use crate::reader::Reader;\n");
    assert_found(&found, "gateway/src/tail/topic.rs:2: `tail` may not use `reader`");
    assert_eq!(findings("gateway/src/wire/codec.rs", "let a = crate::limits::B;\n").len(), 1);
    assert_eq!(findings("gateway/src/authn/mod.rs", "use crate::authz::Permit;\n").len(), 1);
    assert_eq!(findings("gateway/src/tail/topic/tests.rs", "use crate::reader::R;\n"), [""; 0]);
    assert_found(&findings("gateway/src/novel/mod.rs", ""), "gateway/src/novel/mod.rs:0");
}

#[test]
fn crates_depend_in_one_direction_on_one_version_table() {
    let lints = "[lints]\nworkspace = true\n[dependencies]\n";
    let check = |path: &str, text: &str| -> Vec<String> {
        let findings = check_manifest(path, text).expect("TOML");
        findings.iter().map(ToString::to_string).collect()
    };
    let with = |path: &str, name: &str| {
        check(path, &format!("{lints}{name} = {{ workspace = true, features = [\"x\"] }}\n"))
    };
    assert_found(&check("portal/Cargo.toml", ""), "portal/Cargo.toml:0: add `[lints]");
    assert_eq!(with("portal/Cargo.toml", "catalog"), [""; 0]);
    assert_eq!(with("gateway/Cargo.toml", "identity"), [""; 0]);
    for (path, name) in [
        ("policies/Cargo.toml", "catalog"),
        ("policies/Cargo.toml", "tokio"),
        ("policies/Cargo.toml", "sqlx"),
        ("policies/Cargo.toml", "hyper"),
        ("catalog/Cargo.toml", "gateway"),
        ("gateway/Cargo.toml", "portal"),
        ("portal/Cargo.toml", "gateway"),
        ("portal/Cargo.toml", "kafka-protocol"),
        ("gateway/Cargo.toml", "sqlx"),
        ("identity/Cargo.toml", "catalog"),
        ("identity/Cargo.toml", "gateway"),
        ("catalog/Cargo.toml", "identity"),
        ("policies/Cargo.toml", "identity"),
        ("gateway/Cargo.toml", "jsonwebtoken"),
    ] {
        assert_eq!(with(path, name).len(), 1, "{path} {name}");
    }
    let own = check("catalog/Cargo.toml", &format!("{lints}serde = \"1\"\n"));
    assert_found(&own, "catalog/Cargo.toml:0: `serde`: versions");
}
