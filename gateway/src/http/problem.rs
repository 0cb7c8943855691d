//! What the HTTP doors say when they cannot do what was asked: RFC 9457 problem documents with a
//! stable `code` and a `detail` that says what to do. One list for everything that can be refused,
//! the same on every path. Nothing of a payload, a key or a secret is ever part of one.

mod credentials;

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use catalog::model::Door;
use http::header::{self, HeaderValue};
use http::{Response, StatusCode};
use serde_json::{Map, Value};

use super::origin;
use crate::authn::AuthnError;
use crate::authz::Denial;
use crate::quota::RetryAfter;
use crate::reader::ReadError;
use credentials::Challenge;

/// When to try again after something that is being repaired, in seconds.
const RETRY_UNAVAILABLE: u64 = 2;

/// A kind of problem: what does not change from one occurrence to the next.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The HTTP status.
    pub status: u16,
    /// The stable name, for programs.
    pub code: &'static str,
    /// The stable title, for people.
    pub title: &'static str,
}

macro_rules! kinds {
    ($($name:ident = $status:literal $code:literal $title:literal;)*) => {
        /// Every kind there is.
        pub mod kind {
            use super::Kind;
            $(
                #[doc = $title]
                pub const $name: &Kind = &Kind { status: $status, code: $code, title: $title };
            )*
            /// All of them.
            pub const ALL: &[&Kind] = &[$($name),*];
        }
    };
}

kinds! {
    MALFORMED_REQUEST = 400 "malformed_request" "The request is not well-formed HTTP";
    MALFORMED_PATH = 400 "malformed_path" "The path holds what no path here has";
    UNKNOWN_PARAMETER = 400 "unknown_parameter" "The query has a parameter that is not known";
    INVALID_PARAMETER = 400 "invalid_parameter" "A parameter has a value that is not allowed";
    SECRET_IN_QUERY = 400 "secret_in_query" "Secrets do not belong into the address";
    UNAUTHENTICATED = 401 "unauthenticated" "A credential is needed";
    CREDENTIAL_REFUSED = 401 "credential_refused" "The credential was refused";
    TICKET_REFUSED = 401 "ticket_refused" "The ticket was refused";
    TOKEN_REFUSED = 401 "token_refused" "The token was refused";
    SUBSCRIPTION_PENDING = 403 "subscription_pending" "The subscription waits for approval";
    SUBSCRIPTION_SUSPENDED = 403 "subscription_suspended" "The subscription is suspended";
    SUBSCRIPTION_EXPIRED = 403 "subscription_expired" "The subscription has expired";
    DOOR_NOT_OFFERED = 403 "door_not_offered" "The plan does not offer this way to read";
    ORIGIN_NOT_ALLOWED = 403 "origin_not_allowed" "Pages of this origin may not read the endpoint";
    NOT_CONSUMABLE = 403 "not_consumable" "The endpoint is only written to";
    NOT_FOUND = 404 "not_found" "There is nothing at this address";
    ENDPOINT_NOT_FOUND = 404 "endpoint_not_found" "No such endpoint for this application";
    METHOD_NOT_ALLOWED = 405 "method_not_allowed" "The method is not offered here";
    NOT_ACCEPTABLE = 406 "not_acceptable" "None of the accepted media types is offered";
    REQUEST_TIMEOUT = 408 "request_timeout" "The request took too long to arrive";
    CURSOR_UNUSABLE = 410 "cursor_unusable" "The stream cannot go on from this cursor";
    EVENTS_GONE = 410 "events_gone" "Events at the cursor are gone";
    ENDPOINT_RETIRED = 410 "endpoint_retired" "The endpoint is retired";
    CONTENT_TOO_LARGE = 413 "content_too_large" "The request's body is too large";
    URI_TOO_LONG = 414 "uri_too_long" "The address is too long";
    UNSUPPORTED_MEDIA_TYPE = 415 "unsupported_media_type" "The body is of another media type";
    EXPECTATION_FAILED = 417 "expectation_failed" "The expectation is not met here";
    WEBSOCKET_VERSION = 426 "websocket_version_not_supported" "WebSocket has another version here";
    TOO_MANY_CONNECTIONS = 429 "too_many_connections" "The plan's connections are all taken";
    TOO_MANY_ATTEMPTS = 429 "too_many_attempts" "Too many credentials were refused";
    HEADERS_TOO_LARGE = 431 "headers_too_large" "The request's head is too large";
    PROTOCOL_NOT_OFFERED = 501 "protocol_not_offered" "The protocol is not offered here";
    ENDPOINT_CHANGED = 503 "endpoint_changed" "The endpoint was changed";
    POLICY_UNAVAILABLE = 503 "policy_unavailable" "The plan's policies cannot be applied";
    CLUSTER_UNAVAILABLE = 503 "cluster_unavailable" "The endpoint's cluster cannot serve now";
    TOPIC_UNAVAILABLE = 503 "topic_unavailable" "The endpoint's topic cannot be read now";
    IDENTITY_UNAVAILABLE = 503 "identity_unavailable" "Tokens cannot be checked now";
    TICKETS_UNAVAILABLE = 503 "tickets_unavailable" "There are no tickets here";
    DRAINING = 503 "draining" "This replica is shutting down";
    VERSION_NOT_SUPPORTED = 505 "version_not_supported" "The HTTP version is not supported";
}

/// One problem, ready to be told.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    kind: &'static Kind,
    detail: Cow<'static, str>,
    retry_after: Option<u64>,
    allow: Option<&'static str>,
    challenge: Option<Challenge>,
    /// The origin that the answer is opened to, if a page asked.
    opened: Option<Option<HeaderValue>>,
    members: Map<String, Value>,
}

impl Problem {
    /// A problem of this kind; `detail` says what to do.
    pub fn new(kind: &'static Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            retry_after: None,
            allow: None,
            challenge: None,
            opened: None,
            members: Map::new(),
        }
    }

    /// Adds a member, such as the list of what is allowed.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait.as_secs().max(1));
        self
    }

    /// Opens the answer to the page that asked, if that may read it.
    #[must_use]
    pub fn opened_to(mut self, origin: Option<HeaderValue>) -> Self {
        self.opened = Some(origin);
        self
    }

    /// Nothing is here.
    pub fn not_found() -> Self {
        Self::new(
            kind::NOT_FOUND,
            "Streams are at /v1/endpoints/{address}/events; check the address.",
        )
    }

    /// Only these methods are offered here.
    pub fn method_not_allowed(allow: &'static str) -> Self {
        let mut problem = Self::new(
            kind::METHOD_NOT_ALLOWED,
            format!("Use one of the methods offered here: {allow}."),
        );
        problem.allow = Some(allow);
        problem
    }

    /// The kind.
    pub fn kind(&self) -> &'static Kind {
        self.kind
    }

    /// What is wrong and what to do about it, in words.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The document.
    pub fn document(&self) -> Vec<u8> {
        let mut document = Map::new();
        let kind = self.kind;
        let code = kind.code;
        document.insert("type".into(), format!("urn:sluicegate:problem:{code}").into());
        document.insert("title".into(), kind.title.into());
        document.insert("status".into(), kind.status.into());
        document.insert("code".into(), code.into());
        document.insert("detail".into(), self.detail.as_ref().into());
        for (name, value) in &self.members {
            document.insert(name.clone(), value.clone());
        }
        // Without spaces and line ends: it is also one data line of an event stream.
        Value::Object(document).to_string().into_bytes()
    }

    /// The answer.
    pub fn response(&self) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(self.document()));
        *response.status_mut() =
            StatusCode::from_u16(self.kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.kind == kind::WEBSOCKET_VERSION {
            headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        }
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if let Some(origin) = &self.opened {
            origin::open(headers, origin.as_ref());
        }
        for value in self.challenge.into_iter().flat_map(Challenge::values) {
            headers.append(header::WWW_AUTHENTICATE, value);
        }
        response
    }

    fn unavailable(kind: &'static Kind, detail: &'static str) -> Self {
        Self::new(kind, detail).retry_after(Duration::from_secs(RETRY_UNAVAILABLE))
    }
}

impl From<Denial> for Problem {
    fn from(denial: Denial) -> Self {
        match denial {
            Denial::NotFound => Self::new(
                kind::ENDPOINT_NOT_FOUND,
                "There is no such endpoint, or this application has no subscription to it. Check \
                 the address, and subscribe the application to a plan of the endpoint.",
            ),
            Denial::Pending => Self::new(
                kind::SUBSCRIPTION_PENDING,
                "The endpoint's owner has not approved the subscription yet. Ask the owner.",
            ),
            Denial::Suspended => Self::new(
                kind::SUBSCRIPTION_SUSPENDED,
                "The subscription was suspended. Ask the endpoint's owner.",
            ),
            Denial::Expired => Self::new(
                kind::SUBSCRIPTION_EXPIRED,
                "The subscription's time is over. Renew it, or ask the endpoint's owner.",
            ),
            Denial::Retired => Self::new(
                kind::ENDPOINT_RETIRED,
                "The endpoint was retired and serves nothing any more. Look for its successor in \
                 the catalog.",
            ),
            Denial::DoorNotOffered { offered } => Self::new(
                kind::DOOR_NOT_OFFERED,
                "The subscription's plan does not offer this way to read. Use one of `offered`, \
                 or change the subscription to another plan.",
            )
            .with("offered", doors(&offered)),
            Denial::Direction => Self::new(
                kind::NOT_CONSUMABLE,
                "The endpoint's owner offers it for producing only. Nothing can be read from it.",
            ),
            Denial::Origin => Self::new(
                kind::ORIGIN_NOT_ALLOWED,
                "The endpoint's owner has not allowed pages of this origin: it must be one of its \
                 `allowedOrigins`, exactly as browsers write it.",
            ),
            Denial::Credential => Self::from(AuthnError::Refused),
            Denial::NoChain => Self::unavailable(
                kind::POLICY_UNAVAILABLE,
                "The plan's policies cannot be applied now, so nothing is shown. The operator's \
                 log says why; the stream works again when that is repaired.",
            ),
        }
    }
}

fn doors(doors: &[Door]) -> Value {
    doors.iter().filter_map(|door| serde_json::to_value(door).ok()).collect()
}

impl Problem {
    /// Whoever was refused too often is not looked at for so long.
    pub fn too_many_attempts(wait: Duration) -> Self {
        let detail = "Too many credentials were refused from where this comes. Wait as long as \
                      Retry-After says, and send one that works.";
        Self::new(kind::TOO_MANY_ATTEMPTS, detail).retry_after(wait)
    }
}

impl From<RetryAfter> for Problem {
    fn from(RetryAfter(wait): RetryAfter) -> Self {
        Self::new(
            kind::TOO_MANY_CONNECTIONS,
            "All connections that the plan allows for this subscription are open. Close one, or \
             wait as long as Retry-After says.",
        )
        .retry_after(wait)
    }
}

impl From<&ReadError> for Problem {
    fn from(error: &ReadError) -> Self {
        let gone = |kind| {
            Self::new(
                kind,
                format!(
                    "The stream cannot go on: {error}. Start anew without Last-Event-ID, with \
                     `from=earliest`, `from=latest` or a timestamp."
                ),
            )
        };
        match error {
            ReadError::Cursor(_) => gone(kind::CURSOR_UNUSABLE),
            ReadError::Expired { .. }
            | ReadError::BehindWindow { .. }
            | ReadError::Truncated { .. }
            | ReadError::TopicGone => gone(kind::EVENTS_GONE),
            ReadError::Moved => Self::unavailable(
                kind::ENDPOINT_CHANGED,
                "The endpoint was changed while it was being read. Connect again with the last \
                 event id.",
            ),
            ReadError::KeyRuleOnCompacted => Self::unavailable(
                kind::POLICY_UNAVAILABLE,
                "A rule of the plan changes keys in a way that could merge two of them, and the \
                 topic is compacted, so nothing is shown. Ask the endpoint's owner to use a keyed \
                 hash without truncation.",
            ),
            ReadError::Unavailable => Self::unavailable(
                kind::CLUSTER_UNAVAILABLE,
                "The gateway cannot reach the endpoint's cluster now and keeps trying. Connect \
                 again later; nothing is lost.",
            ),
            ReadError::UnknownTopic => Self::unavailable(
                kind::TOPIC_UNAVAILABLE,
                "The endpoint's topic is missing, or the gateway may not read it. The operator \
                 must repair that; connect again later.",
            ),
        }
    }
}

#[cfg(test)]
mod tests;
