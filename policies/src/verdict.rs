//! What a chain says about a record.

/// The chain's answer for one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Pass the record on as it is, byte for byte.
    Keep,
    /// Pass the record on with the parts that [`crate::Scratch`] now holds in place of its own.
    Replace,
    /// Do not pass the record on.
    Drop(DropReason),
}

/// Why a record is not passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// A `keepWhen` rule did not hold: the subscriber asked not to see it, or may not.
    Filtered,
    /// The record could not be handled safely: it is withheld and counted by this reason.
    Withheld(Withheld),
}

/// Why a record was withheld. A closed set: it is a metric label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Withheld {
    /// The value is not JSON (RFC 8259), or bytes follow it.
    InvalidJson,
    /// Text that a rule must read is not UTF-8.
    InvalidUtf8,
    /// An object on a redaction path names a member twice.
    DuplicateName,
    /// Arrays and objects nest deeper than the limit.
    TooDeep,
    /// A rule could not be applied to what it met.
    RuleFailed,
}

impl Withheld {
    /// All reasons, for metrics that start at zero.
    pub const ALL: [Withheld; 5] = [
        Withheld::InvalidJson,
        Withheld::InvalidUtf8,
        Withheld::DuplicateName,
        Withheld::TooDeep,
        Withheld::RuleFailed,
    ];

    /// The metric label: `invalid_json`, `invalid_utf8`, …
    pub const fn label(self) -> &'static str {
        match self {
            Withheld::InvalidJson => "invalid_json",
            Withheld::InvalidUtf8 => "invalid_utf8",
            Withheld::DuplicateName => "duplicate_name",
            Withheld::TooDeep => "too_deep",
            Withheld::RuleFailed => "rule_failed",
        }
    }
}
