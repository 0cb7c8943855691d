//! The identity of a compiled chain: equal fingerprints, equal output for every record.

use std::fmt;

/// 128 bits of SHA-256 over everything that can change a chain's output: the rules, the engine
/// version, the key versions and the subscriber attributes that were folded in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// The fingerprint of the empty chain, whose image is the record batch itself.
    pub const EMPTY: Fingerprint = Fingerprint([0; 16]);

    pub(crate) const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}
