//! JSONTestSuite: what must be accepted is, what must be refused is, with one exception on purpose:
//! an object that a path leads into may not name a member twice.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // A test may.

mod corpora;

use policies::{
    Chain, CompileContext, DropReason, RecordView, Rule, Scratch, Verdict, Withheld, compile,
    payload::json,
};

/// What the suite had when this was written.
const ACCEPTED_MIN: usize = 95;
const REFUSED_MIN: usize = 188;

/// Valid by RFC 8259, refused where a rule looks for a name.
const DUPLICATES: [&str; 2] =
    ["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"];

fn chain(rule: &str) -> Chain {
    let rule: Rule = serde_json::from_str(rule).unwrap();
    compile(&[rule], &CompileContext::default()).unwrap()
}

fn withheld(chain: &Chain, value: &[u8]) -> Option<Withheld> {
    let record = RecordView { key: None, value: Some(value), headers: &[] };
    match chain.apply(&record, &mut Scratch::default()) {
        Verdict::Keep | Verdict::Replace => None,
        Verdict::Drop(DropReason::Withheld(reason)) => Some(reason),
        Verdict::Drop(DropReason::Filtered) => panic!("no filter here"),
    }
}

#[test]
fn accepts_and_refuses_what_json_test_suite_says() {
    let Some(folder) = corpora::folder("json/test_parsing") else {
        return;
    };
    let chains = [
        chain(r#"{"mask":{"path":"$.absent.below"}}"#),
        chain(r#"{"mask":{"path":"$[7]"}}"#),
        chain(r#"{"remove":{"path":"$..*"}}"#),
        chain(r#"{"mask":{"path":"$"}}"#),
    ];
    let (mut accepted, mut refused) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let text = std::fs::read(entry.path()).unwrap();
        let expected = json::validate(&text).err();
        match name.split_at(2).0 {
            "y_" => {
                accepted += 1;
                assert_eq!(expected, None, "{name}");
            }
            "n_" => {
                refused += 1;
                assert!(expected.is_some(), "{name}");
            }
            _ => {}
        }
        for (i, chain) in chains.iter().enumerate() {
            let found = withheld(chain, &text);
            let looks_for_names = i == 0 || i == 2;
            if DUPLICATES.contains(&name.as_str()) && looks_for_names {
                assert_eq!(found, Some(Withheld::DuplicateName), "{name}");
            } else {
                assert_eq!(found, expected, "{name} under chain {i}");
            }
        }
    }
    println!("accepted {accepted}, refused {refused}");
    assert!(accepted >= ACCEPTED_MIN, "{accepted}");
    assert!(refused >= REFUSED_MIN, "{refused}");
}
