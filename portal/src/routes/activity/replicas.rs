//! How the replicas of the gateway are.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use catalog::{
    activity::ReplicaRow,
    model::Kind,
    people::{Operation, Verdict},
};

use super::{kept, moment, unread};
use crate::{PortalState, ProblemBody, by::By, routes::body::no_store};

/// All replicas.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct ReplicasBody {
    /// By their names.
    replicas: Vec<ReplicaBody>,
}

/// What a replica said of itself last.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReplicaBody {
    /// Its name.
    name: String,
    /// What is wrong, in words; empty: nothing.
    problems: Vec<String>,
    /// When it said so.
    #[schema(format = DateTime)]
    seen_at: String,
}

impl From<ReplicaRow> for ReplicaBody {
    fn from(row: ReplicaRow) -> Self {
        let problems = row.problems.lines().map(str::to_owned).collect();
        Self { name: row.name, problems, seen_at: moment(row.seen_at) }
    }
}

/// How the replicas are
///
/// What each said of itself last, for those who see all clusters.
#[utoipa::path(
    get,
    path = "/replicas",
    tag = "activity",
    responses(
        (status = 200, description = "The replicas", body = ReplicasBody),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 403, description = "The roles or the token do not go so far",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 503, description = "The activity cannot be read now",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn replicas(
    State(state): State<PortalState>,
    By(actor): By,
) -> Result<Response, ProblemBody> {
    if actor.rights.verdict(Operation::Read, Some(Kind::Cluster)) != Verdict::Any {
        let detail = "Only those who see all clusters see how the gateway is.";
        return Err(ProblemBody::forbidden(detail));
    }
    let rows = kept(&state)?.replicas().await.map_err(|error| unread(&error))?;
    let replicas = rows.into_iter().map(ReplicaBody::from).collect();
    Ok(no_store(Json(ReplicasBody { replicas }).into_response()))
}
