//! Changes of state, for when it must be quick: suspend, resume, revoke.

use axum::extract::State;
use catalog::SubscriptionMove;

use super::body::AppliedBody;
use crate::{PortalState, ProblemBody, parameters::Name};

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
    Name(name): Name,
) -> Result<AppliedBody, ProblemBody> {
    let applied = state.catalog.revoke_credential(&name).await?;
    Ok(applied.into())
}

/// Suspend a subscription
///
/// Nothing can be read until it is resumed. Open connections are closed within a second.
#[utoipa::path(
    post,
    path = "/subscriptions/{name}/suspend",
    tag = "changes",
    params(("name" = String, Path, description = "The subscription's name")),
    responses(
        (status = 200, description = "Done, or so already", body = AppliedBody),
        (
            status = 401, description = "No admin token",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No such subscription",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 409, description = "Not from where it stands",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("adminToken" = [])),
)]
pub(crate) async fn suspend_subscription(
    State(state): State<PortalState>,
    Name(name): Name,
) -> Result<AppliedBody, ProblemBody> {
    let applied = state.catalog.move_subscription(&name, SubscriptionMove::Suspend).await?;
    Ok(applied.into())
}

/// Resume a subscription
///
/// A suspended subscription can read again.
#[utoipa::path(
    post,
    path = "/subscriptions/{name}/resume",
    tag = "changes",
    params(("name" = String, Path, description = "The subscription's name")),
    responses(
        (status = 200, description = "Done, or so already", body = AppliedBody),
        (
            status = 401, description = "No admin token",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No such subscription",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 409, description = "Not from where it stands",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("adminToken" = [])),
)]
pub(crate) async fn resume_subscription(
    State(state): State<PortalState>,
    Name(name): Name,
) -> Result<AppliedBody, ProblemBody> {
    let applied = state.catalog.move_subscription(&name, SubscriptionMove::Resume).await?;
    Ok(applied.into())
}

/// Revoke a subscription
///
/// Ends it. Open connections are closed within a second.
#[utoipa::path(
    post,
    path = "/subscriptions/{name}/revoke",
    tag = "changes",
    params(("name" = String, Path, description = "The subscription's name")),
    responses(
        (status = 200, description = "Done, or so already", body = AppliedBody),
        (
            status = 401, description = "No admin token",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No such subscription",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("adminToken" = [])),
)]
pub(crate) async fn revoke_subscription(
    State(state): State<PortalState>,
    Name(name): Name,
) -> Result<AppliedBody, ProblemBody> {
    let applied = state.catalog.move_subscription(&name, SubscriptionMove::Revoke).await?;
    Ok(applied.into())
}
