//! The one page, with what it may load and from where.

use axum::response::{Html, IntoResponse, Response};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::files;
use crate::{PortalState, access};

/// What stands in the page where the nonce goes, and whether somebody may be signed in.
const NONCE_PLACE: &str = "__NONCE__";
const SESSION_PLACE: &str = "__SESSION__";
/// Random bytes of a nonce.
const NONCE_BYTES: usize = 16;

/// Told instead of the page where it was not built.
const MISSING: &str = include_str!("missing.html");

/// The page. Each visit has a nonce of its own: only style sheets with it are let in, and scripts
/// only from here.
pub(super) fn page(state: &PortalState, headers: &HeaderMap) -> Response {
    // Only whether there is a cookie: the API looks at what it says.
    let session = if access::find(headers, access::SESSION).is_some() { "perhaps" } else { "none" };
    let nonce = URL_SAFE_NO_PAD.encode(rand::random::<[u8; NONCE_BYTES]>());
    let built = files::find("index.html");
    let mut response = match built.as_ref().and_then(|file| std::str::from_utf8(&file.data).ok()) {
        Some(text) => {
            Html(text.replace(NONCE_PLACE, &nonce).replace(SESSION_PLACE, session)).into_response()
        }
        None => (StatusCode::NOT_FOUND, Html(MISSING)).into_response(),
    };
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy(&nonce, state.doors.http.as_deref())) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let fixed: [(HeaderName, &'static str); 5] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ];
    headers.extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}

/// What the page may do (Content Security Policy), a directive a line. Styles in attributes are
/// let in, since components place themselves by them; they run nothing. The doors may be another
/// host's.
const POLICY: &str = include_str!("policy.txt");

fn policy(nonce: &str, doors: Option<&str>) -> String {
    let directives: Vec<_> = POLICY.lines().collect();
    directives.join("; ").replace("NONCE", nonce).replace("DOORS", doors.unwrap_or_default())
}
