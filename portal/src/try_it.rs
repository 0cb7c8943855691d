//! A page to read the OpenAPI document on and to try the routes: Swagger UI, out of the binary.

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use http::{HeaderValue, header};
use utoipa_swagger_ui::Config;

use crate::{BASE_PATH, PortalState, ProblemBody};

/// Where the page is, below [`BASE_PATH`].
const PATH: &str = "/docs";

/// Only what comes from here; its icons are part of its style sheet.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// The page and what belongs to it.
pub(crate) fn routes() -> Router<PortalState> {
    let to_page = || async { Redirect::permanent(&format!("{BASE_PATH}{PATH}/")) };
    let file = |tail: String| {
        let config = Config::from(format!("{BASE_PATH}/openapi.json"));
        match utoipa_swagger_ui::serve(&tail, Arc::new(config)) {
            Ok(Some(file)) => with_headers(file.bytes.into_owned(), &file.content_type),
            _ => ProblemBody::not_found("The page has no such file.").into_response(),
        }
    };
    Router::new()
        .route(PATH, get(to_page))
        .route(&format!("{PATH}/"), get(move || async move { file(String::new()) }))
        .route(
            &format!("{PATH}/{{*file}}"),
            get(move |Path(tail): Path<String>| async move { file(tail) }),
        )
}

fn with_headers(bytes: Vec<u8>, content_type: &str) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(content_type) {
        headers.insert(header::CONTENT_TYPE, value);
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
