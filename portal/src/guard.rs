//! What a request must have before any route sees it: headers within bounds, and the admin token.

use axum::{
    extract::{Request, State},
    middleware::{Next, from_fn, from_fn_with_state},
    response::Response,
};
use http::{HeaderMap, StatusCode, header};
use utoipa_axum::router::OpenApiRouter;

use crate::{AdminToken, PortalState, ProblemBody};

/// Bytes of all header names and values together.
const HEADER_BYTES_MAX: usize = 32 * 1024;
/// Header lines.
const HEADERS_MAX: usize = 100;

/// Routes that only the administrator may use.
pub(crate) fn guarded(
    routes: OpenApiRouter<PortalState>,
    state: &PortalState,
) -> OpenApiRouter<PortalState> {
    routes.route_layer(from_fn_with_state(state.admin_token.clone(), require_token))
}

/// Routes with bounded headers.
pub(crate) fn bounded(routes: axum::Router<PortalState>) -> axum::Router<PortalState> {
    routes.layer(from_fn(require_small_headers))
}

async fn require_token(
    State(token): State<AdminToken>,
    request: Request,
    next: Next,
) -> Result<Response, ProblemBody> {
    match bearer(request.headers()) {
        Some(presented) if token.matches(presented) => Ok(next.run(request).await),
        Some(_) => Err(unauthorized("This is not the admin token.")),
        None => Err(unauthorized("Send the admin token as `Authorization: Bearer <token>`.")),
    }
}

/// The token of exactly one `Authorization: Bearer` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().filter(|_| values.next().is_none())?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn unauthorized(detail: &str) -> ProblemBody {
    ProblemBody::new(StatusCode::UNAUTHORIZED, "unauthorized", "The admin token is needed", detail)
}

async fn require_small_headers(request: Request, next: Next) -> Result<Response, ProblemBody> {
    let headers = request.headers();
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > HEADER_BYTES_MAX || headers.len() > HEADERS_MAX {
        return Err(ProblemBody::new(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "headers_too_large",
            "The headers are too large",
            format!("Send at most {HEADERS_MAX} headers of {HEADER_BYTES_MAX} bytes together."),
        ));
    }
    Ok(next.run(request).await)
}
