//! What is produced, and what of it each chain shows.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tests::produce::{Codec, Producer, Record};

pub const TOPIC: &str = "doors-agree";
pub const PARTITIONS: i32 = 4;
pub const EVENTS: i32 = 100_000;
/// Codecs of the producers, which take turns after so many events.
const CODECS: [Codec; 4] = [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];
const TURN: i32 = 500;
/// How long a turn takes, so that gateways are killed while events come.
const TURN_LASTS: Duration = Duration::from_millis(60);
/// One event of so many is from elsewhere.
const ELSEWHERE_EACH: i32 = 4;
/// What no chain but the empty one may show.
pub const HIDDEN: &str = "canary";

/// A chain of rules, as a policy and a plan of this name.
pub struct Chain {
    pub name: &'static str,
    pub rules: &'static str,
    hides_elsewhere: bool,
}

impl Chain {
    /// How many events it shows.
    pub fn shown(&self) -> usize {
        let hidden = if self.hides_elsewhere { EVENTS / ELSEWHERE_EACH } else { 0 };
        usize::try_from(EVENTS - hidden).unwrap_or_default()
    }

    /// Whether it shows everything as it is.
    pub fn is_empty(&self) -> bool {
        self.rules == "[]"
    }
}

/// One that filters and changes, one that changes only, and one that does nothing.
pub const CHAINS: [Chain; 3] = [
    Chain {
        name: "filtered",
        rules: r#"[
          {keepWhen: {path: "$.region", equals: "EU"}},
          {mask: {path: "$.email", keepFirst: 1, keepLast: 4}},
          {remove: {path: "$.card"}},
          {remove: {header: "secret"}}]"#,
        hides_elsewhere: true,
    },
    Chain {
        name: "changed",
        rules: r#"[
          {replace: {path: "$.card.holder", value: "hidden"}},
          {truncate: {path: "$.note", length: 6}},
          {remove: {header: "secret"}}]"#,
        hides_elsewhere: false,
    },
    Chain { name: "whole", rules: "[]", hides_elsewhere: false },
];

fn event(number: i32, began: i64) -> Record {
    let region = if number % ELSEWHERE_EACH == 0 { "US" } else { "EU" };
    let card = format!(r#"{{"number":"4111-{number}","holder":"canary {number}","year":2031}}"#);
    let person = format!(r#""email":"user{number}@example.org","card":{card}"#);
    let note = format!(r#""note":"for your eyes {number}""#);
    let value = format!(r#"{{"n":{number},"region":"{region}",{person},{note}}}"#);
    let record = Record::value(value).key(format!("key-{}", number % 977));
    let record = record.partition(number / ELSEWHERE_EACH % PARTITIONS);
    let record = record.timestamp(began + i64::from(number));
    record.header("secret", Some(b"canary")).header("trace", Some(number.to_string().as_bytes()))
}

/// Produces all events, over a while.
#[expect(clippy::disallowed_methods, reason = "a thread of its own: no runtime is blocked")]
pub fn produce(bootstrap: &str) -> anyhow::Result<()> {
    let producers = CODECS.map(|codec| Producer::prompt(bootstrap, codec));
    let producers = producers.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let (began, since) = (i64::try_from(now.as_millis())?, Instant::now());
    for (turn, producer) in (0..EVENTS / TURN).zip(producers.iter().cycle()) {
        for number in turn * TURN..(turn + 1) * TURN {
            producer.queue(TOPIC, &event(number, began))?;
        }
        producer.flush()?;
        let due = TURN_LASTS * u32::try_from(turn + 1)?;
        std::thread::sleep(due.saturating_sub(since.elapsed()));
    }
    Ok(())
}
