//! API tokens: `sgt_<name>_<192 random bits>`, and what they are checked against.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::SecretText;
use crate::model::Proof;

/// What every token begins with, so that scanners for leaked secrets find it.
const PREFIX: &str = "sgt_";
/// Random bytes of a token: 192 bits. No slow hash is needed.
const RANDOM_BYTES: usize = 24;
/// Longest text that is worth hashing: the prefix, a name of 63 characters and 32 of random.
const TOKEN_BYTES_MAX: usize = 128;

/// Makes a token, and what it will be checked against.
pub(crate) fn new_token_secret(name: &str) -> (SecretText, Proof) {
    let random = Zeroizing::new(rand::random::<[u8; RANDOM_BYTES]>());
    let encoded = Zeroizing::new(URL_SAFE_NO_PAD.encode(*random));
    let token = SecretText::from(format!("{PREFIX}{name}_{}", encoded.as_str()));
    let proof = Proof(STANDARD.encode(Sha256::digest(token.as_bytes())));
    (token, proof)
}

/// The token's name in its text, if it has the form of one. Names never hold `_`.
pub(crate) fn token_name(text: &str) -> Option<&str> {
    let (name, random) = text.strip_prefix(PREFIX)?.split_once('_')?;
    let fits = text.len() <= TOKEN_BYTES_MAX && !name.is_empty() && !random.is_empty();
    fits.then_some(name)
}

/// Whether a text is the token. Takes the same time whichever byte differs.
pub(crate) fn is_token(proof: Option<&Proof>, text: &str) -> bool {
    let digest = STANDARD.encode(Sha256::digest(text));
    proof.is_some_and(|proof| proof.0.as_bytes().ct_eq(digest.as_bytes()).into())
}

/// Reads what a token is checked against, as `export --with-verifiers` writes it.
pub(crate) fn read_token_digest(text: &str) -> Option<Proof> {
    let digest: [u8; 32] = STANDARD.decode(text).ok()?.try_into().ok()?;
    Some(Proof(STANDARD.encode(digest)))
}
