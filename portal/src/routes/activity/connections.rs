//! Who connected as an application, who was refused, and why.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use catalog::{
    activity::{Activity, RefusalRow, SessionRow},
    model::Kind,
    store::StoreError,
};

use super::{kept, moment, unread};
use crate::{PortalState, ProblemBody, by::By, parameters::Name, routes::body::no_store};

/// Credentials that are told of: each is asked about by itself.
const CREDENTIALS_MAX: usize = 200;

/// What happened with an application's credentials.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct ConnectionsBody {
    /// Its credentials, also those that are revoked, in the order of names; at most 200.
    credentials: Vec<CredentialActivityBody>,
}

/// What happened with a credential.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct CredentialActivityBody {
    /// The credential's name.
    name: String,
    /// When it was last used; absent: never, or so long ago that nobody remembers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
    /// Its open connections, the latest first, at most 200.
    connections: Vec<ConnectionBody>,
    /// Why it was refused, the latest first, at most 200.
    refusals: Vec<RefusalBody>,
}

/// An open connection.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct ConnectionBody {
    /// The door.
    #[schema(example = "kafka")]
    door: String,
    /// From where.
    peer: String,
    /// What the client says it is.
    software: String,
    /// Since when.
    #[schema(format = DateTime)]
    opened_at: String,
    /// The replica it is on.
    replica: String,
}

/// Refusals with the same reason on one day.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct RefusalBody {
    /// The door.
    #[schema(example = "sse")]
    door: String,
    /// The address that was asked for, as the client sent it; empty: none.
    address: String,
    /// The reason for programs.
    #[schema(example = "not_subscribed")]
    code: String,
    /// The reason in words, and what to do.
    words: String,
    /// How often.
    times: i64,
    /// When first on that day.
    #[schema(format = DateTime)]
    first_at: String,
    /// When last.
    #[schema(format = DateTime)]
    last_at: String,
}

impl From<SessionRow> for ConnectionBody {
    fn from(row: SessionRow) -> Self {
        let SessionRow { replica, door, peer, software, opened_at } = row;
        Self { door, peer, software, opened_at: moment(opened_at), replica }
    }
}

impl From<RefusalRow> for RefusalBody {
    fn from(row: RefusalRow) -> Self {
        let RefusalRow { address, door, code, words, times, first_at, last_at } = row;
        let (first_at, last_at) = (moment(first_at), moment(last_at));
        Self { door, address, code, words, times, first_at, last_at }
    }
}

/// What happened with an application's credentials
///
/// When each was last used, who is connected now, and who was refused why: to check a connection.
#[utoipa::path(
    get,
    path = "/applications/{name}/connections",
    tag = "activity",
    params(("name" = String, Path, description = "The application's name")),
    responses(
        (status = 200, description = "What happened", body = ConnectionsBody),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No such application",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 503, description = "The activity cannot be read now",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn of_application(
    State(state): State<PortalState>,
    by: By,
    Name(name): Name,
) -> Result<Response, ProblemBody> {
    let view = by.view(&state.catalog);
    if view.find(Kind::Application, &name).is_none() {
        return Err(ProblemBody::not_found(format!("There is no application `{name}`.")));
    }
    let activity = kept(&state)?;
    let mut credentials = Vec::new();
    for credential in view.credentials_of(&name).into_iter().take(CREDENTIALS_MAX) {
        let read = of_credential(activity, credential).await;
        credentials.push(read.map_err(|error| unread(&error))?);
    }
    Ok(no_store(Json(ConnectionsBody { credentials }).into_response()))
}

async fn of_credential(
    activity: &Activity,
    name: String,
) -> Result<CredentialActivityBody, StoreError> {
    let connections = activity.sessions(&name).await?;
    let refusals = activity.refusals(&name).await?;
    Ok(CredentialActivityBody {
        last_used_at: activity.last_use(&name).await?.map(moment),
        connections: connections.into_iter().map(ConnectionBody::from).collect(),
        refusals: refusals.into_iter().map(RefusalBody::from).collect(),
        name,
    })
}
