//! Files of the pages. Their names have a hash of what is in them, so they are kept for ever; they
//! were compressed when they were built.

use axum::{body::Body, response::IntoResponse, response::Response};
use http::{HeaderMap, HeaderValue, header};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::ProblemBody;

#[derive(RustEmbed)]
#[folder = "web/dist"]
struct Built;

/// Encodings that files are there in, the smallest first: as in `Accept-Encoding`, and as the name
/// ends.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// Kept for ever.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Kept for a day: its name has no hash.
const A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");

/// A file as it was built; `None`: the pages were not built.
pub(super) fn find(name: &str) -> Option<EmbeddedFile> {
    Built::get(name)
}

/// The answer with a file, compressed as the client takes it.
pub(super) fn answer(name: &str, headers: &HeaderMap) -> Response {
    let compressed = ENCODINGS
        .iter()
        .filter(|(encoding, _)| takes(headers, encoding))
        .find_map(|(encoding, end)| Some((Some(*encoding), find(&format!("{name}{end}"))?)));
    let Some((encoding, file)) = compressed.or_else(|| Some((None, find(name)?))) else {
        return ProblemBody::not_found("There is no such file.").into_response();
    };
    let mut response = Response::new(Body::from(file.data));
    let answered = response.headers_mut();
    answered.insert(header::CONTENT_TYPE, content_type(name));
    let kept = if name.starts_with("assets/") { IMMUTABLE } else { A_DAY };
    answered.insert(header::CACHE_CONTROL, kept);
    answered.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    answered.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(encoding) = encoding {
        answered.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// Whether the client takes an encoding: it is named, and not with a weight of nothing.
fn takes(headers: &HeaderMap, encoding: &str) -> bool {
    let lists = headers.get_all(header::ACCEPT_ENCODING).into_iter();
    let mut named = lists.filter_map(|list| list.to_str().ok()).flat_map(|list| list.split(','));
    named.any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let weight = |part: &str| part.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok());
        parts.next() == Some(encoding) && parts.find_map(weight) != Some(0.0)
    })
}

fn content_type(name: &str) -> HeaderValue {
    HeaderValue::from_static(match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_taken_when_it_is_named() {
        let takes = |accepted: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted));
            super::takes(&headers, "br")
        };
        assert!(takes("gzip, deflate, br"));
        assert!(takes("br;q=0.5"));
        assert!(!takes("gzip"));
        assert!(!takes("br;q=0, gzip"));
        assert!(!takes("brotli"));
        assert!(!super::takes(&HeaderMap::new(), "br"));
    }
}
