//! Signed statements of where the chain stands.

use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::STANDARD};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use zeroize::Zeroizing;

use super::chain::{Hash, Head};
use crate::secret::SecretText;

/// The name under which the signing key is sealed.
pub(crate) const SIGNING_KEY: &str = "audit/signing-key";
/// What every signed text begins with.
const DOMAIN: &str = "sluicegate audit checkpoint 1";
/// Bytes of an Ed25519 seed.
const SEED_BYTES: usize = 32;

/// Signs checkpoints.
pub(crate) struct Signer(Ed25519KeyPair);

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(…)")
    }
}

impl Signer {
    /// A fresh seed, as it is sealed.
    pub(crate) fn new_seed() -> SecretText {
        let seed = Zeroizing::new(rand::random::<[u8; SEED_BYTES]>());
        STANDARD.encode(*seed).into()
    }

    /// Takes a seed.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn from_seed(seed: &SecretText) -> Result<Self, String> {
        let wrong = || "the audit's signing key cannot be used".to_owned();
        let seed = Zeroizing::new(STANDARD.decode(seed.expose()).map_err(|_| wrong())?);
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| wrong())?;
        Ok(Self(pair))
    }

    /// Says where the chain stands.
    pub(crate) fn sign(&self, head: Head, at: OffsetDateTime) -> Checkpoint {
        let at = at.format(&Rfc3339).unwrap_or_default();
        let text = text(head.number, &head.hash, &at);
        Checkpoint {
            number: head.number,
            hash: head.hash,
            at,
            key: STANDARD.encode(self.0.public_key().as_ref()),
            signature: STANDARD.encode(self.0.sign(text.as_bytes()).as_ref()),
        }
    }
}

/// A signed statement of where the chain stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The last record that it covers.
    pub number: u64,
    /// That record's hash.
    pub hash: Hash,
    /// When it was signed (RFC 3339).
    pub at: String,
    /// The public key (Ed25519, base64).
    pub key: String,
    /// The signature (base64) of the lines `sluicegate audit checkpoint 1`, number, hash and time.
    pub signature: String,
}

impl Checkpoint {
    /// Whether the signature is its key's.
    pub fn is_signed(&self) -> bool {
        let (Ok(key), Ok(signature)) =
            (STANDARD.decode(&self.key), STANDARD.decode(&self.signature))
        else {
            return false;
        };
        let text = text(self.number, &self.hash, &self.at);
        UnparsedPublicKey::new(&ED25519, key).verify(text.as_bytes(), &signature).is_ok()
    }
}

fn text(number: u64, hash: &Hash, at: &str) -> String {
    format!("{DOMAIN}\n{number}\n{hash}\n{at}\n")
}
