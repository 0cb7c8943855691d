//! The configuration that topics and the broker have: names, types and defaults as in Kafka. Only
//! what this broker keeps to can be set; the rest is told and refused.

use super::topics::Refused;
use crate::code;
use crate::limits::{PARTITION_BYTES_MAX, REQUEST_BYTES_MAX};

/// The type of a value, as DescribeConfigs numbers it (KIP-569).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Boolean = 1,
    Text = 2,
    Int = 3,
    Long = 5,
    List = 7,
}

/// One entry of a configuration.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) name: &'static str,
    pub(crate) default: &'static str,
    pub(crate) kind: Type,
    /// Which values a topic may set.
    allowed: Allowed,
}

#[derive(Debug)]
enum Allowed {
    /// Whole numbers from this one on.
    From(i64),
    /// One of these.
    OneOf(&'static [&'static str]),
}

const fn entry(name: &'static str, default: &'static str, kind: Type, allowed: Allowed) -> Config {
    Config { name, default, kind, allowed }
}

const TIMES: &[&str] = &["CreateTime", "LogAppendTime"];
const POLICIES: &[&str] = &["delete", "compact", "compact,delete", "delete,compact"];

/// What topics have. Logs with the policy `compact` are as logs that nobody has compacted yet.
#[rustfmt::skip]
pub(crate) static TOPIC: &[Config] = &[
    entry("cleanup.policy", "delete", Type::List, Allowed::OneOf(POLICIES)),
    entry("compression.type", "producer", Type::Text, Allowed::OneOf(&["producer"])),
    entry("delete.retention.ms", "86400000", Type::Long, Allowed::From(0)),
    entry("max.message.bytes", "1048588", Type::Int, Allowed::From(0)),
    entry("message.timestamp.type", "CreateTime", Type::Text, Allowed::OneOf(TIMES)),
    entry("min.compaction.lag.ms", "0", Type::Long, Allowed::From(0)),
    entry("min.insync.replicas", "1", Type::Int, Allowed::OneOf(&["1"])),
    entry("retention.bytes", "-1", Type::Long, Allowed::From(-1)),
    entry("retention.ms", "604800000", Type::Long, Allowed::From(-1)),
    entry("segment.bytes", "1073741824", Type::Int, Allowed::From(1_048_576)),
    entry("segment.ms", "604800000", Type::Long, Allowed::From(1)),
    entry("unclean.leader.election.enable", "false", Type::Boolean, Allowed::OneOf(&["false"])),
];

/// What the broker has. None of it can be set.
#[rustfmt::skip]
pub(crate) static BROKER: &[Config] = &[
    entry("auto.create.topics.enable", "false", Type::Boolean, Allowed::OneOf(&[])),
    entry("default.replication.factor", "1", Type::Int, Allowed::OneOf(&[])),
    entry("group.initial.rebalance.delay.ms", "0", Type::Int, Allowed::OneOf(&[])),
    entry("log.retention.ms", "604800000", Type::Long, Allowed::OneOf(&[])),
    entry("message.max.bytes", "1048588", Type::Int, Allowed::OneOf(&[])),
    entry("num.partitions", "1", Type::Int, Allowed::OneOf(&[])),
];

impl Config {
    /// Whether a topic may have that value.
    fn allows(&self, value: &str) -> bool {
        match self.allowed {
            Allowed::From(least) => {
                let number = value.parse::<i64>().ok().filter(|number| *number >= least);
                let most = if self.kind == Type::Int { i64::from(i32::MAX) } else { i64::MAX };
                number.is_some_and(|number| number <= most)
            }
            Allowed::OneOf(values) => values.contains(&value),
        }
    }
}

/// Whether a topic may be configured so.
///
/// # Errors
/// INVALID_CONFIG with the entry's name.
pub(super) fn check(config: &[(String, String)]) -> Result<(), Refused> {
    for (name, value) in config {
        let refused = |why: &str| Refused::new(code::INVALID_CONFIG, format!("{name}: {why}"));
        let known = TOPIC.iter().find(|entry| entry.name == name);
        let known = known.ok_or_else(|| refused("this broker has no such configuration"))?;
        if !known.allows(value) {
            return Err(refused("this broker does not take that value"));
        }
    }
    Ok(())
}

/// What a topic's configuration means for its log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// Milliseconds that records are kept; `None`: for ever.
    pub(crate) retention_ms: Option<i64>,
    /// Bytes that are kept, within the broker's bound.
    pub(crate) retention_bytes: usize,
    /// Bytes of the largest batch.
    pub(crate) batch_bytes_max: usize,
    /// Whether records get the broker's time.
    pub(crate) append_time: bool,
    /// Whether every record needs a key.
    pub(crate) keyed: bool,
}

impl Rules {
    pub(super) fn of(config: &[(String, String)]) -> Rules {
        let text = |name: &str| {
            let own = config.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
            let default = || TOPIC.iter().find(|entry| entry.name == name);
            own.or_else(|| default().map(|entry| entry.default)).unwrap_or_default().to_owned()
        };
        let number = |name: &str| text(name).parse::<i64>().unwrap_or(-1);
        let policy = text("cleanup.policy");
        let bytes = usize::try_from(number("retention.bytes")).unwrap_or(usize::MAX);
        let batch = usize::try_from(number("max.message.bytes")).unwrap_or(REQUEST_BYTES_MAX);
        let deletes = policy.contains("delete");
        Rules {
            retention_ms: Some(number("retention.ms")).filter(|ms| deletes && *ms >= 0),
            retention_bytes: if deletes { bytes } else { usize::MAX }.min(PARTITION_BYTES_MAX),
            batch_bytes_max: batch.min(REQUEST_BYTES_MAX),
            append_time: text("message.timestamp.type") == "LogAppendTime",
            keyed: policy.contains("compact"),
        }
    }
}
