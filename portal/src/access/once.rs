//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a change that is sent again
//! because its answer was lost is not made again, and is answered as it was.

use axum::{
    body::{Body, Bytes},
    extract::Request,
    middleware::Next,
    response::Response,
};
use catalog::{Actor, ApplyError, Before, Once, document::limits::TEXT_BYTES_MAX};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use http_body_util::BodyExt;

use crate::{PortalState, ProblemBody, documents};

/// What carries the key.
const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// Tells that an answer is of an earlier time.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Characters of a key.
const KEY_CHARS_MAX: usize = 255;
/// Bytes of an answer that is kept.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Marks an answer that must not be kept anywhere: the request may be made again.
#[derive(Clone, Copy)]
pub(crate) struct NotKept;

/// What is kept of an answer.
#[derive(serde::Serialize, serde::Deserialize)]
struct Answer {
    status: u16,
    content_type: Option<String>,
    body: String,
}

/// The key of a change.
pub(super) fn key(method: &Method, headers: &HeaderMap) -> Result<Option<String>, ProblemBody> {
    let mut values = headers.get_all(&HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(None);
    }
    let text = value.to_str().unwrap_or_default().trim_matches('"');
    let fits = !text.is_empty() && text.len() <= KEY_CHARS_MAX && values.next().is_none();
    let detail = format!("`Idempotency-Key` is one key of 1 to {KEY_CHARS_MAX} characters.");
    fits.then(|| Some(text.to_owned())).ok_or_else(|| ProblemBody::bad_request(detail))
}

/// Makes a change, or answers as it was answered before.
pub(super) async fn run(
    state: &PortalState,
    (actor, key): (&Actor, &str),
    request: Request,
    next: Next,
) -> Result<Response, ProblemBody> {
    let (parts, body) = request.into_parts();
    let body = documents::read(body, TEXT_BYTES_MAX).await?;
    let mut whole = format!("{} {}\n", parts.method, parts.uri).into_bytes();
    whole.extend_from_slice(&body);
    let once = Once::new(actor, key, &whole);
    match state.catalog.begin_once(&once).await.map_err(ApplyError::Store)? {
        Before::Nothing => {}
        Before::Running => return Err(in_use("The same request is being made right now.")),
        Before::Another => {
            let title = "The key was used for another request";
            let detail = "Choose a new `Idempotency-Key` for each request.";
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Err(ProblemBody::new(status, "idempotency_key_reused", title, detail));
        }
        Before::Unknown => {
            return Err(in_use("The request was made already; its answer could not be kept."));
        }
        Before::Answered(answer) => return again(&answer),
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let keep = response.extensions().get::<NotKept>().is_none();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes());
    let ended = match (parts.status.is_success() && keep, &body) {
        (true, Ok(body)) => {
            let answer = kept(parts.status, &parts.headers, body);
            state.catalog.end_once(&once, answer.as_deref()).await
        }
        // It is made, whatever became of its answer.
        (true, Err(_)) => state.catalog.end_once(&once, None).await,
        (false, _) => state.catalog.forget_once(&once).await,
    };
    // Whatever comes of keeping it: the change is made, and its answer goes out.
    if let Err(error) = ended {
        tracing::warn!(%error, "an answer could not be kept for its Idempotency-Key");
    }
    let body = body.map_err(|_| ApplyError::Internal)?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn kept(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Option<String> {
    if body.len() > ANSWER_BYTES_MAX {
        return None;
    }
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let answer = Answer {
        status: status.as_u16(),
        content_type: content_type.map(str::to_owned),
        body: std::str::from_utf8(body).ok()?.to_owned(),
    };
    serde_json::to_string(&answer).ok()
}

fn again(kept: &str) -> Result<Response, ProblemBody> {
    let answer: Answer = serde_json::from_str(kept).map_err(|_| ApplyError::Internal)?;
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).map_err(|_| ApplyError::Internal)?;
    let headers = response.headers_mut();
    if let Some(value) = answer.content_type.and_then(|text| HeaderValue::from_str(&text).ok()) {
        headers.insert(header::CONTENT_TYPE, value);
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn in_use(detail: &str) -> ProblemBody {
    let title = "The key is in use";
    ProblemBody::new(StatusCode::CONFLICT, "idempotency_key_in_use", title, detail)
}
