//! What rules do to a record, told to those who write them: the image, and which rule made it so.
//!
//! A rule has a part in the outcome if it does something by itself, and the outcome is another
//! without it. Rules of the same strength for the same value hide each other: the first is told.

use crate::{
    Chain, CompileContext, CompileError, DropReason, Part, RecordView, Rule, Scratch, Verdict,
    compile,
};

/// Rules whose part is looked for: with more than these only the outcome is told, since each is
/// tried alone and left out.
pub const EXPLAINED_MAX: usize = 100;

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It passes as it is.
    Kept,
    /// It passes as this image.
    Changed(Image),
    /// It does not pass.
    Dropped(DropReason),
}

/// A record as a subscriber sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The key.
    pub key: Option<Vec<u8>>,
    /// The value; `None`: a tombstone.
    pub value: Option<Vec<u8>>,
    /// Names and values of headers.
    pub headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

/// What became of a record, and by which rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// What became of it.
    pub outcome: Outcome,
    /// Indexes of the rules that had a part in it.
    pub rules: Vec<usize>,
}

/// Rules that are tried on records.
pub struct Preview {
    whole: Chain,
    /// Each rule alone, and all but it.
    each: Vec<(Chain, Chain)>,
    scratch: Scratch,
}

impl Preview {
    /// Of these rules, in their order.
    ///
    /// # Errors
    /// The first rule that cannot be compiled.
    pub fn new(rules: &[Rule], context: &CompileContext) -> Result<Self, CompileError> {
        let whole = compile(rules, context)?;
        let mut each = Vec::new();
        if rules.len() <= EXPLAINED_MAX {
            for (index, rule) in rules.iter().enumerate() {
                let at = |error: CompileError| CompileError { rule: index, ..error };
                let alone = compile(std::slice::from_ref(rule), context).map_err(at)?;
                // A rule that is there twice is left out twice: the first has the part.
                let repeated = rules.iter().take(index).any(|earlier| earlier == rule);
                let others: Vec<_> = rules.iter().filter(|other| *other != rule).cloned().collect();
                let without = if repeated { whole.clone() } else { compile(&others, context)? };
                each.push((alone, without));
            }
        }
        Ok(Self { whole, each, scratch: Scratch::default() })
    }

    /// What becomes of a record.
    pub fn explain(&mut self, record: &RecordView<'_>) -> Explained {
        let outcome = outcome(&self.whole, record, &mut self.scratch);
        let mut rules = Vec::new();
        for (index, (alone, without)) in self.each.iter().enumerate() {
            let acts = !matches!(alone.apply(record, &mut self.scratch), Verdict::Keep);
            if acts && self::outcome(without, record, &mut self.scratch) != outcome {
                rules.push(index);
            }
        }
        Explained { outcome, rules }
    }
}

fn outcome(chain: &Chain, record: &RecordView<'_>, scratch: &mut Scratch) -> Outcome {
    match chain.apply(record, scratch) {
        Verdict::Keep => Outcome::Kept,
        Verdict::Drop(reason) => Outcome::Dropped(reason),
        Verdict::Replace => {
            let part = |new: Part<'_>, own: Option<&[u8]>| match new {
                Part::Same => own.map(<[u8]>::to_vec),
                Part::New(bytes) => Some(bytes.to_vec()),
            };
            let owned = |name: &[u8], value: Option<&[u8]>| (name.to_vec(), value.map(Vec::from));
            let headers = match scratch.headers() {
                Some(headers) => headers.map(|header| owned(header.name, header.value)).collect(),
                None => {
                    record.headers.iter().map(|header| owned(header.name, header.value)).collect()
                }
            };
            Outcome::Changed(Image {
                key: part(scratch.key(), record.key),
                value: part(scratch.value(), record.value),
                headers,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may")]

    use super::*;
    use crate::{HeaderView, Withheld};

    fn explain(rules: &str, value: &str) -> Explained {
        let rules: Vec<Rule> = serde_json::from_str(rules).unwrap();
        let mut preview = Preview::new(&rules, &CompileContext::default()).unwrap();
        let headers = [HeaderView { name: b"h", value: Some(b"1") }];
        preview.explain(&RecordView {
            key: Some(b"k"),
            value: Some(value.as_bytes()),
            headers: &headers,
        })
    }

    #[test]
    fn the_image_is_the_chains_and_the_rules_are_those_that_made_it() {
        let rules = r#"[{"mask": {"path": "$.a"}}, {"remove": {"path": "$.b"}},
                        {"remove": {"path": "$.nothing"}},
                        {"truncate": {"path": "$.b", "length": 1}}]"#;
        let explained = explain(rules, r#"{"a":"xy","b":"long","c":1}"#);
        let Outcome::Changed(image) = explained.outcome else { panic!("it is changed") };
        assert_eq!(image.value.unwrap(), br#"{"a":"**","c":1}"#);
        assert_eq!(image.key.unwrap(), b"k");
        assert_eq!(image.headers, [(b"h".to_vec(), Some(b"1".to_vec()))]);
        // What a stronger rule takes away is not the weaker one's.
        assert_eq!(explained.rules, [0, 1]);
    }

    #[test]
    fn of_two_rules_that_do_the_same_the_first_is_told() {
        let rules = r#"[{"remove": {"path": "$.a"}}, {"remove": {"path": "$.a"}}]"#;
        assert_eq!(explain(rules, r#"{"a":1}"#).rules, [0]);
    }

    #[test]
    fn a_filter_and_what_is_withheld_are_told() {
        let filter = r#"[{"keepWhen": {"path": "$.a", "equals": 2}}, {"remove": {"path": "$.b"}}]"#;
        let explained = explain(filter, r#"{"a":1,"b":2}"#);
        assert_eq!(explained.outcome, Outcome::Dropped(DropReason::Filtered));
        assert_eq!(explained.rules, [0]);
        let withheld = explain(r#"[{"remove": {"path": "$.b"}}]"#, "no json");
        let reason = DropReason::Withheld(Withheld::InvalidJson);
        assert_eq!(withheld.outcome, Outcome::Dropped(reason));
        assert_eq!(withheld.rules, [0]);
    }

    #[test]
    fn what_no_rule_concerns_is_kept() {
        let explained = explain(r#"[{"remove": {"path": "$.b"}}]"#, r#"{"a":1}"#);
        assert_eq!(explained, Explained { outcome: Outcome::Kept, rules: vec![] });
    }
}
