//! What a client is told that did not prove who it is: the problem and the challenges (RFC 9110
//! 11.6.1, RFC 6750 section 3). Says of a token only what its holder may know.

use http::header::HeaderValue;
use identity::Refusal;

use super::{Problem, kind};
use crate::authn::AuthnError;

/// The challenges for clients that did not prove who they are.
const CHALLENGE_BASIC: &str = "Basic realm=\"sluicegate\", charset=\"UTF-8\"";
const CHALLENGE_BEARER: &str = "Bearer realm=\"sluicegate\"";

/// What a refusal challenges for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// Any credential.
    Any,
    /// Another token, for this reason (RFC 6750 3.1).
    Token(&'static str),
}

impl Challenge {
    /// The fields `WWW-Authenticate`.
    pub(super) fn values(self) -> [HeaderValue; 2] {
        [HeaderValue::from_static(CHALLENGE_BASIC), self.bearer()]
    }

    fn bearer(self) -> HeaderValue {
        let plain = HeaderValue::from_static(CHALLENGE_BEARER);
        match self {
            Challenge::Any => plain,
            Challenge::Token(told) => {
                let text = format!(
                    "{CHALLENGE_BEARER}, error=\"invalid_token\", error_description=\"{told}\""
                );
                HeaderValue::try_from(text).unwrap_or(plain)
            }
        }
    }
}

impl Problem {
    fn challenge(mut self, challenge: Challenge) -> Self {
        self.challenge = Some(challenge);
        self
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let told = refusal.told();
        if refusal.is_unavailable() {
            return Self::unavailable(
                kind::IDENTITY_UNAVAILABLE,
                "The gateway cannot check tokens of this issuer now and keeps trying. Try again \
                 later with the same token.",
            );
        }
        let detail = format!("{told}. Get a new access token for this gateway from its issuer.");
        Self::new(kind::TOKEN_REFUSED, detail).challenge(Challenge::Token(told))
    }
}

impl From<AuthnError> for Problem {
    fn from(error: AuthnError) -> Self {
        let unmatched = "No application is known by this token or certificate";
        let problem = match error {
            AuthnError::Token(refusal) => return Self::from(refusal),
            AuthnError::Ticket(refusal) => {
                let detail = format!("The ticket opens nothing: {refusal}. Get a new one.");
                return Self::new(kind::TICKET_REFUSED, detail);
            }
            AuthnError::Unmatched => {
                let detail = "The token or certificate holds, but no credential that works is \
                              about it. Ask for one for the application.";
                let problem = Self::new(kind::CREDENTIAL_REFUSED, detail);
                return problem.challenge(Challenge::Token(unmatched));
            }
            AuthnError::Missing => Self::new(
                kind::UNAUTHENTICATED,
                "Send the application's secret, `Authorization: Bearer slg_…`, or Basic with the \
                 credential id as user and the secret as password; or a token as Bearer, or a \
                 client certificate.",
            ),
            AuthnError::Malformed => Self::new(
                kind::CREDENTIAL_REFUSED,
                "The Authorization header cannot be read. Send it once, as `Bearer slg_…`, or \
                 Basic with the credential id as user and the secret as password.",
            ),
            AuthnError::Refused => Self::new(
                kind::CREDENTIAL_REFUSED,
                "The credential is unknown, wrong, revoked or expired. Check that the whole \
                 secret was copied, or issue a new one for the application.",
            ),
        };
        problem.challenge(Challenge::Any)
    }
}
