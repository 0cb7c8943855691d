//! The client's side of SCRAM-SHA-256 and SCRAM-SHA-512 (RFC 5802, RFC 7677), without channel
//! binding, as Kafka speaks it. Pure steps over text: no sockets, no clock; the nonce is given.
//!
//! As in Kafka, names and passwords are not normalised (no SASLprep).

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

pub use crate::scram::Hash;

/// Fewest iterations accepted: what RFC 7677 demands and Kafka enforces.
pub const ITERATIONS_MIN: u32 = 4096;
/// Most iterations accepted: a broker must not be able to occupy a core for long.
pub const ITERATIONS_MAX: u32 = 1_000_000;
/// Longest server message accepted, in bytes: nonce, salt and count fit many times.
const SERVER_MESSAGE_BYTES_MAX: usize = 4096;

/// Why the exchange cannot go on. Holds neither password nor proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScramError {
    /// The message cannot be read.
    #[error("the broker's SCRAM message is malformed")]
    Malformed,
    /// Another nonce.
    #[error("the broker did not continue the gateway's nonce")]
    Nonce,
    /// So many iterations.
    #[error(
        "the broker asks for {0} iterations; {ITERATIONS_MIN} to {ITERATIONS_MAX} are accepted"
    )]
    Iterations(u32),
    /// What the broker says, fit to be shown.
    #[error("the broker refused: {0}")]
    Refused(String),
    /// The signature is another's.
    #[error("the broker could not prove that it knows the password")]
    ServerSignature,
}

/// The first step: the gateway's first message is known, the broker's answer awaited.
pub struct Scram {
    hash: Hash,
    nonce: String,
    first_bare: String,
}

/// The last step: the proof is sent, the broker's signature awaited.
pub struct AwaitSignature {
    expected: Zeroizing<Vec<u8>>,
}

impl Scram {
    /// Begins an exchange. `nonce` is printable, has no comma and is never used twice.
    pub fn new(hash: Hash, user: &str, nonce: String) -> Self {
        let user = user.replace('=', "=3D").replace(',', "=2C");
        let first_bare = format!("n={user},r={nonce}");
        Self { hash, nonce, first_bare }
    }

    /// The client's first message.
    pub fn first_message(&self) -> String {
        format!("n,,{}", self.first_bare)
    }

    /// Takes the broker's first message; gives the client's final message. Costs as many hashes as
    /// the broker asks iterations: not to be called on a runtime's worker thread.
    ///
    /// # Errors
    /// [`ScramError`].
    pub fn respond(
        self,
        server_first: &[u8],
        password: &str,
    ) -> Result<(Zeroizing<String>, AwaitSignature), ScramError> {
        let server_first = text(server_first)?;
        let mut parts = server_first.split(',');
        let nonce = attribute(parts.next(), "r=")?;
        let salt = attribute(parts.next(), "s=")?;
        let iterations = attribute(parts.next(), "i=")?;
        if nonce.len() <= self.nonce.len() || !nonce.starts_with(&self.nonce) {
            return Err(ScramError::Nonce);
        }
        let salt = BASE64.decode(salt).map_err(|_| ScramError::Malformed)?;
        let iterations = iterations.parse().map_err(|_| ScramError::Malformed)?;
        if !(ITERATIONS_MIN..=ITERATIONS_MAX).contains(&iterations) {
            return Err(ScramError::Iterations(iterations));
        }
        // "biws" is base64 of "n,,": no channel binding.
        let without_proof = format!("c=biws,r={nonce}");
        let signed = format!("{},{server_first},{without_proof}", self.first_bare);
        let salted = self.hash.salted_password(password, &salt, iterations);
        let client_key = self.hash.hmac(&salted, b"Client Key");
        let stored_key = self.hash.digest(&client_key);
        let signature = self.hash.hmac(&stored_key, signed.as_bytes());
        let proof: Zeroizing<Vec<u8>> = Zeroizing::new(
            client_key.iter().zip(signature.iter()).map(|(key, mask)| key ^ mask).collect(),
        );
        let server_key = self.hash.hmac(&salted, b"Server Key");
        let expected = self.hash.hmac(&server_key, signed.as_bytes());
        let last = format!("{without_proof},p={}", BASE64.encode(&*proof));
        Ok((Zeroizing::new(last), AwaitSignature { expected }))
    }
}

impl AwaitSignature {
    /// Takes the broker's final message: its signature or its refusal.
    ///
    /// # Errors
    /// [`ScramError`].
    pub fn verify(&self, server_final: &[u8]) -> Result<(), ScramError> {
        let server_final = text(server_final)?;
        let first = server_final.split(',').next();
        if let Some(refusal) = first.and_then(|first| first.strip_prefix("e=")) {
            return Err(ScramError::Refused(super::printable(refusal)));
        }
        let signature = attribute(first, "v=")?;
        let signature = BASE64.decode(signature).map_err(|_| ScramError::Malformed)?;
        match bool::from(signature.ct_eq(&self.expected)) {
            true => Ok(()),
            false => Err(ScramError::ServerSignature),
        }
    }
}

fn text(message: &[u8]) -> Result<&str, ScramError> {
    if message.len() > SERVER_MESSAGE_BYTES_MAX {
        return Err(ScramError::Malformed);
    }
    std::str::from_utf8(message).map_err(|_| ScramError::Malformed)
}

fn attribute<'a>(part: Option<&'a str>, name: &str) -> Result<&'a str, ScramError> {
    part.and_then(|part| part.strip_prefix(name)).ok_or(ScramError::Malformed)
}

#[cfg(test)]
mod tests;
