//! The opening handshake (RFC 6455 section 4.2), on HTTP/1.1.

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

/// Whether a request asks for a WebSocket.
pub fn asked(headers: &HeaderMap) -> bool {
    words(headers, header::UPGRADE).any(|word| word.eq_ignore_ascii_case("websocket"))
}

/// The head of the answer that opens it.
///
/// # Errors
/// What is wrong with the request.
pub fn head(headers: &HeaderMap) -> Result<Response<()>, Problem> {
    let wrong = |detail: &'static str| Problem::new(kind::MALFORMED_REQUEST, detail);
    if !words(headers, header::CONNECTION).any(|word| word.eq_ignore_ascii_case("upgrade")) {
        return Err(wrong("Send `Connection: Upgrade` with `Upgrade: websocket`."));
    }
    if one(headers, header::SEC_WEBSOCKET_VERSION) != Some(VERSION) {
        let detail = "Send `Sec-WebSocket-Version: 13`: there is no other version.";
        return Err(Problem::new(kind::WEBSOCKET_VERSION, detail));
    }
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
    let mut offered = words(headers, header::SEC_WEBSOCKET_PROTOCOL).peekable();
    if offered.peek().is_some() {
        if !offered.any(|word| word == SUBPROTOCOL) {
            return Err(wrong("Offer the subprotocol `sluicegate.v1`, or none."));
        }
        let subprotocol = HeaderValue::from_static(SUBPROTOCOL);
        fields.insert(header::SEC_WEBSOCKET_PROTOCOL, subprotocol);
    }
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
        let head = head(&headers(&GOOD)).expect("it is a handshake");
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
            head(&fields).map_err(|problem| problem.kind().code)
        };
        assert_eq!(with("connection", "close").err(), Some("malformed_request"));
        assert_eq!(with("sec-websocket-key", "c2hvcnQ=").err(), Some("malformed_request"));
        let version = with("sec-websocket-version", "8").err();
        assert_eq!(version, Some("websocket_version_not_supported"));
        assert_eq!(with("sec-websocket-protocol", "chat").err(), Some("malformed_request"));
        let ours = with("sec-websocket-protocol", "chat, sluicegate.v1").expect("it is ours");
        assert_eq!(ours.headers()[header::SEC_WEBSOCKET_PROTOCOL], SUBPROTOCOL);
        assert!(asked(&headers(&GOOD)) && !asked(&headers(&[("upgrade", "h2c")])));
    }
}
