//! The Server-Sent Events door: what a stream says beside its events. The id that stands before a
//! chunk is the cursor before that chunk, so a broken connection repeats at most one chunk and
//! never loses an event.

use http::{HeaderValue, Response, header};

use super::problem::Problem;

/// How long the client is asked to wait before it connects again, in milliseconds.
const RETRY_MS: u32 = 2000;

/// The head of every stream's answer, compressed or not.
pub fn head(gzip: bool) -> Response<()> {
    let mut response = Response::new(());
    let headers = response.headers_mut();
    let fields = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONNECTION, "close"),
    ];
    for (name, value) in fields {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    // Proxies that buffer answers would hold events back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// When to come back.
pub fn retry(out: &mut Vec<u8>) {
    out.extend_from_slice(format!("retry: {RETRY_MS}\n").as_bytes());
}

/// The stream's own id line.
pub fn id(out: &mut Vec<u8>, write_cursor: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(b"id: ");
    write_cursor(out);
    out.extend_from_slice(b"\n\n");
}

/// A sign of life.
pub fn heartbeat(out: &mut Vec<u8>) {
    out.extend_from_slice(b": heartbeat\n");
}

/// Why the stream cannot go on.
pub fn error(out: &mut Vec<u8>, problem: &Problem) {
    out.extend_from_slice(b"event: error\ndata: ");
    out.extend_from_slice(&problem.document());
    out.extend_from_slice(b"\n\n");
}
