//! Passwords of users.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::body::no_store;
use crate::{PortalState, ProblemBody, by::By, documents::Said, parameters::Name};

/// A password in the place of another.
#[derive(Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct PasswordBody {
    /// The password until now; needed to change one's own.
    #[schema(format = Password)]
    current: Option<String>,
    /// The new one: at least 15 characters.
    #[schema(format = Password, min_length = 15, required = true)]
    #[schema(default = "a few words of one's own")]
    password: String,
}

/// Set a password
///
/// One's own with the current one; another user's as an administrator. All sessions of the user
/// end.
#[utoipa::path(
    put,
    path = "/users/{name}/password",
    tag = "people",
    params(("name" = String, Path, description = "The user's name")),
    request_body = PasswordBody,
    responses(
        (status = 204, description = "It is the password now"),
        (
            status = 401, description = "Not signed in, or the current password is wrong",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No such user",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 422, description = "Too easy to guess",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn set(
    State(state): State<PortalState>,
    By(actor): By,
    Name(name): Name,
    Said(body): Said<PasswordBody>,
) -> Result<Response, ProblemBody> {
    state.throttle.count(&name, actor.address)?;
    let current = body.current.as_deref();
    state.catalog.set_password(&actor, &name, current, &body.password).await?;
    Ok(no_store(StatusCode::NO_CONTENT.into_response()))
}
