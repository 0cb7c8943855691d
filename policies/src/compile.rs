//! From rules to a chain.

use std::collections::BTreeMap;

use crate::{Chain, Rule};

/// A keyed-hash key, named by rules.
#[derive(Clone)]
pub struct HashKey {
    /// The key's version: part of the fingerprint, so that a rotated key makes new images.
    pub version: u32,
    /// The key's bytes. Never printed.
    pub secret: Vec<u8>,
}

/// What rules may refer to beside the record.
#[derive(Clone, Default)]
pub struct CompileContext {
    /// Hash keys by name.
    pub keys: BTreeMap<String, HashKey>,
    /// The subscriber's attributes, folded into the chain where a rule names one.
    pub attributes: BTreeMap<String, String>,
}

/// Why rules do not compile: which rule (index from 0), and what to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rule {rule}: {message}")]
pub struct CompileError {
    /// Index of the rule in the list given to [`compile`].
    pub rule: usize,
    /// What is wrong, where (token and position), and what to do.
    pub message: String,
}

/// Compiles rules, in the order of the plan's policies, to one chain.
///
/// # Errors
/// The first rule that cannot be compiled.
pub fn compile(_rules: &[Rule], _context: &CompileContext) -> Result<Chain, CompileError> {
    Ok(Chain::empty())
}
