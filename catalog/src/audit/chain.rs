//! The chain: each record's hash covers the one before it.

use std::fmt;

use sha2::{Digest, Sha256};

use super::Entry;

/// What every hash begins with, so that nothing else hashes to the same.
const DOMAIN: &[u8] = b"sluicegate audit record 1\0";

/// SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Hash(pub [u8; 32]);

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Hash {
    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// Of a record: its number, the hash before it, and its event's bytes as they are kept.
    pub(super) fn of(number: u64, before: &Self, event: &str) -> Self {
        let digest = Sha256::new()
            .chain_update(DOMAIN)
            .chain_update(before.0)
            .chain_update(number.to_be_bytes())
            .chain_update(event.as_bytes());
        Self(digest.finalize().into())
    }
}

/// A record as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// From 1, without gaps.
    pub number: u64,
    /// Its hash.
    pub hash: Hash,
    /// The CloudEvent, byte for byte as it was hashed.
    pub event: String,
}

/// Where the chain ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// The last record's number; 0: there is none.
    pub(crate) number: u64,
    /// Its hash.
    pub(crate) hash: Hash,
}

impl Head {
    /// The next record.
    pub(crate) fn append(&mut self, entry: &Entry) -> Record {
        let number = self.number.saturating_add(1);
        let event = entry.event(number);
        let hash = Hash::of(number, &self.hash, &event);
        *self = Self { number, hash };
        Record { number, hash, event }
    }
}
