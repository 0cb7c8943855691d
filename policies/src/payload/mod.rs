//! Payload formats: find spans, splice, never a tree on the hot path.

pub mod json;
