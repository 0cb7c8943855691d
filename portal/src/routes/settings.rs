//! How the server is configured.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};

use super::body::no_store;
use crate::{PortalState, ProblemBody, settings::Setting};

/// All settings.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServerSettingsBody {
    /// In the order of their keys.
    settings: Vec<Setting>,
}

/// The settings
///
/// How this replica is configured, and where each value comes from. Settings are changed in the
/// configuration file or the environment, and hold from the next start on.
#[utoipa::path(
    get,
    path = "/settings",
    tag = "about",
    responses(
        (status = 200, description = "The settings", body = ServerSettingsBody),
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
pub(crate) async fn settings(State(state): State<PortalState>) -> Response {
    no_store(Json(ServerSettingsBody { settings: state.settings.to_vec() }).into_response())
}
