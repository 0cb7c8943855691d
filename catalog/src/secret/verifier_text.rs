//! Verifiers as documents carry them, so that a restored server accepts the secrets that people
//! hold. Only an export that asks for them has them: whoever has one can try secrets against it.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::model::{ScramKeys, Verifier};

/// Most bytes of a salt or a key.
const BYTES_MAX: usize = 256;
/// Bounds of PBKDF2's iterations (RFC 5802 asks for 4,096 at least).
const ITERATIONS: std::ops::RangeInclusive<u32> = 4_096..=1_000_000;

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Text {
    sha256: String,
    scram_sha256: Keys,
    scram_sha512: Keys,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Keys {
    salt: String,
    iterations: u32,
    stored_key: String,
    server_key: String,
}

/// As a document's `spec.verifier`.
pub(crate) fn to_json(verifier: &Verifier) -> Value {
    let keys = |keys: &ScramKeys| Keys {
        salt: STANDARD.encode(&keys.salt),
        iterations: keys.iterations,
        stored_key: STANDARD.encode(&keys.stored_key),
        server_key: STANDARD.encode(&keys.server_key),
    };
    let text = Text {
        sha256: STANDARD.encode(verifier.sha256),
        scram_sha256: keys(&verifier.scram_sha256),
        scram_sha512: keys(&verifier.scram_sha512),
    };
    serde_json::to_value(text).unwrap_or_default()
}

/// Reads `spec.verifier`.
///
/// # Errors
/// That it is none: never what it holds.
pub(crate) fn from_json(value: Value) -> Result<Verifier, String> {
    let wrong = || "is not a verifier as `export --with-verifiers` writes it".to_owned();
    let text: Text = serde_json::from_value(value).map_err(|_| wrong())?;
    let bytes = |text: &str| {
        let bytes = STANDARD.decode(text).ok().filter(|bytes| bytes.len() <= BYTES_MAX);
        bytes.filter(|bytes| !bytes.is_empty()).ok_or_else(wrong)
    };
    let keys = |keys: &Keys| -> Result<ScramKeys, String> {
        Ok(ScramKeys {
            salt: bytes(&keys.salt)?,
            iterations: Some(keys.iterations)
                .filter(|i| ITERATIONS.contains(i))
                .ok_or_else(wrong)?,
            stored_key: bytes(&keys.stored_key)?,
            server_key: bytes(&keys.server_key)?,
        })
    };
    Ok(Verifier {
        sha256: bytes(&text.sha256)?.try_into().map_err(|_| wrong())?,
        scram_sha256: keys(&text.scram_sha256)?,
        scram_sha512: keys(&text.scram_sha512)?,
    })
}
