//! The Server-Sent Events door: a reader's frames, cut at event boundaries, with the subscriber's
//! own id lines between them. The id that stands before a chunk is the cursor before that chunk, so
//! a broken connection repeats at most one chunk and never loses an event.

mod body;
mod counters;
mod cut;
#[cfg(test)]
mod script;
mod source;
mod stream;
mod write;

use http::{HeaderValue, Response, header};

pub use body::StreamBody;
pub use counters::Counters;
pub use cut::Cut;
pub use stream::Stream;
pub use write::{Connection, write_stream};

/// The head of every stream's answer.
pub fn head() -> Response<()> {
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
    // Proxies that buffer answers would hold events back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}
