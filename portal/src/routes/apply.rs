//! Applying documents.

use axum::extract::State;
use catalog::ApplyOptions;

use super::body::AppliedBody;
use crate::{PortalState, ProblemBody, by::By, documents::Documents, parameters::Parameters};

/// How to apply.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ApplyParameters {
    /// Check everything and change nothing.
    #[serde(default)]
    dry_run: bool,
    /// Make the change even if it breaks subscribers.
    #[serde(default)]
    accept_breaking: bool,
}

/// Apply documents
///
/// Makes resources be as the documents say: all of them, or none. Documents that change nothing
/// leave the version as it is. New credentials get secrets, which are answered once.
#[utoipa::path(
    post,
    path = "/apply",
    tag = "resources",
    params(ApplyParameters),
    request_body(
        description = "YAML documents separated by `---`, or JSON: one document or a list",
        content(
            (String = "application/yaml"),
            (serde_json::Value = "application/json"),
        ),
    ),
    responses(
        (status = 200, description = "Applied, or checked", body = AppliedBody),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 403, description = "The roles or the token do not go so far",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 409,
            description = "A state that cannot be reached from here, or it breaks subscribers",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 413, description = "Too large",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 415, description = "Neither YAML nor JSON",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 422, description = "Not valid; nothing was changed",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn apply(
    State(state): State<PortalState>,
    By(actor): By,
    Parameters(parameters): Parameters<ApplyParameters>,
    Documents(documents): Documents,
) -> Result<AppliedBody, ProblemBody> {
    let options =
        ApplyOptions { dry_run: parameters.dry_run, accept_breaking: parameters.accept_breaking };
    let applied = state.catalog.apply(&actor, &documents, options).await?;
    Ok(applied.into())
}
