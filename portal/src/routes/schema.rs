//! JSON Schemas of documents, for editors that complete and check while somebody writes.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use catalog::document::schema;

use crate::{ProblemBody, parameters::KindOf};

/// The schema of documents of any kind
///
/// JSON Schema (2020-12), as `sluicegate schema` prints it.
#[utoipa::path(
    get,
    path = "/schemas",
    tag = "about",
    responses(
        (status = 200, description = "The schema", body = serde_json::Value),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn every() -> Response {
    Json(schema(None)).into_response()
}

/// The schema of documents of a kind
///
/// JSON Schema (2020-12), as `sluicegate schema <kind>` prints it.
#[utoipa::path(
    get,
    path = "/schemas/{kinds}",
    tag = "about",
    params(("kinds" = String, Path, description = "The kind in the plural, such as `plans`")),
    responses(
        (status = 200, description = "The schema", body = serde_json::Value),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No such kind",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn one(KindOf(kind): KindOf) -> Response {
    Json(schema(Some(kind))).into_response()
}
