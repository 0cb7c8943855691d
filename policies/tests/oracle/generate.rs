//! Documents and rules from random numbers: few names, spelled in many ways, so that paths hit.

use serde_json::Value;

use super::rule::{Action, OracleRule, Segment, Selector};

/// Numbers that repeat for a seed (splitmix64), or as a fuzzer gives them.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 33) as usize % limit
    }

    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
}

const NAMES: [&str; 16] = [
    "a",
    "b",
    "c",
    "ssn",
    "items",
    "",
    "é",
    "日本",
    "eightbyt",
    "sixteen bytes ab",
    "seventeen bytes a",
    "the same start, middle one, the same end",
    "the same start, middle two, the same end",
    "q\"uote",
    "back\\slash",
    "\u{1}\n",
];

const TEXTS: [&str; 12] = [
    "",
    "a",
    "ab",
    "abcd",
    "EU",
    "1",
    "123-45-6789",
    "naïve café",
    "日本語テキスト",
    "\u{1f600} \u{1f601}",
    "a \"quoted\" text with \\ and \n in it",
    "long enough to leave the first sixteen bytes behind",
];

const NUMBERS: [&str; 14] = [
    "0",
    "-0",
    "1",
    "1.0",
    "10e-1",
    "-1.5E+3",
    "1e999",
    "123456789012345678901234567890",
    "0.5",
    "7",
    "42",
    "5e-1",
    "3",
    "2",
];

pub fn document(r: &mut Random) -> Vec<u8> {
    let mut out = String::new();
    let style = Style { spaces: r.one_in(4), unique: !r.one_in(3), escapes: r.one_in(3) };
    space(r, style, &mut out);
    match r.below(40) {
        0 => deep(r, style, &mut out),
        1 => wide(r, style, &mut out),
        _ => value(r, style, 5, &mut out),
    }
    space(r, style, &mut out);
    out.into_bytes()
}

#[derive(Clone, Copy)]
struct Style {
    spaces: bool,
    unique: bool,
    escapes: bool,
}

fn space(r: &mut Random, style: Style, out: &mut String) {
    while style.spaces && r.one_in(2) {
        out.push(r.pick(&[' ', '\n', '\t', '\r']));
    }
}

fn deep(r: &mut Random, style: Style, out: &mut String) {
    let depth = r.pick(&[120, 126, 127, 128, 129, 130, 140, 1000]);
    let names: Vec<_> = (0..depth).map(|_| r.one_in(2).then(|| r.pick(&NAMES))).collect();
    for name in &names {
        match name {
            Some(name) => {
                out.push('{');
                string(r, style, name, out);
                out.push(':');
            }
            None => out.push('['),
        }
    }
    if !r.one_in(8) {
        value(r, style, 0, out);
    }
    names.iter().rev().for_each(|name| out.push(if name.is_some() { '}' } else { ']' }));
}

/// An object with so many members that duplicates are found by sorting.
fn wide(r: &mut Random, style: Style, out: &mut String) {
    let count = 20 + r.below(60);
    let mut names: Vec<_> = (0..count).map(|i| format!("member number {i} of many")).collect();
    if r.one_in(2) {
        let (from, to) = (r.below(count), r.below(count));
        names[to] = names[from].clone();
    }
    out.push('{');
    for (i, name) in names.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        string(r, style, name, out);
        out.push(':');
        value(r, style, 1, out);
    }
    out.push('}');
}

fn value(r: &mut Random, style: Style, depth: usize, out: &mut String) {
    match r.below(if depth == 0 { 6 } else { 12 }) {
        0 => out.push_str(r.pick(&["true", "false", "null"])),
        1 | 2 => out.push_str(r.pick(&NUMBERS)),
        3..=5 => {
            let text = r.pick(&TEXTS);
            string(r, style, text, out);
        }
        6..=8 => {
            list(r, style, out, ('[', ']'), |r, _, out| value(r, style, depth - 1, out));
        }
        _ => {
            let first = r.below(NAMES.len());
            list(r, style, out, ('{', '}'), |r, i, out| {
                let name =
                    if style.unique { NAMES[(first + i) % NAMES.len()] } else { r.pick(&NAMES) };
                string(r, style, name, out);
                space(r, style, out);
                out.push(':');
                space(r, style, out);
                value(r, style, depth - 1, out);
            });
        }
    }
}

fn list(
    r: &mut Random,
    style: Style,
    out: &mut String,
    brackets: (char, char),
    mut item: impl FnMut(&mut Random, usize, &mut String),
) {
    out.push(brackets.0);
    space(r, style, out);
    for i in 0..r.below(5) {
        if i > 0 {
            out.push(',');
            space(r, style, out);
        }
        item(r, i, out);
        space(r, style, out);
    }
    out.push(brackets.1);
}

fn string(r: &mut Random, style: Style, text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        let escape = style.escapes && r.one_in(3);
        match c {
            '"' | '\\' if !escape => out.extend(['\\', c]),
            '/' if escape && r.one_in(2) => out.push_str("\\/"),
            '\n' if r.one_in(2) => out.push_str("\\n"),
            c if escape || c < ' ' => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let upper = r.one_in(2);
                    out.push_str(&if upper {
                        format!("\\u{unit:04X}")
                    } else {
                        format!("\\u{unit:04x}")
                    });
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Breaks a document, perhaps.
pub fn mutate(r: &mut Random, text: &mut Vec<u8>) {
    const BYTES: &[u8] = b"\"\\{}[],:0123-+.eEu \n\x00\x1f\x7f\x80\xc3\xed\xf0\xfftrfn";
    for _ in 0..=r.below(3) {
        let at = r.below(text.len() + 1);
        match r.below(6) {
            0 => text.truncate(at),
            1 => text.insert(at, r.pick(BYTES)),
            2 if at < text.len() => text[at] = r.pick(BYTES),
            3 if at < text.len() => drop(text.remove(at)),
            4 if at < text.len() => text[at] ^= 1 << r.below(8),
            _ => {
                let to = (at + r.below(12)).min(text.len());
                let piece = text[at..to].to_vec();
                let at = r.below(text.len() + 1);
                text.splice(at..at, piece);
            }
        }
    }
}

pub fn rules(r: &mut Random) -> Vec<OracleRule> {
    let with_tests = r.one_in(3);
    let mut rules: Vec<_> = (0..1 + r.below(4)).map(|_| rule(r)).collect();
    rules.retain(|rule| with_tests || !rule.is_test());
    if rules.is_empty() {
        let action = Action::Mask { first: 1, last: 1, with: '*' };
        rules.push(OracleRule { path: vec![segment(r)], action });
    }
    rules
}

fn rule(r: &mut Random) -> OracleRule {
    let path: Vec<_> = (0..r.below(4)).map(|_| segment(r)).collect();
    let values = |r: &mut Random| {
        let one = |r: &mut Random| match r.below(5) {
            0 => Value::from(1),
            1 => Value::from(0.5),
            2 => r.pick(&[Value::Null, Value::Bool(true), Value::Bool(false)]),
            _ => Value::from(r.pick(&TEXTS)),
        };
        (0..1 + r.below(8)).map(|_| one(r)).collect::<Vec<_>>()
    };
    let action = match r.below(9) {
        0 | 1 if !path.is_empty() => Action::Remove,
        2 => {
            Action::Replace(r.pick(&[Value::from("x\"y"), 7.into(), serde_json::json!({"n": [1]})]))
        }
        3 => Action::Hash(r.one_in(2).then(|| 1 + r.below(43))),
        4 => Action::Truncate(r.below(6)),
        5 | 6 => Action::Equals(values(r)),
        7 => Action::Exists(!r.one_in(4)),
        _ => Action::Mask {
            first: r.below(3),
            last: r.below(5),
            with: r.pick(&['*', '"', '\\', '•', '\u{1f512}']),
        },
    };
    OracleRule { path, action }
}

fn segment(r: &mut Random) -> Segment {
    let selectors =
        (0..if r.one_in(4) { 1 + r.below(4) } else { 1 }).map(|_| selector(r)).collect();
    Segment { descend: r.one_in(5), selectors }
}

fn selector(r: &mut Random) -> Selector {
    match r.below(8) {
        0 | 1 => Selector::Any,
        2 => Selector::Index(r.below(4)),
        3 => {
            let end = r.one_in(2).then(|| r.below(6));
            Selector::Slice(r.below(3), end, 1 + r.below(3))
        }
        _ => Selector::Name(r.pick(&NAMES).to_owned()),
    }
}
