//! SASL PLAIN (RFC 4616): user and secret in one message. Whether the way it came is private is
//! for the door to know.

use catalog::Snapshot;

use super::{AuthnError, Principal, by_secret};

/// Longest message that is looked at, in bytes: an id twice and a secret.
const MESSAGE_BYTES_MAX: usize = 512;

/// Authenticates by a PLAIN message. The user is the credential id.
///
/// # Errors
/// [`AuthnError`].
pub fn by_plain(snapshot: &Snapshot, message: &[u8]) -> Result<Principal, AuthnError> {
    let (user, secret) = read(message).ok_or(AuthnError::Malformed)?;
    by_secret(snapshot, user, secret)
}

/// The user that a PLAIN message names; nothing is proved.
pub fn plain_user(message: &[u8]) -> Option<&str> {
    read(message).map(|(user, _)| user)
}

fn read(message: &[u8]) -> Option<(&str, &str)> {
    let message = Some(message).filter(|message| message.len() <= MESSAGE_BYTES_MAX)?;
    let mut parts = std::str::from_utf8(message).ok()?.split('\0');
    let (identity, user, secret) = (parts.next()?, parts.next()?, parts.next()?);
    // Nobody acts for somebody else.
    let own = identity.is_empty() || identity == user;
    (own && !user.is_empty() && parts.next().is_none()).then_some((user, secret))
}
