//! One request of a client and its answer. The body is decoded only after the guard has walked it:
//! the message codec believes the counts on the wire.

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::ApiKey;
use kafka_protocol::protocol::{Encodable, Request};

use crate::wire::WireError;
use crate::wire::guard::{self, Cursor, GuardError};

mod errors;

pub use errors::{Errors, Tells};

/// One request, its body not decoded yet.
#[derive(Clone, Debug)]
pub struct Call {
    /// API key.
    pub api: i16,
    /// API version, as the client chose it.
    pub version: i16,
    /// What the answer is matched by.
    pub correlation_id: i32,
    /// What the client calls itself: not who it is.
    pub client_id: Option<String>,
    /// The body.
    pub body: Bytes,
}

/// Why a request cannot be read. Holds nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRequest {
    /// The bytes cannot be this request.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// No such API or version is served.
    #[error("no such API or version")]
    Undescribed,
    /// The codec refuses it: text that is not UTF-8, null where there must be something.
    #[error("impossible field")]
    Field,
}

impl From<GuardError> for BadRequest {
    fn from(error: GuardError) -> Self {
        match error {
            GuardError::Undescribed => Self::Undescribed,
            GuardError::Wire(error) => Self::Wire(error),
        }
    }
}

/// Why a connection is closed. A closed set: it is a metric label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// A frame or a request that cannot be read.
    BadRequest(BadRequest),
    /// An API or version that is not served.
    Unsupported,
    /// A request before the login.
    Unauthenticated,
    /// A login that failed, or a session that has ended.
    Refused,
    /// An answer that cannot be written in the client's version.
    Unencodable,
    /// The client asked for no answer, and the request was refused (acks=0).
    Unanswerable,
}

impl CloseReason {
    /// The metric label.
    pub fn label(self) -> &'static str {
        match self {
            Self::BadRequest(BadRequest::Wire(error)) => error.label(),
            Self::BadRequest(BadRequest::Field) => "bad_field",
            Self::BadRequest(BadRequest::Undescribed) | Self::Unsupported => "unsupported",
            Self::Unauthenticated => "unauthenticated",
            Self::Refused => "refused",
            Self::Unencodable => "unencodable",
            Self::Unanswerable => "unanswerable",
        }
    }
}

/// What a handler answers.
#[derive(Debug)]
pub enum Reply {
    /// The body's parts in order. The session writes length and header before them, all in one
    /// vectored write: parts are never copied. Beside them the errors that are told in them.
    Answer(Vec<Bytes>, Errors),
    /// No answer (acks=0).
    Nothing,
    /// Close the connection.
    Close(CloseReason),
}

impl Reply {
    /// An answer of one message.
    pub fn message<A: Encodable + Tells>(answer: &A, version: i16) -> Self {
        let mut body = BytesMut::new();
        match answer.encode(&mut body, version) {
            Ok(()) => Self::Answer(vec![body.freeze()], Errors::of(answer.codes())),
            Err(_) => Self::Close(CloseReason::Unencodable),
        }
    }
}

impl From<BadRequest> for Reply {
    fn from(bad: BadRequest) -> Self {
        Self::Close(CloseReason::BadRequest(bad))
    }
}

impl Call {
    /// Reads a frame's header; the rest is the body.
    ///
    /// # Errors
    /// [`BadRequest`]; `Undescribed` when the header's form is not known.
    pub fn read(frame: Bytes) -> Result<Self, BadRequest> {
        let mut cursor = Cursor::new(&frame);
        let (api, version) = (cursor.i16()?, cursor.i16()?);
        let correlation_id = cursor.i32()?;
        let known = ApiKey::try_from(api).map_err(|()| BadRequest::Undescribed)?;
        // The client id is never compact, whatever the header's version (KIP-482).
        let length = cursor.text_length(false)?;
        let client_id = length.map(|length| cursor.take(length)).transpose()?;
        let client_id = client_id.map(std::str::from_utf8).transpose();
        let client_id = client_id.map_err(|_| BadRequest::Field)?.map(ToOwned::to_owned);
        let codec = known.valid_versions();
        let decodable = (codec.min..=codec.max).contains(&version);
        // What follows in a version of the future is not known, and not needed for its refusal.
        if decodable && known.request_header_version(version) >= 2 {
            cursor.skip_tagged_fields()?;
        }
        let position = cursor.position();
        let body = frame.slice(position..);
        Ok(Self { api, version, correlation_id, client_id, body })
    }

    /// Decodes the body, after the guard has walked it.
    ///
    /// # Errors
    /// [`BadRequest`]: the connection is closed.
    pub fn decode<Q: Request>(&self) -> Result<Q, BadRequest> {
        guard::check_request(self.api, self.version, &self.body)?;
        Q::decode(&mut self.body.clone(), self.version).map_err(|_| BadRequest::Field)
    }
}

#[cfg(test)]
mod tests;
