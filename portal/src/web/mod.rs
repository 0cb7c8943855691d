//! The pages of the portal, out of the binary: what `npm run build` made of `portal/web`. Every
//! path that is no file and nobody else's is the one page, which shows what the path means.

mod files;
mod page;

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, Method, Uri, header};

use crate::{PortalState, ProblemBody, guard};
use page::page;

/// Paths that are never the page's: the API, the doors, and what others look for.
const NOT_PAGES: [&str; 4] = ["/api/", "/v1/", "/.well-known/", "/assets/"];

/// The page and its files.
pub(crate) fn routes() -> Router<PortalState> {
    let icon = |headers: HeaderMap| async move { files::answer("favicon.svg", &headers) };
    let routes = Router::new()
        .route("/", get(root))
        .route("/favicon.svg", get(icon))
        .route("/assets/{*file}", get(asset))
        .fallback(other);
    guard::bounded(routes)
}

async fn root(State(state): State<PortalState>, headers: HeaderMap) -> Response {
    page(&state, &headers)
}

async fn asset(Path(file): Path<String>, headers: HeaderMap) -> Response {
    files::answer(&format!("assets/{file}"), &headers)
}

/// A deep link is the page; all else is nothing.
async fn other(
    State(state): State<PortalState>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let wants_page = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    let path = uri.path();
    let taken = path == "/api" || NOT_PAGES.iter().any(|taken| path.starts_with(taken));
    match matches!(method, Method::GET | Method::HEAD) && wants_page && !taken {
        true => page(&state, &headers),
        false => ProblemBody::not_found("There is nothing at this path.").into_response(),
    }
}
