//! `POST /v1/tickets`: an application gets a ticket for a page of its own.

#![expect(
    clippy::result_large_err,
    reason = "a refusal is made once per request and handed up at once: a box would gain nothing"
)]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use catalog::Snapshot;
use catalog::model::{Door, check_origin};
use catalog::ticket::{ENDPOINTS_MAX, FIRST_USE_WITHIN, LASTS, LASTS_MAX, Ticket, TicketBy};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::origin::Page;
use super::problem::{Problem, kind};
use crate::authn::Principal;
use crate::authz;

/// Bytes of a request.
const BODY_BYTES_MAX: usize = 16 * 1024;
/// How long a request may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// The doors that a ticket opens.
const DOORS: [Door; 2] = [Door::Sse, Door::Websocket];

/// What is asked for.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Asked {
    /// Addresses of endpoints.
    endpoints: Vec<String>,
    /// The origin of the page.
    origin: String,
    /// How long the ticket shall last.
    #[serde(default)]
    lifetime_seconds: Option<u32>,
}

/// Reads what is asked for.
///
/// # Errors
/// 400, 408, 413, 415, with what to send instead.
pub async fn read(headers: &HeaderMap, body: Incoming) -> Result<Asked, Problem> {
    let is_json = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_json = is_json.and_then(|value| value.split(';').next()).map(str::trim);
    if !is_json.is_some_and(|value| value.eq_ignore_ascii_case("application/json")) {
        let detail = "Send JSON, with `Content-Type: application/json`.";
        return Err(Problem::new(kind::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    if headers.contains_key(header::CONTENT_ENCODING) {
        let detail = "Send the JSON as it is, without `Content-Encoding`.";
        return Err(Problem::new(kind::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let body = Limited::new(body, BODY_BYTES_MAX).collect();
    let late = |_| Problem::new(kind::REQUEST_TIMEOUT, "Send the request at once.");
    let body = tokio::time::timeout(BODY_TIMEOUT, body).await.map_err(late)?;
    let too_large = |_| {
        let detail = format!("Send at most {BODY_BYTES_MAX} bytes, in one piece.");
        Problem::new(kind::CONTENT_TOO_LARGE, detail)
    };
    let body = body.map_err(too_large)?.to_bytes();
    serde_json::from_slice(&body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let detail = format!(
            "Line {line}, column {column}: send `{{\"endpoints\": [\"<address>\"], \"origin\": \
             \"https://app.example.com\"}}`, and `lifetimeSeconds` if you like."
        );
        Problem::new(kind::MALFORMED_REQUEST, detail)
    })
}

/// Makes the ticket, if the application may read what it names, from pages of that origin.
///
/// # Errors
/// The problem to tell.
pub fn issue(
    snapshot: &Snapshot,
    principal: &Arc<Principal>,
    asked: Asked,
    (page, now): (Page<'_>, OffsetDateTime),
) -> Result<Response<Bytes>, Problem> {
    let invalid = |name: &'static str, detail: String| {
        Err(Problem::new(kind::INVALID_PARAMETER, detail).with("parameter", name))
    };
    let lasts =
        asked.lifetime_seconds.map_or(LASTS, |seconds| time::Duration::seconds(seconds.into()));
    if lasts < FIRST_USE_WITHIN || lasts > LASTS_MAX {
        let (least, most) = (FIRST_USE_WITHIN.whole_seconds(), LASTS_MAX.whole_seconds());
        return invalid("lifetimeSeconds", format!("A ticket lasts {least} to {most} seconds."));
    }
    if asked.endpoints.is_empty() || asked.endpoints.len() > ENDPOINTS_MAX {
        return invalid("endpoints", format!("Name 1 to {ENDPOINTS_MAX} endpoints."));
    }
    if let Err(reason) = check_origin(&asked.origin) {
        return invalid("origin", format!("The origin {reason}."));
    }
    let own = page.is_server(&asked.origin);
    let mut endpoints = Vec::with_capacity(asked.endpoints.len());
    for address in &asked.endpoints {
        let permits = DOORS.map(|door| authz::decide(snapshot, principal, address, door));
        let permit = permits.into_iter().reduce(Result::or);
        let permit = permit.ok_or_else(Problem::not_found)?;
        let permit =
            permit.map_err(|denial| Problem::from(denial).with("endpoint", address.as_str()))?;
        let endpoint = &permit.grant().endpoint;
        if !own && !endpoint.spec.allowed_origins.contains(&asked.origin) {
            let problem = Problem::from(authz::Denial::Origin);
            return Err(problem.with("endpoint", address.as_str()));
        }
        endpoints.push(endpoint.name.clone());
    }
    let Some(key) = &snapshot.tickets else {
        let detail = "This gateway has no key for tickets: the operator's log says why.";
        return Err(Problem::new(kind::TICKETS_UNAVAILABLE, detail));
    };
    let by = TicketBy::Credential(principal.credential.clone());
    let ticket = Ticket::new((&principal.application, by), endpoints, asked.origin, (now, lasts));
    let moment = |seconds: i64| {
        let at = OffsetDateTime::from_unix_timestamp(seconds).ok();
        at.and_then(|at| at.format(&Rfc3339).ok())
    };
    let first_use = ticket.issued + FIRST_USE_WITHIN.whole_seconds();
    let body = json!({
        "ticket": key.sign(&ticket).expose(),
        "firstUseBy": moment(first_use),
        "expiresAt": moment(ticket.expires),
        "origin": ticket.origin,
        "endpoints": asked.endpoints,
    });
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = StatusCode::CREATED;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
