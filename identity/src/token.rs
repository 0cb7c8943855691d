//! Reads a JWT in compact form (RFC 7515, 7519) before anything of it is believed: bounded, strict,
//! and once, so that what is verified is what is used. Verifies nothing.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::algorithm::Algorithm;
use crate::json;
use crate::refusal::Refusal;

/// The longest token that is looked at, in bytes: half of what a request's head may have.
pub const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// The longest `kid`, in bytes: thumbprints have 43.
const KID_BYTES_MAX: usize = 256;

/// Media types (RFC 7515 4.1.9, RFC 9068 2.1) of access tokens, without `application/`.
const TYPES: [&str; 2] = ["jwt", "at+jwt"];

/// Header members that change what a token means; none of it is done here.
const EXTENSIONS: [&str; 5] = ["crit", "b64", "zip", "enc", "cty"];

/// A token that was read and is not believed yet.
#[derive(Clone, Debug)]
pub struct Token<'a> {
    /// What is signed: header, dot, claims.
    pub(crate) signed: &'a str,
    /// The signature, in base64url.
    pub(crate) signature: &'a str,
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: Option<String>,
    pub(crate) claims: Map<String, Value>,
}

/// Whether a text has the form of a JWT, as told from other bearer credentials.
pub fn looks_like_token(text: &str) -> bool {
    text.bytes().filter(|byte| *byte == b'.').count() == 2
}

/// Reads a token. `jwk`, `jku`, `x5u` and `x5c` are never looked at: keys are the issuer's.
///
/// # Errors
/// [`Refusal`].
pub fn read(text: &str) -> Result<Token<'_>, Refusal> {
    if text.len() > TOKEN_BYTES_MAX {
        return Err(Refusal::TooLong);
    }
    let (signed, signature) = text.rsplit_once('.').ok_or(Refusal::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(Refusal::Malformed)?;
    if URL_SAFE_NO_PAD.decode(signature).is_err() {
        return Err(Refusal::Malformed);
    }
    let header = part(header)?;
    let (algorithm, kid) = judge(&header)?;
    let claims = part(claims)?;
    Ok(Token { signed, signature, algorithm, kid, claims })
}

fn part(text: &str) -> Result<Map<String, Value>, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Refusal::Malformed)?;
    json::object(&bytes).ok_or(Refusal::Malformed)
}

fn judge(header: &Map<String, Value>) -> Result<(Algorithm, Option<String>), Refusal> {
    let algorithm = header.get("alg").and_then(Value::as_str).ok_or(Refusal::Algorithm)?;
    let algorithm = algorithm.parse().map_err(|()| Refusal::Algorithm)?;
    if EXTENSIONS.iter().any(|name| header.contains_key(*name)) {
        return Err(Refusal::Extension);
    }
    match header.get("typ") {
        None => {}
        Some(Value::String(name)) if is_access_token_type(name) => {}
        Some(_) => return Err(Refusal::Type),
    }
    let kid = match header.get("kid") {
        None => None,
        Some(Value::String(kid)) if kid.len() <= KID_BYTES_MAX => Some(kid.clone()),
        Some(_) => return Err(Refusal::Malformed),
    };
    Ok((algorithm, kid))
}

fn is_access_token_type(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    TYPES.contains(&name.strip_prefix("application/").unwrap_or(&name))
}
