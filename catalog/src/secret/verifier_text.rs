//! Verifiers as documents carry them, so that a restored server accepts the secrets that people
//! hold. Only an export that asks for them has them: whoever has one can try secrets against it.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{
    model::{Kind, Proof, ScramKeys, Spec, Verifier},
    people,
};

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

/// What a document's `spec.verifier` holds.
pub(crate) enum Checked {
    /// Of a credential.
    Secret(Box<Verifier>),
    /// Of a user or a token.
    Proof(Proof),
}

/// As a document's `spec.verifier`; `None`: the noun has none.
pub(crate) fn to_json(spec: &Spec) -> Option<Value> {
    match spec {
        Spec::Credential(credential) if credential.verifier != Verifier::default() => {
            Some(of_credential(&credential.verifier))
        }
        spec => spec.proof().map(|proof| Value::String(proof.0.clone())),
    }
}

fn of_credential(verifier: &Verifier) -> Value {
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
pub(crate) fn from_json(kind: Kind, value: Value) -> Result<Checked, String> {
    let wrong = || "is not a verifier as `export --with-verifiers` writes it".to_owned();
    match kind {
        Kind::User => {
            let proof = value.as_str().and_then(people::read_password);
            return proof.map(Checked::Proof).ok_or_else(wrong);
        }
        Kind::Token => {
            let digest = value.as_str().and_then(super::read_token_digest);
            return digest.map(Checked::Proof).ok_or_else(wrong);
        }
        _ => {}
    }
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
    let verifier = Verifier {
        sha256: bytes(&text.sha256)?.try_into().map_err(|_| wrong())?,
        scram_sha256: keys(&text.scram_sha256)?,
        scram_sha512: keys(&text.scram_sha512)?,
    };
    Ok(Checked::Secret(Box::new(verifier)))
}
