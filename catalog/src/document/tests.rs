//! Reading: every problem has its place, and no text costs more than its bounds allow.
#![allow(clippy::unwrap_used, reason = "tests may")]

use std::time::{Duration, Instant};

use super::{
    Document,
    limits::{
        DOCUMENT_BRACKETS_MAX, DOCUMENT_BYTES_MAX, DOCUMENT_PROBLEMS_MAX, PROBLEMS_MAX,
        TEXT_BYTES_MAX, UNREADABLE_MAX,
    },
};
use crate::{Problem, model::Kind};

/// Much for a debug build on a busy machine, little against what a bomb without bounds takes.
const QUICK: Duration = Duration::from_secs(5);

fn refused(text: &str) -> Vec<Problem> {
    let begun = Instant::now();
    let problems = Document::parse_yaml("a.yaml", text).unwrap_err();
    assert!(begun.elapsed() < QUICK, "took {:?}", begun.elapsed());
    assert!(!problems.is_empty());
    problems
}

fn one(text: &str) -> Problem {
    let mut problems = refused(text);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems.remove(0)
}

fn at(problem: &Problem) -> (usize, usize) {
    (problem.line.unwrap(), problem.column.unwrap())
}

const PLAN: &str = "\
# A comment first.
apiVersion: sluicegate/v1
kind: Plan
metadata:
  name: gold
spec:
  endpoint: orders
  limits:
    eventsPerSecnd: 10
";

#[test]
fn an_unknown_field_is_told_with_its_place_and_the_field_that_was_meant() {
    let problem = one(PLAN);
    assert_eq!(at(&problem), (9, 5));
    assert_eq!(problem.source.as_deref(), Some("a.yaml"));
    assert_eq!(problem.document, Some(1));
    assert_eq!((problem.kind, problem.name.as_deref()), (Some(Kind::Plan), Some("gold")));
    assert_eq!(problem.path, "spec.limits.eventsPerSecnd");
    let meant = "did you mean `eventsPerSecond`?";
    assert!(problem.message.contains(meant), "{}", problem.message);
    let shown = problem.to_string();
    assert!(shown.starts_with("a.yaml:9:5: Plan/gold: spec.limits.eventsPerSecnd: "), "{shown}");
}

#[test]
fn lines_are_those_of_the_whole_text() {
    let text = format!("{}---\n{PLAN}", PLAN.replace("Secnd", "Second"));
    let problem = one(&text);
    assert_eq!(problem.document, Some(2));
    assert_eq!(at(&problem), (9 + 1 + 9, 5));
}

#[test]
fn all_problems_of_all_documents_are_told_at_once() {
    let wrong = "apiVersion: sluicegate/v1\nkind: Endpont\nmetadata: {name: Big}\nspec: {}\n";
    let text = format!("{PLAN}---\n{wrong}");
    let problems = refused(&text);
    let paths: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["spec.limits.eventsPerSecnd", "kind", "metadata.name"]);
    assert!(problems[1].message.contains("did you mean `Endpoint`?"), "{problems:#?}");
    assert_eq!(at(&problems[1]).0, 12);
    assert_eq!(at(&problems[2]).0, 13);
}

#[test]
fn wrong_types_are_told_in_words_of_documents() {
    let text = PLAN.replace("eventsPerSecnd: 10", "eventsPerSecond: many");
    let problem = one(&text);
    assert_eq!(problem.path, "spec.limits.eventsPerSecond");
    assert!(problem.message.contains("a whole number from 0"), "{}", problem.message);
    let text = PLAN.replace("endpoint: orders", "endpoint: 7").replace("Secnd", "Second");
    assert!(one(&text).message.contains("put it in quotes"));
}

#[test]
fn a_member_that_is_written_twice_is_refused() {
    let text = PLAN.replace("Secnd: 10", "Second: 10\n    eventsPerSecond: 20");
    let problem = one(&text);
    assert!(problem.message.contains("twice"), "{}", problem.message);
}

#[test]
fn broken_yaml_is_told_with_its_line() {
    let problem = one("apiVersion: sluicegate/v1\nkind: [Plan\nmetadata: {name: gold}\n");
    assert!(at(&problem).0 >= 2, "{problem:#?}");
}

#[test]
fn tags_and_texts_without_documents_are_refused() {
    refused(&PLAN.replace("endpoint: orders", "endpoint: !secret orders"));
    refused("");
    refused("---\n---\n");
    refused("just a text");
    refused("[]");
}

#[test]
fn problems_are_bounded() {
    let fields: String = (0..1000).map(|n| format!("  unknown{n}: 1\n")).collect();
    let text = PLAN.replace("  limits:\n    eventsPerSecnd: 10\n", &fields);
    assert!(refused(&text).len() <= DOCUMENT_PROBLEMS_MAX);
    let many = format!("{PLAN}---\n").repeat(1000);
    assert_eq!(refused(&many).len(), PROBLEMS_MAX);
}

#[test]
fn an_alias_bomb_is_refused_quickly() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    one(&bomb);
    let inside = PLAN.replace("  limits:\n    eventsPerSecnd: 10\n", "");
    one(&(bomb + &inside));
}

#[test]
fn an_alias_that_holds_itself_is_refused() {
    refused("a: &a [*a]\n");
    refused("&a {a: *a}\n");
}

#[test]
fn nesting_bombs_are_refused_quickly() {
    let megabyte = 1024 * 1024;
    for opening in ["[", "{", "{a: ", "- ", "? ", "[{", "!a ", "&a "] {
        // Beyond the bound of one document, and just within it.
        for bytes in [megabyte, DOCUMENT_BYTES_MAX - 1024] {
            refused(&opening.repeat(bytes / opening.len()));
        }
    }
    for opening in ["[", "{\"a\":", "[[{\"a\":"] {
        let begun = Instant::now();
        let text = opening.repeat(megabyte / opening.len());
        assert!(Document::parse_json("a.json", &text).is_err());
        assert!(begun.elapsed() < QUICK);
    }
}

#[test]
fn long_texts_are_refused() {
    let problem = one(&"#".repeat(TEXT_BYTES_MAX + 1));
    assert!(problem.message.contains("apply it in parts"));
    let long = format!("{PLAN}# {}\n", "x".repeat(DOCUMENT_BYTES_MAX));
    one(&long);
}

#[test]
fn json_and_yaml_mean_the_same() {
    let yaml = PLAN.replace("Secnd", "Second");
    let json = r#"{"apiVersion": "sluicegate/v1", "kind": "Plan", "metadata": {"name": "gold"},
        "spec": {"endpoint": "orders", "limits": {"eventsPerSecond": 10}}}"#;
    let from_yaml = Document::parse_yaml("a", &yaml).unwrap();
    let from_json = Document::parse_json("a", json).unwrap();
    let from_list = Document::parse_json("a", &format!("[{json}]")).unwrap();
    assert_eq!(from_yaml[0].resource, from_json[0].resource);
    assert_eq!(from_yaml[0].resource, from_list[0].resource);
}

const CANARY: &str = "canary-that-nobody-may-see";

#[test]
fn secrets_are_in_no_problem_and_no_debug_output() {
    let key = |secret: &str| {
        format!(
            "apiVersion: sluicegate/v1\nkind: Key\nmetadata: {{name: k}}\nspec:\n  version: 1\n  \
             secretFrom: {secret}\n"
        )
    };
    let right = Document::parse_yaml("a.yaml", &key(&format!("{{value: {CANARY}}}"))).unwrap();
    assert!(!format!("{right:?}").contains(CANARY));
    for wrong in [
        CANARY.to_owned(),
        format!("[{CANARY}]"),
        format!("{{value: {CANARY}, env: X}}"),
        format!("{{value: [{CANARY}]}}"),
        format!("{{values: {CANARY}}}"),
        format!("{{store: {CANARY}}}"),
        format!("{{generate: {CANARY}}}"),
        format!("{{value: \"{CANARY}"),
        format!("{{value: !t {CANARY}}}"),
    ] {
        for problem in refused(&key(&wrong)) {
            assert!(!format!("{problem} {problem:?}").contains(CANARY), "{wrong}: {problem}");
        }
    }
}

#[test]
fn many_documents_that_are_no_yaml_are_not_all_read() {
    let deep = "[".repeat(DOCUMENT_BRACKETS_MAX) + "\n---\n";
    assert_eq!(refused(&deep.repeat(500)).len(), UNREADABLE_MAX);
}
