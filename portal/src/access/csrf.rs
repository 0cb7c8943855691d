//! Requests that a page of somebody else makes a browser send (CSRF): refused by where they come
//! from, and, with a session, for lack of the text that only pages of ours know.

use catalog::people::Session;
use http::{HeaderMap, Method, StatusCode, header};
use subtle::ConstantTimeEq;

use crate::ProblemBody;

/// What carries the session's text.
const HEADER: &str = "x-csrf-token";

/// Refuses what a page of another site sends.
pub(crate) fn require_same_site(headers: &HeaderMap) -> Result<(), ProblemBody> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let site = text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let host = text(header::HOST.as_str()).unwrap_or_default();
    let origin = text(header::ORIGIN.as_str()).is_none_or(|origin| {
        origin.split_once("://").is_some_and(|(_, of)| of.eq_ignore_ascii_case(host))
    });
    if site && origin {
        return Ok(());
    }
    Err(refused("Another site's page sent this request. Changes are made from pages of this host."))
}

/// Refuses a change that a session's own page did not send.
pub(super) fn require_token(
    method: &Method,
    headers: &HeaderMap,
    session: &Session,
) -> Result<(), ProblemBody> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    require_same_site(headers)?;
    let sent = headers.get(HEADER).map_or(&b""[..], |value| value.as_bytes());
    match bool::from(sent.ct_eq(session.csrf.as_bytes())) {
        true => Ok(()),
        false => Err(refused(
            "With a session's cookie, send the session's `csrfToken` as `X-CSRF-Token` \
             (`GET /api/v1/whoami` tells it).",
        )),
    }
}

fn refused(detail: &str) -> ProblemBody {
    let title = "The request may have been forged";
    ProblemBody::new(StatusCode::FORBIDDEN, "cross_site", title, detail)
}
