//! Who is it? Step functions over what a client presents: no sockets, no waiting. An unknown
//! credential and a wrong secret are told apart by nobody, neither by answer nor by time.

mod plain;
mod scram;

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use catalog::model::Credential;
use catalog::{Snapshot, credential_id};
use time::OffsetDateTime;
use zeroize::Zeroizing;

pub use plain::{by_plain, plain_user};
pub use scram::{Hash, Scram};

/// The longest `Authorization` value that is looked at, in bytes: an id and a secret, in base64.
const AUTHORIZATION_BYTES_MAX: usize = 512;

/// Who a connection proved to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The application.
    pub application: String,
    /// The credential id it used.
    pub credential: String,
}

/// Why nobody is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthnError {
    /// Nothing was presented.
    #[error("no credential was presented")]
    Missing,
    /// Not Basic or Bearer, not decodable, or presented twice.
    #[error("the credential cannot be read")]
    Malformed,
    /// Unknown, wrong, revoked or expired.
    #[error("the credential was refused")]
    Refused,
}

/// Authenticates by HTTP `Authorization`: Basic (RFC 7617, user = credential id) or Bearer (RFC
/// 6750) with an application secret. `values` are all fields of that name.
///
/// # Errors
/// [`AuthnError`].
pub fn by_authorization<'a>(
    snapshot: &Snapshot,
    mut values: impl Iterator<Item = &'a [u8]>,
) -> Result<Principal, AuthnError> {
    let value = values.next().ok_or(AuthnError::Missing)?;
    if values.next().is_some() || value.len() > AUTHORIZATION_BYTES_MAX {
        return Err(AuthnError::Malformed);
    }
    let value = std::str::from_utf8(value).map_err(|_| AuthnError::Malformed)?;
    let (scheme, rest) = value.split_once(' ').ok_or(AuthnError::Malformed)?;
    let rest = rest.trim_matches(' ');
    if scheme.eq_ignore_ascii_case("basic") {
        let pair = STANDARD.decode(rest).map_err(|_| AuthnError::Malformed)?;
        let pair = Zeroizing::new(pair);
        let pair = std::str::from_utf8(&pair).map_err(|_| AuthnError::Malformed)?;
        let (user, secret) = pair.split_once(':').ok_or(AuthnError::Malformed)?;
        by_secret(snapshot, user, secret)
    } else if scheme.eq_ignore_ascii_case("bearer") {
        let id = credential_id(rest).ok_or(AuthnError::Refused)?;
        by_secret(snapshot, id, rest)
    } else {
        Err(AuthnError::Malformed)
    }
}

/// Authenticates by credential id and secret, as every door's user and password.
///
/// # Errors
/// [`AuthnError::Refused`].
pub fn by_secret(snapshot: &Snapshot, id: &str, secret: &str) -> Result<Principal, AuthnError> {
    /// Checked in place of a credential that is not there, so that both take the same time.
    static NOBODY: LazyLock<Credential> = LazyLock::new(|| Credential {
        application: String::new(),
        expires_at: None,
        revoked: true,
        verifier: Default::default(),
    });
    let known = snapshot.credentials.get(id);
    let credential = known.map_or(&*NOBODY, |credential| credential);
    let holds = credential.verify_at(secret, OffsetDateTime::now_utc());
    if !holds || known.is_none() {
        return Err(AuthnError::Refused);
    }
    Ok(Principal { application: credential.application.clone(), credential: id.to_owned() })
}

#[cfg(test)]
mod tests;
