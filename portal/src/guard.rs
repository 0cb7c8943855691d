//! What a request must have before any route sees it: headers within bounds, and what the route
//! needs.

use axum::{
    extract::Request,
    middleware::{Next, from_fn, from_fn_with_state},
    response::Response,
};
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;

use crate::{PortalState, ProblemBody, access, refused};

/// Bytes of all header names and values together.
const HEADER_BYTES_MAX: usize = 32 * 1024;
/// Header lines.
const HEADERS_MAX: usize = 100;

/// Routes that are answered only to those who have what each needs.
pub(crate) fn guarded(
    routes: OpenApiRouter<PortalState>,
    state: &PortalState,
) -> OpenApiRouter<PortalState> {
    // The outer one: it also sees what is refused here.
    let routes = routes.route_layer(from_fn_with_state(state.clone(), access::require));
    routes.route_layer(from_fn_with_state(state.clone(), refused::count))
}

/// Routes with bounded headers.
pub(crate) fn bounded(routes: axum::Router<PortalState>) -> axum::Router<PortalState> {
    routes.layer(from_fn(require_small_headers))
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
