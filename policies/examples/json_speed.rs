//! How fast a chain redacts JSON on one core, against the obvious way: parse to a tree, change
//! it, serialise it. Cases run round robin in one process, so that a slow phase of the machine
//! hits all of them: read the ratios. Run with `--release`; words given as arguments choose
//! cases by name.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // It prints a table, and its input is its own.

use std::hint::black_box;
use std::time::{Duration, Instant};

use policies::{Chain, CompileContext, HashKey, Part, RecordView, Rule, Scratch, Verdict, compile};
use serde_json::Value;

const RECORDS: usize = 2_000;
const ROUNDS: usize = 15;
const MASKED: [&[&str]; 4] =
    [&["customer", "name"], &["customer", "email"], &["customer", "ssn"], &["payment", "card"]];

fn main() {
    let (plain, varied) = (corpus(false), corpus(true));
    let mask = rules(|path| format!(r#"{{"mask":{{"path":"{path}","keepLast":4}}}}"#));
    let hash = rules(|path| format!(r#"{{"hash":{{"path":"{path}","hashKey":"k"}}}}"#));
    let nothing = chain(&[r#"{"mask":{"path":"$.absent"}}"#.to_owned()]);
    let descendant = chain(&[r#"{"mask":{"path":"$..ssn"}}"#.to_owned()]);
    let mut cases: Vec<Case> = Vec::new();
    for (name, corpus) in [("B", &plain), ("C", &varied)] {
        let peer = cases.len();
        cases.push(Case::new(format!("{name} serde_tree, 4 masked"), corpus, peer, serde_tree()));
        for (what, chain) in
            [("4 masked", &mask), ("4 hashed", &hash), ("..ssn", &descendant), ("no hit", &nothing)]
        {
            let case = Case::new(format!("{name} chain, {what}"), corpus, peer, applied(chain));
            cases.push(case);
        }
        cases.push(Case::new(format!("{name} validate"), corpus, peer, Box::new(validate)));
    }
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted = |case: &Case| wanted.iter().all(|word| case.name.contains(word.as_str()));
    cases.iter_mut().for_each(|case| case.is_on = is_wanted(case));
    for _ in 0..ROUNDS {
        cases.iter_mut().filter(|case| case.is_on).for_each(Case::run);
    }
    let speeds: Vec<f64> = cases.iter_mut().map(Case::speed).collect();
    for (case, speed) in cases.iter().zip(&speeds).filter(|(case, _)| case.is_on) {
        println!("{:26} {speed:8.0} MB/s {:6.2} x", case.name, speed / speeds[case.peer]);
    }
}

type Step<'a> = Box<dyn FnMut(&[u8]) -> usize + 'a>;

/// One way to treat one corpus; `peer` is the index of what it is compared with.
struct Case<'a> {
    name: String,
    corpus: &'a [Vec<u8>],
    peer: usize,
    step: Step<'a>,
    times: Vec<Duration>,
    is_on: bool,
}

impl<'a> Case<'a> {
    fn new(name: String, corpus: &'a [Vec<u8>], peer: usize, step: Step<'a>) -> Self {
        Self { name, corpus, peer, step, times: Vec::new(), is_on: true }
    }

    fn run(&mut self) {
        let start = Instant::now();
        for _ in 0..4 {
            for record in self.corpus {
                black_box((self.step)(black_box(record)));
            }
        }
        self.times.push(start.elapsed() / 4);
    }

    /// Megabytes of input a second, median round.
    fn speed(&mut self) -> f64 {
        self.times.sort_unstable();
        let Some(median) = self.times.get(self.times.len() / 2) else {
            return 0.0;
        };
        let bytes: usize = self.corpus.iter().map(Vec::len).sum();
        bytes as f64 / median.as_secs_f64() / 1e6
    }
}

fn rules(rule: impl Fn(String) -> String) -> Chain {
    let texts: Vec<_> = MASKED.iter().map(|path| rule(format!("$.{}", path.join(".")))).collect();
    chain(&texts)
}

fn chain(texts: &[String]) -> Chain {
    let rules: Vec<Rule> = texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    let mut context = CompileContext::default();
    context.keys.insert("k".to_owned(), HashKey { version: 1, secret: vec![7; 32] });
    compile(&rules, &context).unwrap()
}

fn applied(chain: &Chain) -> Step<'_> {
    let mut scratch = Scratch::default();
    let mut out = Vec::new();
    Box::new(move |record| {
        let view = RecordView { key: None, value: Some(record), headers: &[] };
        out.clear();
        match (chain.apply(&view, &mut scratch), scratch.value()) {
            (Verdict::Replace, Part::New(value)) => out.extend_from_slice(value),
            (Verdict::Keep, _) => out.extend_from_slice(record),
            (verdict, _) => panic!("{verdict:?}"),
        }
        out.len()
    })
}

fn validate(record: &[u8]) -> usize {
    policies::payload::json::validate(record).unwrap();
    record.len()
}

/// Parse, mask all but the last four characters, serialise.
fn serde_tree() -> Step<'static> {
    let mut out = Vec::new();
    Box::new(move |record| {
        let mut tree: Value = serde_json::from_slice(record).unwrap();
        for path in MASKED {
            let value = path.iter().try_fold(&mut tree, |value, name| value.get_mut(name));
            if let Some(Value::String(text)) = value {
                let count = text.chars().count();
                let keep = if count > 4 { count - 4 } else { count };
                *text =
                    text.chars().enumerate().map(|(i, c)| if i < keep { '*' } else { c }).collect();
            }
        }
        out.clear();
        serde_json::to_writer(&mut out, &tree).unwrap();
        out.len()
    })
}

/// Numbers that repeat from run to run (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }

    fn word(&mut self) -> String {
        let length = 3 + self.below(8);
        (0..length).map(|_| char::from(b'a' + self.below(26) as u8)).collect()
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + self.below(10) as u8)).collect()
    }
}

/// Orders of 700 to 1,000 bytes; `varied`: members shuffled, a quarter of the optional ones
/// missing, arrays of 0 to 4 elements.
fn corpus(varied: bool) -> Vec<Vec<u8>> {
    let mut random = Random(0x5eed);
    (0..RECORDS).map(|id| order(&mut random, id, varied).into_bytes()).collect()
}

fn object(random: &mut Random, mut members: Vec<(bool, &str, String)>, varied: bool) -> String {
    if varied {
        members.retain(|(optional, ..)| !optional || random.below(4) > 0);
        for i in (1..members.len()).rev() {
            members.swap(i, random.below(i + 1));
        }
    }
    let members: Vec<_> =
        members.iter().map(|(_, name, value)| format!(r#""{name}":{value}"#)).collect();
    format!("{{{}}}", members.join(","))
}

fn quoted(text: String) -> String {
    format!(r#""{text}""#)
}

fn order(r: &mut Random, id: usize, varied: bool) -> String {
    let name = format!("{} {}", r.word(), r.word());
    let address = vec![
        (false, "street", quoted(format!("{} {}", r.word(), r.digits(2)))),
        (false, "city", quoted(r.word())),
        (true, "zip", quoted(r.digits(5))),
        (true, "country", quoted("DE".to_owned())),
    ];
    let customer = vec![
        (false, "id", quoted(format!("c-{}", r.digits(10)))),
        (false, "name", quoted(name)),
        (true, "email", quoted(format!("{}@{}.example", r.word(), r.word()))),
        (true, "ssn", quoted(format!("{}-{}-{}", r.digits(3), r.digits(2), r.digits(4)))),
        (true, "phone", quoted(format!("+49 {}", r.digits(10)))),
        (true, "address", object(r, address, varied)),
    ];
    let payment = vec![
        (false, "method", quoted("card".to_owned())),
        (false, "card", quoted(r.digits(16))),
        (true, "authorised", "true".to_owned()),
        (true, "amount", format!("{}.{}", 1 + r.below(999), r.digits(2))),
    ];
    let count = if varied { r.below(5) } else { 4 };
    let items: Vec<_> = (0..count)
        .map(|_| {
            let item = vec![
                (false, "sku", quoted(format!("{}-{}", r.word(), r.digits(4)))),
                (false, "quantity", (1 + r.below(9)).to_string()),
                (true, "price", format!("{}.{}", r.below(200), r.digits(2))),
                (true, "title", quoted(format!("{} {}", r.word(), r.word()))),
            ];
            object(r, item, varied)
        })
        .collect();
    let order = vec![
        (false, "orderId", quoted(format!("o-{id}-{}", r.digits(8)))),
        (
            false,
            "createdAt",
            quoted(format!("2026-03-0{}T1{}:00:00Z", 1 + r.below(9), r.below(10))),
        ),
        (true, "channel", quoted(r.word())),
        (false, "customer", object(r, customer, varied)),
        (false, "payment", object(r, payment, varied)),
        (false, "items", format!("[{}]", items.join(","))),
        (true, "note", quoted(format!("{} {} {}", r.word(), r.word(), r.word()))),
        (true, "gift", "false".to_owned()),
        (true, "coupon", "null".to_owned()),
    ];
    object(r, order, varied)
}
