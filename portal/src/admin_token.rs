//! The token of the administrator. Only its digest is kept.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Shortest token: 16 characters, so that it cannot be guessed over the network.
const TOKEN_BYTES_MIN: usize = 16;
/// Longest token that is worth hashing.
const TOKEN_BYTES_MAX: usize = 4096;

/// What a caller must present as `Authorization: Bearer …`.
#[derive(Clone)]
pub struct AdminToken([u8; 32]);

/// The token is too short, too long or has characters that a header cannot carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an admin token has {TOKEN_BYTES_MIN} to {TOKEN_BYTES_MAX} visible ASCII characters; make one \
     with `openssl rand -base64 32`"
)]
pub struct WeakToken;

impl AdminToken {
    /// Takes the token's text.
    ///
    /// # Errors
    /// [`WeakToken`].
    pub fn new(token: &str) -> Result<Self, WeakToken> {
        let length = TOKEN_BYTES_MIN..=TOKEN_BYTES_MAX;
        if !length.contains(&token.len()) || !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(WeakToken);
        }
        Ok(Self(Sha256::digest(token).into()))
    }

    /// Whether this is the token. Takes the same time whichever byte differs.
    pub(crate) fn matches(&self, presented: &str) -> bool {
        let digest: [u8; 32] = Sha256::digest(presented).into();
        presented.len() <= TOKEN_BYTES_MAX && digest.ct_eq(&self.0).into()
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(…)")
    }
}
