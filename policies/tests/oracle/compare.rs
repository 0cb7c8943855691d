//! Engine and oracle on one document: they must agree on accept or refuse, on the reason, on
//! filters, and on the output as a tree.

use policies::{
    Chain, CompileContext, DropReason, HashKey, Part, RecordView, Rule, Scratch, Verdict, Withheld,
    compile, payload::json,
};

use super::redact::redact;
use super::rule::{OracleRule, SECRET};
use super::tree::parse;

const DEPTH_MAX: usize = 128;

/// What was met, so that a test can check that it met enough of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Met {
    Kept,
    Changed,
    Filtered,
    Refused(Withheld),
}

pub fn chain(rules: &[OracleRule]) -> Chain {
    let rules: Vec<Rule> =
        rules.iter().map(|rule| serde_json::from_value(rule.document()).unwrap()).collect();
    let mut context = CompileContext::default();
    context.keys.insert("k".to_owned(), HashKey { version: 1, secret: SECRET.to_vec() });
    compile(&rules, &context).unwrap()
}

/// Panics with the document if engine and oracle disagree.
pub fn compare(rules: &[OracleRule], chain: &Chain, value: &[u8], scratch: &mut Scratch) -> Met {
    let record = RecordView { key: None, value: Some(value), headers: &[] };
    let verdict = chain.apply(&record, scratch);
    let output = match scratch.value() {
        Part::New(bytes) => Some(std::str::from_utf8(bytes).expect("output is UTF-8")),
        Part::Same => None,
    };
    let shown = || {
        let rules: Vec<_> = rules.iter().map(|rule| rule.document().to_string()).collect();
        format!("{verdict:?}\n{}\n{}\n{output:?}", rules.join("\n"), value.escape_ascii())
    };
    assert_eq!(output.is_some(), verdict == Verdict::Replace, "{}", shown());
    let strict = json::validate(value).err();
    let Ok(text) = std::str::from_utf8(value) else {
        assert_eq!(verdict, refusal(Withheld::InvalidUtf8), "{}", shown());
        assert_eq!(strict, Some(Withheld::InvalidUtf8), "{}", shown());
        return Met::Refused(Withheld::InvalidUtf8);
    };
    let Some(tree) = parse(text) else {
        // What comes first in the text is the reason; the tree cannot say what that is.
        let Verdict::Drop(DropReason::Withheld(reason)) = verdict else { panic!("{}", shown()) };
        assert_ne!(reason, Withheld::InvalidUtf8, "{}", shown());
        assert!(strict.is_some(), "{}", shown());
        if reason == Withheld::TooDeep {
            let opens = value.iter().filter(|byte| matches!(byte, b'[' | b'{')).count();
            assert!(opens > DEPTH_MAX, "{}", shown());
        }
        return Met::Refused(reason);
    };
    let outcome = redact(rules, &tree);
    if tree.depth() > DEPTH_MAX {
        let may_be = outcome.duplicates && verdict == refusal(Withheld::DuplicateName);
        assert!(may_be || verdict == refusal(Withheld::TooDeep), "{}", shown());
        assert_eq!(strict, Some(Withheld::TooDeep), "{}", shown());
        return Met::Refused(Withheld::TooDeep);
    }
    assert_eq!(strict, None, "{}", shown());
    if outcome.duplicates {
        assert_eq!(verdict, refusal(Withheld::DuplicateName), "{}", shown());
        return Met::Refused(Withheld::DuplicateName);
    }
    if outcome.filtered {
        assert_eq!(verdict, Verdict::Drop(DropReason::Filtered), "{}", shown());
        return Met::Filtered;
    }
    let found = parse(output.unwrap_or(text)).unwrap_or_else(|| panic!("{}", shown()));
    assert_eq!(found, outcome.tree, "{}", shown());
    match verdict {
        Verdict::Keep => Met::Kept,
        Verdict::Replace => Met::Changed,
        Verdict::Drop(_) => panic!("{}", shown()),
    }
}

fn refusal(reason: Withheld) -> Verdict {
    Verdict::Drop(DropReason::Withheld(reason))
}
