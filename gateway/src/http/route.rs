//! Which resource a request means: one function for both ways in. Paths are taken as they are
//! written; nothing is normalised, so nothing that another party would normalise gets through.

#![expect(
    clippy::result_large_err,
    reason = "a refusal is made once per request and handed up at once: a box would gain nothing"
)]

use http::header::{ACCEPT, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, Method, Uri};

use super::problem::{Problem, kind};
use super::websocket::{self, Handshake};

/// Where tickets are made.
const TICKETS: &str = "/v1/tickets";

/// Where several endpoints are read on one connection.
const SEVERAL: &str = "/v1/stream";

/// How events are offered.
const OFFERED: &str = "text/event-stream";

/// A request's head, as far as the doors look at it.
#[derive(Clone, Copy)]
pub struct Head<'a> {
    /// The method; of a WebSocket over HTTP/2 too, it is GET.
    pub method: &'a Method,
    /// The target.
    pub uri: &'a Uri,
    /// The header fields.
    pub headers: &'a HeaderMap,
    /// How a WebSocket is asked for, if it is.
    pub handshake: Option<Handshake>,
}

impl<'a> Head<'a> {
    /// The head of a request that opens no tunnel.
    pub fn new(method: &'a Method, uri: &'a Uri, headers: &'a HeaderMap) -> Self {
        Self { method, uri, headers, handshake: websocket::asked(headers) }
    }

    /// The head of a request that opens a tunnel for a WebSocket.
    pub fn connect(uri: &'a Uri, headers: &'a HeaderMap) -> Self {
        Self { method: &Method::GET, uri, headers, handshake: Some(Handshake::Connect) }
    }
}

/// What a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// The events of the endpoint at this address, as Server-Sent Events.
    Events {
        /// The address, decoded.
        address: String,
    },
    /// The events of several endpoints, on one WebSocket.
    Several,
    /// Whether a page may ask for the events of the endpoint at this address.
    Preflight {
        /// The address, decoded.
        address: String,
    },
    /// Tickets.
    Tickets,
    /// Nothing that the data plane knows.
    Elsewhere,
}

/// What is offered at an endpoint's events.
pub const METHODS: &str = "GET, HEAD, OPTIONS";

/// Decides what a request is for.
///
/// # Errors
/// 400 for a path that no resource has, 405, 406.
pub fn route(head: &Head<'_>) -> Result<Route, Problem> {
    let Head { method, uri, headers, handshake } = *head;
    if matches!(*method, Method::CONNECT | Method::TRACE) {
        return Err(Problem::method_not_allowed("GET, HEAD, POST, PUT, PATCH, DELETE"));
    }
    let path = uri.path();
    check_path(path)?;
    if path == TICKETS {
        return match *method {
            Method::POST => Ok(Route::Tickets),
            _ => Err(Problem::method_not_allowed("POST")),
        };
    }
    if path == SEVERAL {
        return match handshake {
            Some(_) if *method == Method::GET => Ok(Route::Several),
            _ => Err(Problem::new(kind::WEBSOCKET_VERSION, "Ask for a WebSocket here.")),
        };
    }
    let Some(address) = events_address(path) else {
        return Ok(Route::Elsewhere);
    };
    let address = decode(address).ok_or_else(malformed_path)?;
    match *method {
        Method::GET | Method::HEAD => {}
        Method::OPTIONS => return Ok(Route::Preflight { address }),
        _ => return Err(Problem::method_not_allowed(METHODS)),
    }
    if handshake.is_none() && !accepts_events(headers) {
        return Err(Problem::new(
            kind::NOT_ACCEPTABLE,
            "Send `Accept: text/event-stream`, or no Accept header.",
        )
        .with("offered", vec![OFFERED]));
    }
    if has_body(headers) {
        return Err(Problem::new(
            kind::MALFORMED_REQUEST,
            "A stream is asked for without a body: send neither Transfer-Encoding nor a \
             Content-Length above 0.",
        ));
    }
    Ok(Route::Events { address })
}

/// Whether a body is announced. Who announces it in two ways (RFC 9112 6.1) may mean to smuggle;
/// hyper shows only one of them.
fn has_body(headers: &HeaderMap) -> bool {
    let lengths = headers.get_all(CONTENT_LENGTH);
    headers.contains_key(TRANSFER_ENCODING) || lengths.iter().any(|length| length != "0")
}

/// Whether a path is one of an endpoint's events, without looking closer.
pub fn is_events_path(path: &str) -> bool {
    path == SEVERAL || events_address(path).is_some()
}

fn events_address(path: &str) -> Option<&str> {
    let address = path.strip_prefix("/v1/endpoints/")?.strip_suffix("/events")?;
    (!address.is_empty() && !address.contains('/')).then_some(address)
}

fn malformed_path() -> Problem {
    Problem::new(
        kind::MALFORMED_PATH,
        "Write the path plainly: no dot segments, no `;`, no backslash, no encoded slashes, \
         percent signs or control characters.",
    )
}

/// Refuses what only serves to mean one thing here and another elsewhere.
fn check_path(path: &str) -> Result<(), Problem> {
    for segment in path.split('/') {
        let decoded = decode(segment).ok_or_else(malformed_path)?;
        let tricky = |c: char| c.is_control() || matches!(c, '/' | '\\' | '%' | ';');
        if decoded == "." || decoded == ".." || decoded.contains(tricky) {
            return Err(malformed_path());
        }
    }
    Ok(())
}

/// Decodes percent-encoding once; `None` if it is broken or not UTF-8.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digit = |b: Option<u8>| char::from(b?).to_digit(16);
            let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
            decoded.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).ok()
}

/// RFC 9110 12.5.1: the most specific range that matches decides; weight 0 excludes.
fn accepts_events(headers: &HeaderMap) -> bool {
    let mut best: Option<(u8, bool)> = None;
    let mut any = false;
    for value in headers.get_all(ACCEPT) {
        any = true;
        let Ok(value) = value.to_str() else { continue };
        for range in value.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let specific = match parts.next().map(str::to_ascii_lowercase).as_deref() {
                Some(OFFERED) => 2,
                Some("text/*") => 1,
                Some("*/*") => 0,
                _ => continue,
            };
            let excluded = parts.any(|p| {
                let weight = p.strip_prefix("q=").or_else(|| p.strip_prefix("Q="));
                weight.is_some_and(|weight| weight.parse::<f32>().is_ok_and(|w| w <= 0.0))
            });
            if best.is_none_or(|(known, _)| specific > known) {
                best = Some((specific, !excluded));
            }
        }
    }
    match best {
        Some((_, accepted)) => accepted,
        None => !any,
    }
}

#[cfg(test)]
mod tests;
