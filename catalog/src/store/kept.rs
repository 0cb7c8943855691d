//! What is kept for a while beside the catalog: sessions, logins that are under way. Nobody holds
//! the key of such a thing but the browser that it is for: here is only its digest.

use sha2::{Digest, Sha256};

/// Something that is kept until a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What it is: `session`, `login`.
    pub what: &'static str,
    /// What it is found by.
    pub id: KeptId,
    /// Whose it is.
    pub subject: String,
    /// JSON.
    pub data: String,
    /// Until when, in seconds since 1970.
    pub ends: i64,
}

/// SHA-256 of what the browser holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptId(pub(crate) [u8; 32]);

impl KeptId {
    /// Of what the browser holds.
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret).into())
    }
}
