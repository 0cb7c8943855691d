//! Reads the HTTP field `Authorization`: Basic (RFC 7617, user = credential id) or Bearer (RFC
//! 6750) with an application's secret or a token. Judges nothing.

use base64::{Engine, engine::general_purpose::STANDARD};
use catalog::credential_id;
use zeroize::Zeroizing;

use super::AuthnError;

/// The longest `Authorization` value with a secret that is looked at, in bytes: an id and a secret,
/// in base64.
pub(super) const SECRET_BYTES_MAX: usize = 512;

/// The longest with a token.
const TOKEN_BYTES_MAX: usize = identity::TOKEN_BYTES_MAX + "Bearer ".len();

/// What a request presents.
#[derive(Clone, PartialEq, Eq)]
pub enum Presented<'a> {
    /// A credential id and its secret.
    Secret(String, Zeroizing<String>),
    /// A token (JWT).
    Token(&'a str),
}

impl Presented<'_> {
    /// The credential that it names.
    pub fn credential(&self) -> Option<&str> {
        match self {
            Presented::Secret(id, _) => Some(id),
            Presented::Token(_) => None,
        }
    }
}

impl std::fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Presented::Secret(..) => "Secret(…)",
            Presented::Token(_) => "Token(…)",
        })
    }
}

/// Reads all fields of that name.
///
/// # Errors
/// [`AuthnError`].
pub fn presented<'a>(
    mut values: impl Iterator<Item = &'a [u8]>,
) -> Result<Presented<'a>, AuthnError> {
    let value = values.next().ok_or(AuthnError::Missing)?;
    if values.next().is_some() || value.len() > TOKEN_BYTES_MAX {
        return Err(AuthnError::Malformed);
    }
    let long = value.len() > SECRET_BYTES_MAX;
    let value = std::str::from_utf8(value).map_err(|_| AuthnError::Malformed)?;
    let (scheme, rest) = value.split_once(' ').ok_or(AuthnError::Malformed)?;
    let rest = rest.trim_matches(' ');
    if scheme.eq_ignore_ascii_case("bearer") {
        match credential_id(rest) {
            Some(id) if !long => Ok(Presented::Secret(id.to_owned(), secret(rest))),
            // Secrets hold no dot, tokens two.
            None if identity::looks_like_token(rest) => Ok(Presented::Token(rest)),
            None if !long => Err(AuthnError::Refused),
            _ => Err(AuthnError::Malformed),
        }
    } else if scheme.eq_ignore_ascii_case("basic") && !long {
        basic(rest)
    } else {
        Err(AuthnError::Malformed)
    }
}

fn basic<'a>(pair: &str) -> Result<Presented<'a>, AuthnError> {
    let pair = Zeroizing::new(STANDARD.decode(pair).map_err(|_| AuthnError::Malformed)?);
    let pair = std::str::from_utf8(&pair).map_err(|_| AuthnError::Malformed)?;
    let (user, password) = pair.split_once(':').ok_or(AuthnError::Malformed)?;
    Ok(Presented::Secret(user.to_owned(), secret(password)))
}

fn secret(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}
