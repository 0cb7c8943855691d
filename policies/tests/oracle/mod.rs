//! The plain way to redact: parse with serde_json, change a tree by sets of positions, compare.
//! No automaton, no spans, nothing shared with the engine but the rules' meaning.
#![allow(dead_code, unreachable_pub)] // Fuzz targets and tests each use a part.

pub mod compare;
pub mod generate;
pub mod redact;
pub mod rule;
pub mod schemas;
pub mod tree;
