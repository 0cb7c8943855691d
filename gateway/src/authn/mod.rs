//! Who is it? Step functions over what a client presents: no sockets. An unknown credential and a
//! wrong secret are told apart by nobody, neither by answer nor by time. Only tokens may have to be
//! waited for: their issuer's keys may have to be fetched.

mod attempts;
mod authorization;
mod certificate;
mod token;

mod plain;
mod scram;
mod ticket;

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use catalog::Snapshot;
use catalog::model::Credential;
use identity::{Refusal, Verifier};
use time::OffsetDateTime;

pub use attempts::Attempts;
pub use authorization::{Presented, presented};
pub use certificate::{ClientCertificate, by_certificate};
pub use plain::{by_plain, plain_user};
pub use scram::{Hash, Scram};
pub use ticket::{Held, TicketRefusal, TicketUse, by_ticket};
pub use token::by_token;

/// Who a connection proved to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The application.
    pub application: String,
    /// The credential id it used.
    pub credential: String,
    /// When the proof itself ends: a token's or a certificate's expiry. Secrets have none.
    pub expires_at: Option<OffsetDateTime>,
    /// The ticket by which it came, and by which it may do no more than that says.
    pub ticket: Option<Arc<Held>>,
}

impl Principal {
    /// An application by a credential of its own.
    pub fn new(application: &str, credential: &str, expires_at: Option<OffsetDateTime>) -> Self {
        let (application, credential) = (application.to_owned(), credential.to_owned());
        Self { application, credential, expires_at, ticket: None }
    }

    /// Whether the same credential was proved, at whatever time.
    pub fn is_same(&self, other: &Self) -> bool {
        self.application == other.application && self.credential == other.credential
    }
}

/// At whose request: where from, and with the certificate of which connection.
#[derive(Clone, Copy, Default)]
pub struct Caller<'a> {
    /// The address of the other end.
    pub peer: Option<IpAddr>,
    /// What its connection was opened with.
    pub certificate: Option<&'a ClientCertificate>,
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
    /// The token does not hold, or cannot be checked now.
    #[error("the token was refused: {0}")]
    Token(Refusal),
    /// The ticket opens nothing.
    #[error("the ticket was refused: {0}")]
    Ticket(TicketRefusal),
    /// The token or certificate holds, and no credential that works is about it.
    #[error("no credential is about this token or certificate")]
    Unmatched,
}

/// Authenticates what an HTTP request presents in its `Authorization` or, without that, by the
/// certificate of its connection.
///
/// # Errors
/// [`AuthnError`].
pub async fn by_presented(
    snapshot: &Snapshot,
    tokens: &Verifier,
    presented: Result<Presented<'_>, AuthnError>,
    certificate: Option<&ClientCertificate>,
) -> Result<Principal, AuthnError> {
    match (presented, certificate) {
        (Ok(Presented::Secret(id, secret)), _) => by_secret(snapshot, &id, &secret),
        (Ok(Presented::Token(token)), _) => by_token(snapshot, tokens, token).await,
        (Err(AuthnError::Missing), Some(certificate)) => by_certificate(snapshot, certificate),
        (Err(error), _) => Err(error),
    }
}

/// Authenticates by credential id and secret, as every door's user and password.
///
/// # Errors
/// [`AuthnError::Refused`].
pub fn by_secret(snapshot: &Snapshot, id: &str, secret: &str) -> Result<Principal, AuthnError> {
    /// Checked in place of a credential that is not there, so that both take the same time.
    static NOBODY: LazyLock<Credential> =
        LazyLock::new(|| Credential { revoked: true, ..Credential::default() });
    let known = snapshot.credentials.get(id);
    let credential = known.map_or(&*NOBODY, |credential| credential);
    let holds = credential.verify_at(secret, OffsetDateTime::now_utc());
    if !holds || known.is_none() {
        return Err(AuthnError::Refused);
    }
    Ok(Principal::new(&credential.application, id, None))
}

#[cfg(test)]
mod tests;
