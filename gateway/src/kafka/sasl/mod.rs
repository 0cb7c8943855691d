//! Logging in (KIP-43, KIP-152, KIP-368): a handshake that chooses the mechanism, then its tokens
//! in SaslAuthenticate frames. Tokens outside of frames (handshake version 0) are refused. The
//! mechanisms themselves are in `authn`; here is their order, and what is answered.

mod failures;
mod oauthbearer;

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use catalog::Snapshot;
use identity::Verifier;
use kafka_protocol::messages::{
    SaslAuthenticateRequest, SaslAuthenticateResponse, SaslHandshakeRequest, SaslHandshakeResponse,
};
use kafka_protocol::protocol::StrBytes;

pub use failures::Failures;
pub use oauthbearer::token as oauthbearer_token;

use super::call::{Call, Reply};
use super::cluster::ClusterKey;
use crate::authn::{self, AuthnError, Hash, Principal, Scram};
use crate::signal::Signal;

const UNSUPPORTED_SASL_MECHANISM: i16 = 33;
const ILLEGAL_SASL_STATE: i16 = 34;
const SASL_AUTHENTICATION_FAILED: i16 = 58;

/// Said of every failed login, whatever the reason.
const REFUSAL: &str = "Authentication failed.";

/// Random bytes of the server's part of a nonce.
const NONCE_BYTES: usize = 24;

/// A SASL mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// RFC 4616; only where nobody can listen.
    Plain,
    /// RFC 7677.
    ScramSha256,
    /// As RFC 7677, with SHA-512.
    ScramSha512,
    /// RFC 7628; only where nobody can listen, and where an issuer is configured.
    OAuthBearer,
}

impl Mechanism {
    const ALL: [Self; 4] = [Self::ScramSha256, Self::ScramSha512, Self::OAuthBearer, Self::Plain];

    /// Its registered name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
            Self::OAuthBearer => "OAUTHBEARER",
        }
    }
}

/// What a login is checked against.
pub struct Ground<'a> {
    /// The catalog.
    pub signal: &'a Signal,
    /// Makes the salts of credentials that do not exist.
    pub key: &'a ClusterKey,
    /// Whether nobody can listen: TLS, or a connection within this machine.
    pub private: bool,
    /// Verifies tokens.
    pub tokens: &'a Verifier,
    /// Where the client is.
    pub peer: IpAddr,
}

/// How a login goes on.
pub enum Step {
    /// Say this and go on.
    Continue(Reply),
    /// The client proved who it is. Say this after the login's lifetime was set in it.
    Done(Box<SaslAuthenticateResponse>, Principal),
    /// The login failed. Say this, late, and close.
    Failed(Reply),
}

/// A login under way on one connection.
#[derive(Default)]
pub struct Login {
    state: State,
}

#[derive(Default)]
enum State {
    #[default]
    Idle,
    Chosen(Mechanism),
    Proof(Mechanism, Box<Scram>),
    /// The client was told that its token does not hold, and has to acknowledge it.
    TokenRefused,
}

impl Login {
    /// Whether a handshake was made whose login is not finished.
    pub fn is_under_way(&self) -> bool {
        !matches!(self.state, State::Idle)
    }

    /// The mechanism in use.
    pub fn mechanism(&self) -> Option<Mechanism> {
        match &self.state {
            State::Idle => None,
            State::Chosen(mechanism) | State::Proof(mechanism, _) => Some(*mechanism),
            State::TokenRefused => Some(Mechanism::OAuthBearer),
        }
    }

    /// Answers a SaslHandshake.
    pub fn handshake(&mut self, ground: &Ground<'_>, call: &Call) -> Step {
        let request: SaslHandshakeRequest = match call.decode() {
            Ok(request) => request,
            Err(bad) => return Step::Failed(bad.into()),
        };
        let offered = || Mechanism::ALL.into_iter().filter(|m| is_offered(*m, ground));
        let chosen = offered().find(|mechanism| mechanism.name() == request.mechanism.as_str());
        let code = match chosen {
            _ if self.is_under_way() => ILLEGAL_SASL_STATE,
            // Version 0 announces tokens without frames.
            Some(_) if call.version >= 1 => 0,
            _ => UNSUPPORTED_SASL_MECHANISM,
        };
        let names = offered().map(|mechanism| StrBytes::from_static_str(mechanism.name()));
        let answer =
            SaslHandshakeResponse::default().with_error_code(code).with_mechanisms(names.collect());
        let reply = Reply::message(&answer, call.version);
        match chosen.filter(|_| code == 0) {
            Some(mechanism) => {
                self.state = State::Chosen(mechanism);
                Step::Continue(reply)
            }
            None => Step::Failed(reply),
        }
    }

    /// Answers a SaslAuthenticate. May wait for the keys of a token's issuer.
    pub async fn authenticate(&mut self, ground: &Ground<'_>, call: &Call) -> Step {
        let request: SaslAuthenticateRequest = match call.decode() {
            Ok(request) => request,
            Err(bad) => return Step::Failed(bad.into()),
        };
        let token = &request.auth_bytes;
        let snapshot = ground.signal.snapshot();
        let outcome = match std::mem::take(&mut self.state) {
            State::Idle => return Step::Failed(failure(call, ILLEGAL_SASL_STATE)),
            State::Chosen(Mechanism::OAuthBearer) => {
                match by_oauthbearer(&snapshot, ground, token).await {
                    // The client must be told why in a message of the mechanism first.
                    Err(AuthnError::Token(_) | AuthnError::Unmatched) => {
                        return self.refuse_token(call);
                    }
                    outcome => outcome.map(|principal| (principal, Bytes::new())),
                }
            }
            State::TokenRefused if token.as_ref() != oauthbearer::ACKNOWLEDGED => {
                return Step::Failed(failure(call, ILLEGAL_SASL_STATE));
            }
            State::TokenRefused => return Step::Failed(refusal(call)),
            State::Chosen(Mechanism::Plain) => {
                authn::by_plain(&snapshot, token).map(|principal| (principal, Bytes::new()))
            }
            State::Chosen(Mechanism::ScramSha256) => {
                return self.first(Mechanism::ScramSha256, ground, call, token);
            }
            State::Chosen(Mechanism::ScramSha512) => {
                return self.first(Mechanism::ScramSha512, ground, call, token);
            }
            State::Proof(_, scram) => {
                scram.finish(token).map(|(principal, last)| (principal, Bytes::from(last)))
            }
        };
        match outcome {
            Ok((principal, token)) => {
                let answer = SaslAuthenticateResponse::default().with_auth_bytes(token);
                Step::Done(Box::new(answer), principal)
            }
            Err(_) => Step::Failed(refusal(call)),
        }
    }

    /// RFC 7628 3.2.2: the reason as JSON; the client's acknowledgement ends the login.
    fn refuse_token(&mut self, call: &Call) -> Step {
        self.state = State::TokenRefused;
        let told = Bytes::from_static(oauthbearer::INVALID);
        let answer = SaslAuthenticateResponse::default().with_auth_bytes(told);
        Step::Continue(Reply::message(&answer, call.version))
    }

    fn first(
        &mut self,
        mechanism: Mechanism,
        ground: &Ground<'_>,
        call: &Call,
        token: &[u8],
    ) -> Step {
        let hash = match mechanism {
            Mechanism::ScramSha512 => Hash::Sha512,
            _ => Hash::Sha256,
        };
        let secret = ground.key.derive(&[b"scram salt"]);
        let nonce = URL_SAFE_NO_PAD.encode(rand::random::<[u8; NONCE_BYTES]>());
        let snapshot = ground.signal.snapshot();
        match Scram::begin(hash, &snapshot, &secret, &nonce, token) {
            Ok((scram, first)) => {
                self.state = State::Proof(mechanism, Box::new(scram));
                let answer = SaslAuthenticateResponse::default().with_auth_bytes(first.into());
                Step::Continue(Reply::message(&answer, call.version))
            }
            Err(_) => Step::Failed(refusal(call)),
        }
    }

    /// The credential that the login under way is for, as far as the token says; nothing is proved.
    pub fn user<'a>(&'a self, call: &'a Call) -> Option<String> {
        match &self.state {
            State::Proof(_, scram) => Some(scram.user().to_owned()),
            State::Chosen(Mechanism::Plain) => {
                let request: SaslAuthenticateRequest = call.decode().ok()?;
                authn::plain_user(&request.auth_bytes).map(ToOwned::to_owned)
            }
            _ => None,
        }
    }
}

async fn by_oauthbearer(
    snapshot: &Snapshot,
    ground: &Ground<'_>,
    message: &[u8],
) -> Result<Principal, AuthnError> {
    let token = oauthbearer::token(message).ok_or(AuthnError::Malformed)?;
    authn::by_token(snapshot, ground.tokens, token).await
}

fn is_offered(mechanism: Mechanism, ground: &Ground<'_>) -> bool {
    match mechanism {
        Mechanism::Plain => ground.private,
        Mechanism::OAuthBearer => ground.private && ground.tokens.has_issuers(),
        Mechanism::ScramSha256 | Mechanism::ScramSha512 => true,
    }
}

/// The answer to a failed login: the same for every reason.
pub fn refusal(call: &Call) -> Reply {
    failure(call, SASL_AUTHENTICATION_FAILED)
}

fn failure(call: &Call, code: i16) -> Reply {
    let answer = SaslAuthenticateResponse::default()
        .with_error_code(code)
        .with_error_message(Some(StrBytes::from_static_str(REFUSAL)));
    Reply::message(&answer, call.version)
}
