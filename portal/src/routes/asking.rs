//! Who asks: the application of a subscription, for those who decide about it.

use axum::extract::State;
use catalog::{ApplyError, model::Kind};

use super::body::ResourceBody;
use crate::{PortalState, ProblemBody, by::By, parameters::Name};

/// Read a subscription's application
///
/// Whoever sees a subscription sees who it is for: the application's description, team and
/// attributes. Applications of others are listed nowhere, and their credentials are not shown.
#[utoipa::path(
    get,
    path = "/subscriptions/{name}/application",
    operation_id = "readApplicationOfSubscription",
    tag = "resources",
    params(("name" = String, Path, description = "The subscription's name")),
    responses(
        (status = 200, description = "The application", body = ResourceBody),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 403, description = "The roles or the token do not go so far",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No such subscription",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn application(
    State(state): State<PortalState>,
    by: By,
    Name(name): Name,
) -> Result<ResourceBody, ProblemBody> {
    let found = by.view(&state.catalog).application_of(&name);
    let nothing = || ApplyError::NotFound { kind: Kind::Subscription, name };
    Ok(ResourceBody::from(found.ok_or_else(nothing)?))
}
