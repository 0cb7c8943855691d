//! Ending a credential, its tickets, or a token.

use axum::extract::State;
use catalog::{Asking, model::Kind};

use super::body::AppliedBody;
use crate::{PortalState, ProblemBody, by::By, conditions::Conditions, parameters::Name};

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
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 403, description = "The roles or the token do not go so far",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No such credential",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 412, description = "Not as `If-Match` has it",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn revoke_credential(
    State(state): State<PortalState>,
    By(actor): By,
    Name(name): Name,
    conditions: Conditions,
) -> Result<AppliedBody, ProblemBody> {
    let asking = Asking::from(&actor).only_if(conditions.of(Kind::Credential, &name));
    let applied = state.catalog.revoke(asking, Kind::Credential, &name).await?;
    Ok(applied.into())
}

/// End the tickets of a credential
///
/// All that were made by it so far: streams that pages opened with them are closed within a second.
/// The credential itself works on, and can make new ones a second later.
#[utoipa::path(
    post,
    path = "/credentials/{name}/end-tickets",
    tag = "changes",
    params(("name" = String, Path, description = "The credential's name")),
    responses(
        (status = 200, description = "Done", body = AppliedBody),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 403, description = "The roles or the token do not go so far",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No such credential",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 412, description = "Not as `If-Match` has it",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn end_tickets(
    State(state): State<PortalState>,
    By(actor): By,
    Name(name): Name,
    conditions: Conditions,
) -> Result<AppliedBody, ProblemBody> {
    let asking = Asking::from(&actor).only_if(conditions.of(Kind::Credential, &name));
    Ok(state.catalog.end_tickets(asking, &name).await?.into())
}

/// Revoke an API token
///
/// For ever.
#[utoipa::path(
    post,
    path = "/tokens/{name}/revoke",
    tag = "people",
    params(("name" = String, Path, description = "The token's name")),
    responses(
        (status = 200, description = "Done, or so already", body = AppliedBody),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 403, description = "The roles or the token do not go so far",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No such token",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 412, description = "Not as `If-Match` has it",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn revoke_token(
    State(state): State<PortalState>,
    By(actor): By,
    Name(name): Name,
    conditions: Conditions,
) -> Result<AppliedBody, ProblemBody> {
    let asking = Asking::from(&actor).only_if(conditions.of(Kind::Token, &name));
    let applied = state.catalog.revoke(asking, Kind::Token, &name).await?;
    Ok(applied.into())
}
