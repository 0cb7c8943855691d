//! The identity of a compiled chain: equal fingerprints, equal output for every record.

use std::fmt;

use sha2::{Digest, Sha256};

/// 128 bits of SHA-256 over everything that can change a chain's output: the rules, the engine
/// version, the key versions and the subscriber attributes that were folded in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// The fingerprint of the empty chain, whose image is the record batch itself.
    pub const EMPTY: Fingerprint = Fingerprint([0; 16]);

    /// The fingerprint of rules in their canonical texts. Every text is preceded by its length,
    /// so that no two lists run together.
    pub(crate) fn of<'t>(engine_version: u32, texts: impl Iterator<Item = &'t str>) -> Self {
        let mut digest = Sha256::new();
        digest.update(engine_version.to_be_bytes());
        for text in texts {
            digest.update(text.len().to_be_bytes());
            digest.update(text);
        }
        let digest: [u8; 32] = digest.finalize().into();
        let mut half = [0; 16];
        half.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Self(half)
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
