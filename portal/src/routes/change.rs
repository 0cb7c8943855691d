//! Ending a credential.

use axum::extract::State;

use super::body::AppliedBody;
use crate::{PortalState, ProblemBody, by::By, parameters::Name};

/// Revoke a credential
///
/// For ever. Open connections that used it are closed within a second.
#[utoipa::path(
    post,
    path = "/credentials/{name}/revoke",
    tag = "changes",
    params(("name" = String, Path, description = "The credential's name")),
    responses(
        (status = 200, description = "Done, or so already", body = AppliedBody),
        (
            status = 401, description = "No admin token",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No such credential",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("adminToken" = [])),
)]
pub(crate) async fn revoke_credential(
    State(state): State<PortalState>,
    By(actor): By,
    Name(name): Name,
) -> Result<AppliedBody, ProblemBody> {
    let applied = state.catalog.revoke_credential(&actor, &name).await?;
    Ok(applied.into())
}
