//! What the catalog and the API are.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};

use super::body::no_store;
use crate::{PortalState, ProblemBody, openapi::DocumentText};

/// Which version of the catalog is served.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VersionBody {
    /// The catalog's version: rises with every change.
    catalog: u64,
    /// The version of the software.
    software: &'static str,
    /// What does not work and why.
    problems: Vec<String>,
}

/// The version
///
/// Of the catalog and of the software, and what does not work.
#[utoipa::path(
    get,
    path = "/version",
    tag = "about",
    responses(
        (status = 200, description = "The version and what does not work", body = VersionBody),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 403, description = "The roles or the token do not go so far",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn version(State(state): State<PortalState>) -> Response {
    let snapshot = state.catalog.snapshot();
    let (catalog, problems) = (snapshot.version, snapshot.problems.clone());
    let software = env!("CARGO_PKG_VERSION");
    no_store(Json(VersionBody { catalog, software, problems }).into_response())
}

/// This document
///
/// What the interface can do, for programs; `/api/v1/docs/` shows it to people.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "about",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)),
)]
pub(crate) async fn openapi_json(Extension(document): Extension<Arc<DocumentText>>) -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json)], document.0.clone()).into_response()
}
