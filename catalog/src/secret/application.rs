//! What applications present: `slg_<credential id>_<192 random bits>`, and what it is checked
//! against. SCRAM itself is spoken elsewhere; here are only its stored keys (RFC 5802 section 3).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::SecretText;
use crate::model::{Credential, CredentialKind, ScramKeys, Verifier};

/// What every secret begins with, so that scanners for leaked secrets find it.
const PREFIX: &str = "slg_";
/// Random bytes of a secret: 192 bits.
const RANDOM_BYTES: usize = 24;
/// Longest text that is worth hashing: the prefix, an id of 63 characters and 32 of random.
const SECRET_BYTES_MAX: usize = 128;
/// Bytes of a SCRAM salt.
const SALT_BYTES: usize = 16;
/// RFC 7677's least. More would not help: the secret has 192 random bits.
const ITERATIONS: u32 = 4096;

/// The credential id in a secret's text, if it has the form of one. Ids never hold `_`.
pub fn credential_id(secret: &str) -> Option<&str> {
    let (id, random) = secret.strip_prefix(PREFIX)?.split_once('_')?;
    (!id.is_empty() && !random.is_empty()).then_some(id)
}

/// Makes a secret for a credential, and what it will be checked against. Slow by intent (PBKDF2):
/// some milliseconds.
pub(crate) fn new_credential_secret(id: &str) -> (SecretText, Verifier) {
    let random = Zeroizing::new(rand::random::<[u8; RANDOM_BYTES]>());
    let encoded = Zeroizing::new(URL_SAFE_NO_PAD.encode(*random));
    let secret = SecretText::from(format!("{PREFIX}{id}_{}", encoded.as_str()));
    let verifier = verifier(&secret);
    (secret, verifier)
}

fn verifier(secret: &str) -> Verifier {
    Verifier {
        sha256: Sha256::digest(secret).into(),
        scram_sha256: scram_sha256(secret, &rand::random::<[u8; SALT_BYTES]>(), ITERATIONS),
        scram_sha512: scram_sha512(secret, &rand::random::<[u8; SALT_BYTES]>(), ITERATIONS),
    }
}

impl Credential {
    /// Whether a presented secret is this credential's and still works. Takes the same time
    /// whichever byte differs.
    pub fn verify(&self, secret: &str) -> bool {
        self.verify_at(secret, OffsetDateTime::now_utc())
    }

    /// [`Self::verify`] at a given time.
    pub fn verify_at(&self, secret: &str, now: OffsetDateTime) -> bool {
        if secret.len() > SECRET_BYTES_MAX {
            return false;
        }
        let digest: [u8; 32] = Sha256::digest(secret).into();
        let same: bool = digest.ct_eq(&self.verifier.sha256).into();
        same && self.kind() == CredentialKind::Secret && self.is_usable_at(now)
    }

    /// Whether it is neither revoked nor expired nor a secret's without one.
    pub fn is_usable_at(&self, now: OffsetDateTime) -> bool {
        let provable =
            self.kind() != CredentialKind::Secret || self.verifier != Verifier::default();
        provable && !self.revoked && self.expires_at.is_none_or(|expiry| now < expiry)
    }
}

/// RFC 5802 with SHA-256. The password is used as it is: secrets are ASCII, SASLprep leaves them.
pub(super) fn scram_sha256(password: &str, salt: &[u8], iterations: u32) -> ScramKeys {
    let mut salted = Zeroizing::new([0; 32]);
    pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), salt, iterations, salted.as_mut_slice());
    let sign = |text: &[u8]| {
        Hmac::<Sha256>::new_from_slice(salted.as_slice())
            .map(|mac| mac.chain_update(text).finalize().into_bytes().to_vec())
            .unwrap_or_default() // HMAC takes keys of any length
    };
    let client_key = Zeroizing::new(sign(b"Client Key"));
    let stored_key = Sha256::digest(client_key.as_slice()).to_vec();
    ScramKeys { salt: salt.to_vec(), iterations, stored_key, server_key: sign(b"Server Key") }
}

/// As [`scram_sha256`], with SHA-512.
pub(super) fn scram_sha512(password: &str, salt: &[u8], iterations: u32) -> ScramKeys {
    let mut salted = Zeroizing::new([0; 64]);
    pbkdf2::pbkdf2_hmac::<Sha512>(password.as_bytes(), salt, iterations, salted.as_mut_slice());
    let sign = |text: &[u8]| {
        Hmac::<Sha512>::new_from_slice(salted.as_slice())
            .map(|mac| mac.chain_update(text).finalize().into_bytes().to_vec())
            .unwrap_or_default() // HMAC takes keys of any length
    };
    let client_key = Zeroizing::new(sign(b"Client Key"));
    let stored_key = Sha512::digest(client_key.as_slice()).to_vec();
    ScramKeys { salt: salt.to_vec(), iterations, stored_key, server_key: sign(b"Server Key") }
}
