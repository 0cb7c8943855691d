//! The opening handshake: on HTTP/1.1 (RFC 6455 section 4.2), and on HTTP/2, where one stream of
//! the connection becomes the WebSocket (RFC 8441).

#![expect(
    clippy::result_large_err,
    reason = "a refusal is made once per request and handed up at once: a box would gain nothing"
)]

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use tungstenite::handshake::derive_accept_key;

use crate::http::problem::{Problem, kind};

/// The subprotocol.
const SUBPROTOCOL: &str = "sluicegate.v1";
/// The only version there is.
const VERSION: &str = "13";
/// Bytes of a key.
const KEY_BYTES: usize = 16;

/// How a request asks for a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handshake {
    /// With `Upgrade: websocket`, on HTTP/1.1.
    Upgrade,
    /// With `CONNECT` and `:protocol`, on HTTP/2.
    Connect,
}

/// Whether a request of HTTP/1.1 asks for a WebSocket.
pub fn asked(headers: &HeaderMap) -> Option<Handshake> {
    let mut words = words(headers, header::UPGRADE);
    words.any(|word| word.eq_ignore_ascii_case("websocket")).then_some(Handshake::Upgrade)
}

/// The head of the answer that opens it.
///
/// # Errors
/// What is wrong with the request.
pub fn head(handshake: Handshake, headers: &HeaderMap) -> Result<Response<()>, Problem> {
    let mut response = match handshake {
        Handshake::Upgrade => upgrade(headers)?,
        Handshake::Connect => {
            check_version(headers)?;
            Response::new(())
        }
    };
    let mut offered = words(headers, header::SEC_WEBSOCKET_PROTOCOL).peekable();
    if offered.peek().is_some() {
        if !offered.any(|word| word == SUBPROTOCOL) {
            return Err(wrong("Offer the subprotocol `sluicegate.v1`, or none."));
        }
        let subprotocol = HeaderValue::from_static(SUBPROTOCOL);
        response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, subprotocol);
    }
    Ok(response)
}

fn wrong(detail: &'static str) -> Problem {
    Problem::new(kind::MALFORMED_REQUEST, detail)
}

fn check_version(headers: &HeaderMap) -> Result<(), Problem> {
    if one(headers, header::SEC_WEBSOCKET_VERSION) != Some(VERSION) {
        let detail = "Send `Sec-WebSocket-Version: 13`: there is no other version.";
        return Err(Problem::new(kind::WEBSOCKET_VERSION, detail));
    }
    Ok(())
}

fn upgrade(headers: &HeaderMap) -> Result<Response<()>, Problem> {
    if !words(headers, header::CONNECTION).any(|word| word.eq_ignore_ascii_case("upgrade")) {
        return Err(wrong("Send `Connection: Upgrade` with `Upgrade: websocket`."));
    }
    check_version(headers)?;
    let key = one(headers, header::SEC_WEBSOCKET_KEY)
        .filter(|key| STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == KEY_BYTES))
        .ok_or_else(|| wrong("Send one `Sec-WebSocket-Key` of 16 bytes in base64."))?;
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let fields = response.headers_mut();
    fields.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    fields.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes()));
    let accept = accept.map_err(|_| wrong("The key cannot be answered."))?;
    fields.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    Ok(response)
}

/// The value of a field that comes once.
fn one(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value.trim())
}

fn words(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let fields = fields
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        fields.collect()
    }

    const GOOD: [(&str, &str); 4] = [
        ("upgrade", "WebSocket"),
        ("connection", "keep-alive, Upgrade"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    #[test]
    fn the_example_of_the_standard_is_answered() {
        let head = head(Handshake::Upgrade, &headers(&GOOD)).expect("it is a handshake");
        assert_eq!(head.status(), 101);
        let accept = &head.headers()[header::SEC_WEBSOCKET_ACCEPT];
        assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert!(!head.headers().contains_key(header::SEC_WEBSOCKET_PROTOCOL));
    }

    #[test]
    fn what_is_not_a_handshake_is_refused_with_what_to_send() {
        let with = |name: &'static str, value: &'static str| {
            let mut fields = headers(&GOOD);
            fields.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            head(Handshake::Upgrade, &fields).map_err(|problem| problem.kind().code)
        };
        assert_eq!(with("connection", "close").err(), Some("malformed_request"));
        assert_eq!(with("sec-websocket-key", "c2hvcnQ=").err(), Some("malformed_request"));
        let version = with("sec-websocket-version", "8").err();
        assert_eq!(version, Some("websocket_version_not_supported"));
        assert_eq!(with("sec-websocket-protocol", "chat").err(), Some("malformed_request"));
        let ours = with("sec-websocket-protocol", "chat, sluicegate.v1").expect("it is ours");
        assert_eq!(ours.headers()[header::SEC_WEBSOCKET_PROTOCOL], SUBPROTOCOL);
        assert_eq!(asked(&headers(&GOOD)), Some(Handshake::Upgrade));
        assert_eq!(asked(&headers(&[("upgrade", "h2c")])), None);
    }

    #[test]
    fn over_http2_there_is_neither_a_key_nor_an_upgrade() {
        let of = |fields: &[(&'static str, &'static str)]| {
            head(Handshake::Connect, &headers(fields)).map_err(|problem| problem.kind().code)
        };
        let head =
            of(&[("sec-websocket-version", "13"), ("sec-websocket-protocol", "sluicegate.v1")]);
        let head = head.expect("it is a handshake");
        assert_eq!(head.status(), 200);
        assert_eq!(head.headers().len(), 1);
        assert_eq!(head.headers()[header::SEC_WEBSOCKET_PROTOCOL], SUBPROTOCOL);
        assert_eq!(of(&[]).err(), Some("websocket_version_not_supported"));
        let other = [("sec-websocket-version", "13"), ("sec-websocket-protocol", "chat")];
        assert_eq!(of(&other).err(), Some("malformed_request"));
    }
}
