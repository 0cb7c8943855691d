//! Which web pages may read: by the origin that their browser names (Fetch, RFC 6454). Answers are
//! opened to the origins that an endpoint allows, one by one, and never to all; cookies are not
//! looked at here, so pages get no right by being open in somebody's browser.

#![expect(
    clippy::result_large_err,
    reason = "a refusal is made once per request and handed up at once: a box would gain nothing"
)]

use catalog::Snapshot;
use http::{HeaderMap, HeaderValue, Response, StatusCode, Uri, header};

use super::problem::{Problem, kind};
use crate::authz::Denial;

/// How long a browser may remember that it may ask, in seconds.
const PREFLIGHT_SECONDS: &str = "600";

/// The page that a request comes from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Page<'a> {
    /// Its origin, where the browser names it.
    pub origin: Option<&'a str>,
    /// The server that is asked.
    host: Option<&'a str>,
    /// Whether the browser says that it is a page of that server.
    same: bool,
}

impl<'a> Page<'a> {
    /// The page that a request comes from.
    ///
    /// # Errors
    /// 400 for more than one origin, or one that cannot be read.
    pub fn of(uri: &'a Uri, headers: &'a HeaderMap) -> Result<Self, Problem> {
        let mut values = headers.get_all(header::ORIGIN).iter();
        let first = values.next().map(HeaderValue::to_str);
        let origin = match (first, values.next()) {
            (None, _) => None,
            (Some(Ok(origin)), None) => Some(origin),
            _ => {
                let detail = "Send one Origin header, as browsers do.";
                return Err(Problem::new(kind::MALFORMED_REQUEST, detail));
            }
        };
        let authority = uri.authority().map(http::uri::Authority::as_str);
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).or(authority);
        let same = headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin");
        Ok(Self { origin, host, same })
    }

    /// Whether it is a page of the server that is asked. Who forges it is no browser.
    pub fn own(&self) -> bool {
        self.origin.map_or(self.same, |origin| self.is_server(origin))
    }

    /// Whether an origin is the server's that is asked.
    pub fn is_server(&self, origin: &str) -> bool {
        let of = origin.strip_prefix("https://").or(origin.strip_prefix("http://"));
        of.is_some() && of == self.host
    }

    /// Whether a page may open a WebSocket: browsers ask nobody in advance. What names no origin
    /// is no page.
    ///
    /// # Errors
    /// 403 for pages of origins that the endpoint does not allow.
    pub fn may_open(&self, snapshot: &Snapshot, address: &str) -> Result<(), Problem> {
        match self.origin.is_none() || self.opened(snapshot, address).is_some() {
            true => Ok(()),
            false => Err(Denial::Origin.into()),
        }
    }

    /// The origin that an endpoint's answer is opened to; `None`: to no page but one's own.
    pub fn opened(&self, snapshot: &Snapshot, address: &str) -> Option<HeaderValue> {
        let origin = self.origin?;
        let endpoint = snapshot.endpoints.get(address);
        let allowed =
            self.own() || endpoint.is_some_and(|e| e.spec.allowed_origins.contains(origin));
        allowed.then(|| HeaderValue::from_str(origin).ok())?
    }
}

/// Opens an answer to an origin.
pub fn open(headers: &mut HeaderMap, origin: Option<&HeaderValue>) {
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        // What a page needs to wait as long as it is asked to.
        let exposed = HeaderValue::from_static("Retry-After");
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
}

/// Answers a browser that asks whether its page may ask (CORS preflight). It says the same of
/// endpoints that there are not and of pages that may not.
pub fn preflight(origin: Option<&HeaderValue>) -> Response<()> {
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    open(headers, origin);
    headers.insert(header::ALLOW, HeaderValue::from_static(super::route::METHODS));
    if origin.is_some() {
        let allowed = [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Last-Event-ID"),
            (header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS),
        ];
        for (name, value) in allowed {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    response
}

#[cfg(test)]
mod tests;
