//! The rules applied to a tree: at each value, which rules wait for which of their segments.

use std::collections::HashSet;

use base64::Engine as _;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;

use super::rule::{Action, OracleRule, SECRET, Segment};
use super::tree::{Kind, Node, parse};

/// What the rules make of a tree.
pub struct Outcome {
    pub duplicates: bool,
    pub filtered: bool,
    pub tree: Node,
}

pub fn redact(rules: &[OracleRule], tree: &Node) -> Outcome {
    let mut pass = Pass { rules, duplicates: false, held: vec![false; rules.len()] };
    let waiting = (0..rules.len()).map(|rule| (rule, 0)).collect();
    let tree = pass.visit(tree, waiting).expect("the root is never removed");
    let holds = |(rule, &held): (&OracleRule, &bool)| match rule.action {
        Action::Exists(false) => !held,
        Action::Exists(true) | Action::Equals(_) => held,
        _ => true,
    };
    let filtered = !rules.iter().zip(&pass.held).all(holds);
    Outcome { duplicates: pass.duplicates, filtered, tree }
}

struct Pass<'a> {
    rules: &'a [OracleRule],
    duplicates: bool,
    held: Vec<bool>,
}

type Waiting = Vec<(usize, usize)>;

impl Pass<'_> {
    fn segment(&self, (rule, segment): (usize, usize)) -> Option<&Segment> {
        self.rules[rule].path.get(segment)
    }

    fn visit(&mut self, node: &Node, mut waiting: Waiting) -> Option<Node> {
        let matched: Vec<usize> =
            waiting.iter().filter(|&&w| self.segment(w).is_none()).map(|w| w.0).collect();
        for &rule in &matched {
            self.held[rule] |= match &self.rules[rule].action {
                Action::Exists(_) => true,
                Action::Equals(values) => values.iter().any(|value| equals(value, node)),
                _ => false,
            };
        }
        let edits = matched.iter().copied().filter(|&rule| !self.rules[rule].is_test());
        let edit = edits.min_by_key(|&rule| (self.rules[rule].rank(), rule));
        if edit.is_some() {
            waiting.retain(|w| self.rules[w.0].is_test());
        }
        let below = self.children(node, &waiting);
        match edit {
            Some(rule) => edited(&self.rules[rule].action, node),
            None => Some(below),
        }
    }

    fn children(&mut self, node: &Node, waiting: &Waiting) -> Node {
        let kind = match &node.kind {
            Kind::Array(items) => {
                let items = items.iter().enumerate().filter_map(|(index, item)| {
                    let next = self.step(waiting, |s| s.selects_element(index));
                    self.visit(item, next)
                });
                Kind::Array(items.collect())
            }
            Kind::Object(members) => {
                if waiting.iter().any(|&w| self.segment(w).is_some_and(can_match_members)) {
                    let names: HashSet<_> = members.iter().map(|(name, _)| name).collect();
                    self.duplicates |= names.len() < members.len();
                }
                let members = members.iter().filter_map(|(name, value)| {
                    let next = self.step(waiting, |s| s.selects_member(name));
                    Some((name.clone(), self.visit(value, next)?))
                });
                Kind::Object(members.collect())
            }
            kind => kind.clone(),
        };
        Node { raw: String::new(), kind }
    }

    fn step(&self, waiting: &Waiting, hits: impl Fn(&super::rule::Selector) -> bool) -> Waiting {
        let mut next = Waiting::new();
        for &(rule, index) in waiting {
            let Some(segment) = self.segment((rule, index)) else {
                continue;
            };
            if segment.descend {
                next.push((rule, index));
            }
            if segment.selectors.iter().any(&hits) {
                next.push((rule, index + 1));
            }
        }
        next.sort_unstable();
        next.dedup();
        next
    }
}

fn can_match_members(segment: &Segment) -> bool {
    use super::rule::Selector::{Any, Name};
    segment.descend || segment.selectors.iter().any(|s| matches!(s, Any | Name(_)))
}

fn equals(value: &Value, node: &Node) -> bool {
    match (value, &node.kind) {
        (Value::String(own), Kind::Text(text)) => own == text,
        (Value::Number(number), Kind::Plain(raw)) => {
            raw.parse::<f64>().is_ok_and(|float| number.as_f64() == Some(float))
        }
        (Value::Bool(own), Kind::Plain(raw)) => own.to_string() == *raw,
        (Value::Null, Kind::Plain(raw)) => raw == "null",
        _ => false,
    }
}

fn edited(action: &Action, node: &Node) -> Option<Node> {
    let text = if let Kind::Text(text) = &node.kind { Some(text.as_str()) } else { None };
    match action {
        Action::Remove => None,
        Action::Replace(value) => parse(&value.to_string()),
        Action::Hash(length) => {
            let mut hash = hash(node);
            hash.truncate(length.unwrap_or(43));
            Some(Node::text(hash))
        }
        Action::Mask { first, last, with } => {
            let text = text.map(|text| masked(text, *first, *last, *with));
            Some(Node::text(text.unwrap_or_else(|| with.to_string().repeat(4))))
        }
        Action::Truncate(length) => {
            Some(Node::text(text.unwrap_or("").chars().take(*length).collect::<String>()))
        }
        Action::Equals(_) | Action::Exists(_) => unreachable!("a test edits nothing"),
    }
}

pub fn masked(text: &str, first: usize, last: usize, with: char) -> String {
    let count = text.chars().count();
    let keeps = |i: usize| first + last < count && (i < first || i >= count - last);
    text.chars().enumerate().map(|(i, c)| if keeps(i) { c } else { with }).collect()
}

fn hash(node: &Node) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET).unwrap();
    let tag = match &node.kind {
        Kind::Text(text) => {
            mac.update(text.as_bytes());
            return base64::engine::general_purpose::URL_SAFE_NO_PAD
                .encode(mac.finalize().into_bytes());
        }
        Kind::Array(_) => "array:",
        Kind::Object(_) => "object:",
        Kind::Plain(raw) if raw == "null" => "null:",
        Kind::Plain(raw) if raw == "true" || raw == "false" => "boolean:",
        Kind::Plain(_) => "number:",
    };
    mac.update(b"\xff");
    mac.update(tag.as_bytes());
    mac.update(node.raw.as_bytes());
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}
