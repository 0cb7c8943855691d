//! Tokens (JWTs) as proof of an application: what the issuer signed, and which credential is about
//! it. Signatures and claims are checked by `identity`.

use catalog::Snapshot;
use identity::Verifier;
use time::OffsetDateTime;

use super::{AuthnError, Principal};

/// Authenticates by a token, as every door's OAuth bearer. The proof ends when the token expires.
/// May wait some seconds for the issuer's keys.
///
/// # Errors
/// [`AuthnError::Token`], [`AuthnError::Unmatched`].
pub async fn by_token(
    snapshot: &Snapshot,
    tokens: &Verifier,
    token: &str,
) -> Result<Principal, AuthnError> {
    let claims = tokens.verify(token).await.map_err(AuthnError::Token)?;
    let (issuer, now) = (claims.issuer(), OffsetDateTime::now_utc());
    let found = snapshot.identities.by_token(issuer, |name| claims.values(name), now);
    match found {
        Ok(Some((id, credential))) => {
            Ok(Principal::new(&credential.application, id, Some(claims.expires_at())))
        }
        Ok(None) => Err(AuthnError::Unmatched),
        Err(ambiguous) => {
            tracing::warn!(issuer, %ambiguous, "a token is refused");
            Err(AuthnError::Unmatched)
        }
    }
}
