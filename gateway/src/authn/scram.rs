//! The server's side of SCRAM-SHA-256 and SCRAM-SHA-512 (RFC 5802, RFC 7677), without channel
//! binding, as Kafka speaks it. Pure steps over text: the nonce is given, nothing waits.
//!
//! Whether a credential exists cannot be told from the answers, nor from the time they take: one
//! that does not gets a salt that is always the same, and fails at the proof.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use catalog::Snapshot;
use catalog::model::{Credential, ScramKeys};
use subtle::ConstantTimeEq;
use time::OffsetDateTime;

use super::{AuthnError, Principal};
pub use crate::scram::Hash;

/// Longest message that is looked at, in bytes: the longest nonces of clients fit many times.
const MESSAGE_BYTES_MAX: usize = 2048;
/// Bytes of a salt, as the catalog makes them.
const SALT_BYTES: usize = 16;
/// Iterations of credentials that do not exist, as the catalog has them for those that do.
const ITERATIONS: u32 = 4096;

/// An exchange after its first message.
pub struct Scram {
    hash: Hash,
    user: String,
    credential: Option<Arc<Credential>>,
    keys: ScramKeys,
    /// `c=…`: what the last message must begin with.
    binding: String,
    /// Both sides' nonces.
    nonce: String,
    /// Both first messages, as they are signed.
    signed: String,
}

impl Scram {
    /// Takes the client's first message; gives the server's. `secret` makes the salts of
    /// credentials that do not exist; `nonce` is printable, has no comma and is never used twice.
    ///
    /// # Errors
    /// [`AuthnError::Malformed`].
    pub fn begin(
        hash: Hash,
        snapshot: &Snapshot,
        secret: &[u8],
        nonce: &str,
        client_first: &[u8],
    ) -> Result<(Self, String), AuthnError> {
        let first = First::read(client_first)?;
        let user = unescape(first.user)?;
        let credential = snapshot.credentials.get(&*user).cloned();
        let known = credential.as_ref().map(|credential| match hash {
            Hash::Sha256 => &credential.verifier.scram_sha256,
            Hash::Sha512 => &credential.verifier.scram_sha512,
        });
        let keys = match known {
            Some(keys) if keys.stored_key.len() == hash.output_bytes() => keys.clone(),
            _ => nobody(hash, secret, &user),
        };
        let nonce = format!("{}{nonce}", first.nonce);
        let server_first =
            format!("r={nonce},s={},i={}", BASE64.encode(&keys.salt), keys.iterations);
        let binding = format!("c={}", BASE64.encode(first.gs2));
        let signed = format!("{},{server_first}", first.bare);
        Ok((Self { hash, user, credential, keys, binding, nonce, signed }, server_first))
    }

    /// The credential id that is being logged in with; nothing is proved yet.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Takes the client's last message; gives the server's.
    ///
    /// # Errors
    /// [`AuthnError::Malformed`], or [`AuthnError::Refused`] for a wrong proof, an unknown, revoked
    /// or expired credential.
    pub fn finish(self, client_final: &[u8]) -> Result<(Principal, String), AuthnError> {
        let text = text(client_final)?;
        let (without_proof, proof) = text.rsplit_once(",p=").ok_or(AuthnError::Malformed)?;
        let mut attributes = without_proof.split(',');
        let bound = attributes.next() == Some(&self.binding);
        // librdkafka before 2.6.1 puts its own part before the nonce once more; brokers take that
        // too. The proof is over what it says, so nothing is given away.
        let nonce = attributes.next().and_then(|attribute| attribute.strip_prefix("r="));
        if !bound || !nonce.is_some_and(|nonce| nonce.ends_with(&self.nonce)) {
            return Err(AuthnError::Malformed);
        }
        let proof = BASE64.decode(proof).map_err(|_| AuthnError::Malformed)?;
        if proof.len() != self.hash.output_bytes() {
            return Err(AuthnError::Malformed);
        }
        let signed = format!("{},{without_proof}", self.signed);
        let signature = self.hash.hmac(&self.keys.stored_key, signed.as_bytes());
        let client_key: Vec<u8> = proof.iter().zip(signature.iter()).map(|(p, s)| p ^ s).collect();
        let proved: bool = self.hash.digest(&client_key).ct_eq(&self.keys.stored_key).into();
        let verifier = self.hash.hmac(&self.keys.server_key, signed.as_bytes());
        let now = OffsetDateTime::now_utc();
        match self.credential {
            Some(credential) if proved && credential.is_usable_at(now) => {
                let principal = Principal::new(&credential.application, &self.user, None);
                Ok((principal, format!("v={}", BASE64.encode(&*verifier))))
            }
            _ => Err(AuthnError::Refused),
        }
    }
}

/// The client's first message: `n,[a=authzid],n=user,r=nonce[,extensions]`.
struct First<'a> {
    gs2: &'a str,
    bare: &'a str,
    user: &'a str,
    nonce: &'a str,
}

impl<'a> First<'a> {
    fn read(message: &'a [u8]) -> Result<Self, AuthnError> {
        Self::parse(text(message)?).ok_or(AuthnError::Malformed)
    }

    fn parse(message: &'a str) -> Option<Self> {
        let (binding, rest) = message.split_once(',')?;
        let (identity, bare) = rest.split_once(',')?;
        let gs2 = message.strip_suffix(bare)?;
        // `y`: the client could bind channels, and rightly thinks that the server cannot.
        if !matches!(binding, "n" | "y") {
            return None;
        }
        let mut attributes = bare.split(',');
        let user = attributes.next()?.strip_prefix("n=")?;
        let nonce = attributes.next()?.strip_prefix("r=")?;
        // Nobody acts for somebody else.
        if !identity.is_empty() && identity.strip_prefix("a=") != Some(user) {
            return None;
        }
        let printable = nonce.bytes().all(|byte| byte.is_ascii_graphic());
        (!user.is_empty() && !nonce.is_empty() && printable).then_some(Self {
            gs2,
            bare,
            user,
            nonce,
        })
    }
}

/// The keys of a credential that does not exist.
fn nobody(hash: Hash, secret: &[u8], user: &str) -> ScramKeys {
    let name: &[u8] = match hash {
        Hash::Sha256 => b"SCRAM-SHA-256\0",
        Hash::Sha512 => b"SCRAM-SHA-512\0",
    };
    let mut salt = Hash::Sha256.hmac(secret, &[name, user.as_bytes()].concat()).to_vec();
    salt.truncate(SALT_BYTES);
    // No hash of anything is all zero: no proof fits.
    let nothing = vec![0; hash.output_bytes()];
    ScramKeys { salt, iterations: ITERATIONS, stored_key: nothing.clone(), server_key: nothing }
}

/// `=2C` is a comma and `=3D` an equals sign; no other `=` may stand in a name.
fn unescape(name: &str) -> Result<String, AuthnError> {
    let mut parts = name.split('=');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        if let Some(rest) = part.strip_prefix("2C") {
            out.push(',');
            out.push_str(rest);
        } else if let Some(rest) = part.strip_prefix("3D") {
            out.push('=');
            out.push_str(rest);
        } else {
            return Err(AuthnError::Malformed);
        }
    }
    Ok(out)
}

fn text(message: &[u8]) -> Result<&str, AuthnError> {
    if message.len() > MESSAGE_BYTES_MAX {
        return Err(AuthnError::Malformed);
    }
    std::str::from_utf8(message).map_err(|_| AuthnError::Malformed)
}

#[cfg(test)]
mod tests;
