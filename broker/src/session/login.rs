//! SASL PLAIN, where the options ask for it.

use kafka_protocol::messages::{
    RequestKind, ResponseKind, SaslAuthenticateRequest, SaslAuthenticateResponse,
    SaslHandshakeRequest, SaslHandshakeResponse,
};
use kafka_protocol::protocol::StrBytes;

use crate::code;
use crate::state::Shared;

/// The one mechanism.
const PLAIN: &str = "PLAIN";

/// How far a client's login is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Login {
    Needed,
    Mechanism,
    Done,
}

/// What the login made of a request.
pub(super) enum Taken {
    /// It was a step of the login.
    Answered(ResponseKind),
    /// Only who is logged in may ask that.
    Refused,
    /// It is for the broker.
    Passed(RequestKind),
}

impl Login {
    pub(super) fn new(shared: &Shared) -> Login {
        if shared.sasl.is_some() { Login::Needed } else { Login::Done }
    }

    /// Takes the steps of a login, and passes on what comes after it.
    pub(super) fn take(&mut self, shared: &Shared, request: RequestKind) -> Taken {
        match request {
            RequestKind::SaslHandshake(asked) => Taken::Answered(self.handshake(shared, &asked)),
            RequestKind::SaslAuthenticate(asked) => {
                Taken::Answered(self.authenticate(shared, &asked))
            }
            request if *self == Login::Done => Taken::Passed(request),
            _ => Taken::Refused,
        }
    }

    fn handshake(&mut self, shared: &Shared, asked: &SaslHandshakeRequest) -> ResponseKind {
        let known = asked.mechanism.as_str() == PLAIN && shared.sasl.is_some();
        if known {
            *self = Login::Mechanism;
        }
        let code = if known { code::NONE } else { code::UNSUPPORTED_SASL_MECHANISM };
        SaslHandshakeResponse::default()
            .with_error_code(code)
            .with_mechanisms(vec![StrBytes::from_static_str(PLAIN)])
            .into()
    }

    fn authenticate(&mut self, shared: &Shared, asked: &SaslAuthenticateRequest) -> ResponseKind {
        let expected = shared.sasl.as_ref();
        let expected = expected.map(|(user, password)| format!("\0{user}\0{password}"));
        let right = *self == Login::Mechanism
            && expected.is_some_and(|expected| expected.as_bytes() == asked.auth_bytes);
        let answer = SaslAuthenticateResponse::default();
        if right {
            *self = Login::Done;
            return answer.into();
        }
        *self = Login::Needed;
        let message = StrBytes::from_static_str("Authentication failed");
        answer
            .with_error_code(code::SASL_AUTHENTICATION_FAILED)
            .with_error_message(Some(message))
            .into()
    }
}
