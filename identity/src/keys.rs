//! An issuer's public keys (RFC 7517), and which of them a token means. Symmetric keys, private
//! uses and weak or broken keys are left out; a set that is too large is refused whole.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value};

use crate::algorithm::{Algorithm, KeyType};
use crate::json;
use crate::refusal::Refusal;

/// Most keys of a set: providers have a handful, large shared ones some dozens.
const KEYS_MAX: usize = 256;

/// RSA moduli, in bytes: 2,048 bits at least (NIST SP 800-131A), 8,192 at most (time).
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

/// Bytes of an RSA exponent: 65537 has three.
const RSA_EXPONENT_BYTES_MAX: usize = 4;

/// The usable keys of an issuer.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeySet {
    keys: Vec<Arc<Key>>,
    /// Keys that were left out, for the log.
    pub(crate) left_out: usize,
}

/// One key.
pub(crate) struct Key {
    kid: Option<String>,
    key_type: KeyType,
    algorithm: Option<String>,
    /// The key's own bytes, to tell a key that comes twice from two keys.
    material: Vec<u8>,
    decoding: DecodingKey,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({:?})", self.key_type)
    }
}

impl Key {
    /// Whether `signature` (base64url) is this key's for `message`.
    pub(crate) fn verifies(&self, algorithm: Algorithm, message: &str, signature: &str) -> bool {
        let message = message.as_bytes();
        let verified =
            jsonwebtoken::crypto::verify(signature, message, &self.decoding, algorithm.library());
        verified.unwrap_or(false)
    }

    fn suits(&self, algorithm: Algorithm) -> bool {
        let named = self.algorithm.as_deref().is_none_or(|name| name == algorithm.name());
        named && self.key_type == algorithm.key_type()
    }
}

impl KeySet {
    /// Reads a JWKS document.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, &'static str> {
        let document = json::object(bytes).ok_or("is not one plain JSON object")?;
        let entries = document.get("keys").and_then(Value::as_array).ok_or("has no `keys`")?;
        if entries.len() > KEYS_MAX {
            return Err("has more keys than are looked at");
        }
        let mut set = Self::default();
        for entry in entries {
            match entry.as_object().and_then(key) {
                Some(key) => set.keys.push(Arc::new(key)),
                None => set.left_out += 1,
            }
        }
        match set.keys.is_empty() {
            true => Err("has no key that can be used"),
            false => Ok(set),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The key that a token means. A token without `kid` means the only key that suits.
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`], [`Refusal::KeyMismatch`], [`Refusal::AmbiguousKey`].
    pub(crate) fn find(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<&Arc<Key>, Refusal> {
        let named = |key: &&Arc<Key>| kid.is_none() || key.kid.as_deref() == kid;
        let mut suiting = self.keys.iter().filter(named).filter(|key| key.suits(algorithm));
        match suiting.next() {
            Some(first) if suiting.all(|other| other.material == first.material) => Ok(first),
            Some(_) => Err(Refusal::AmbiguousKey),
            None if kid.is_some() && self.keys.iter().any(|key| named(&key)) => {
                Err(Refusal::KeyMismatch)
            }
            None => Err(Refusal::UnknownKey),
        }
    }
}

/// A key that can verify signatures here.
fn key(entry: &Map<String, Value>) -> Option<Key> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str);
    if !is_for_signatures(entry) {
        return None;
    }
    let (key_type, material, decoding) = match (text("kty")?, text("crv")) {
        ("RSA", _) => {
            let (n, e) = (text("n")?, text("e")?);
            let (modulus, exponent) = (bytes(n)?, bytes(e)?);
            let sound = RSA_BYTES.contains(&modulus.len())
                && modulus.first().is_some_and(|first| *first != 0)
                && exponent.len() <= RSA_EXPONENT_BYTES_MAX
                && exponent.last().is_some_and(|last| last % 2 == 1);
            let decoding = DecodingKey::from_rsa_components(n, e).ok().filter(|_| sound)?;
            (KeyType::Rsa, [modulus, exponent].concat(), decoding)
        }
        ("EC", Some("P-256")) => elliptic(KeyType::P256, 32, text("x")?, text("y")?)?,
        ("EC", Some("P-384")) => elliptic(KeyType::P384, 48, text("x")?, text("y")?)?,
        ("OKP", Some("Ed25519")) => {
            let x = text("x")?;
            let material = bytes(x).filter(|material| material.len() == 32)?;
            (KeyType::Ed25519, material, DecodingKey::from_ed_components(x).ok()?)
        }
        _ => return None,
    };
    let (kid, algorithm) = (text("kid").map(str::to_owned), text("alg").map(str::to_owned));
    Some(Key { kid, key_type, algorithm, material, decoding })
}

fn is_for_signatures(entry: &Map<String, Value>) -> bool {
    let used = entry.get("use").is_none_or(|used| used == "sig");
    let operations = entry.get("key_ops").is_none_or(|operations| {
        let operations = operations.as_array();
        operations.is_some_and(|operations| operations.iter().any(|one| one == "verify"))
    });
    used && operations
}

fn elliptic(
    key_type: KeyType,
    bytes_each: usize,
    x: &str,
    y: &str,
) -> Option<(KeyType, Vec<u8>, DecodingKey)> {
    let material = [bytes(x)?, bytes(y)?].concat();
    let decoding = DecodingKey::from_ec_components(x, y).ok()?;
    (material.len() == 2 * bytes_each).then_some((key_type, material, decoding))
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
