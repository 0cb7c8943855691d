//! What a change of an endpoint means for those who use it: breaking, compatible or unclear, field
//! by field, for JSON Schema and Avro. Pure.
//!
//! Who reads is broken by events that the old schema does not allow; who writes is broken by a new
//! schema that no longer allows what the old one did. What cannot be decided is unclear, never
//! compatible.

mod avro;
mod endpoint;
mod json_schema;

pub use endpoint::report;

use crate::model::Direction;

/// Findings of one report; beyond it the rest is one more unclear finding.
pub const FINDINGS_MAX: usize = 200;
/// How deep schemas are compared; deeper they are unclear.
const DEPTH_MAX: usize = 64;

/// What a change means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Nobody notices.
    Compatible,
    /// It depends on what those who use it do.
    Unclear,
    /// Somebody who kept to the old description fails.
    Breaking,
}

/// One thing that changed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What it means.
    pub verdict: Verdict,
    /// Which member of the endpoint, such as `schema`.
    pub member: &'static str,
    /// Where in it: a JSON Pointer into the old schema, or a path of Avro fields; empty: the whole.
    pub path: String,
    /// What changed, and for whom it matters.
    pub message: String,
}

/// What changed between two versions of an endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// What changed, in the order of members and schemas.
    pub findings: Vec<Finding>,
}

impl Report {
    /// The worst of the findings; compatible when nothing changed.
    pub fn verdict(&self) -> Verdict {
        let worst = self.findings.iter().map(|finding| finding.verdict).max();
        worst.unwrap_or(Verdict::Compatible)
    }
}

/// What a change of a schema does to the values that it allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    /// The same values.
    Same,
    /// More values.
    Widens,
    /// Fewer values.
    Narrows,
    /// Some more and some fewer.
    Both,
    /// It cannot be told.
    Unknown,
}

impl Effect {
    /// What it means for those who use an endpoint of this direction.
    fn verdict(self, direction: Direction) -> Verdict {
        let breaks = |breaking: bool| match breaking {
            true => Verdict::Breaking,
            false => Verdict::Compatible,
        };
        match self {
            Self::Same => Verdict::Compatible,
            Self::Widens => breaks(direction.allows_consuming()),
            Self::Narrows => breaks(direction.allows_producing()),
            Self::Both => Verdict::Breaking,
            Self::Unknown => Verdict::Unclear,
        }
    }
}

/// What changed at one place of a schema.
struct Difference {
    path: String,
    effect: Effect,
    message: String,
}
