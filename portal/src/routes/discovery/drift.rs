//! Where the catalog and a cluster have gone apart.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use catalog::{
    ApplyError,
    inspect::{
        ClusterInspector, Drift, InspectError, RecordsAsked, TOPICS_PER_PAGE_MAX, TopicQuery,
        TopicReport, Watched, drift, schema_drift,
    },
    model::Kind,
};

use super::{super::body::no_store, inspector, read};
use crate::{
    PortalState, ProblemBody,
    by::By,
    parameters::{Name, Parameters},
};

/// Endpoints that are compared at a time.
const ENDPOINTS_MAX: usize = 5_000;

/// Whether records are compared too.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DriftParameters {
    /// This endpoint alone.
    endpoint: Option<String>,
    /// Read so many records of the endpoint's topic, and hold them against its schema: 1 to 20.
    /// Takes the right to read them, `endpoint` and `reason`.
    #[param(minimum = 1, maximum = 20)]
    records: Option<usize>,
    /// Why they are read: the audit keeps it.
    #[param(max_length = 500)]
    reason: Option<String>,
}

/// What has gone apart.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct DriftsBody {
    /// In the order of the endpoints' names; empty: nothing has.
    drift: Vec<DriftBody>,
    /// How many endpoints were compared.
    endpoints: usize,
    /// What could not be compared.
    notes: Vec<String>,
}

/// A difference.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct DriftBody {
    /// The endpoint.
    endpoint: String,
    /// Its topic.
    topic: String,
    /// `topicGone`, `partitionsChanged`, `retentionShort` or `schemaMismatch`.
    kind: &'static str,
    /// What differs and what to do.
    message: String,
}

impl From<Drift> for DriftBody {
    fn from(of: Drift) -> Self {
        Self { endpoint: of.endpoint, topic: of.topic, kind: of.kind.name(), message: of.message }
    }
}

/// Compare the catalog with a cluster
///
/// The endpoints of its topics that you see, with the topics as they are now: gone, other
/// partitions, records kept for less long than a plan promises to replay; and, on demand, a few
/// records with an endpoint's schema.
#[utoipa::path(
    get,
    path = "/clusters/{name}/drift",
    operation_id = "findDrift",
    tag = "discovery",
    params(("name" = String, Path, description = "The cluster's name"), DriftParameters),
    responses(
        (status = 200, description = "What has gone apart", body = DriftsBody),
        (
            status = 400, description = "Wrong parameters",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 403, description = "The roles or the token do not go so far",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No such cluster or endpoint",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 422, description = "No reason, or too many records",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 502, description = "The cluster does not answer, or refuses the gateway",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 503, description = "Too many look at clusters",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 504, description = "The cluster answers too slowly",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn drifts(
    State(state): State<PortalState>,
    by: By,
    Name(name): Name,
    Parameters(parameters): Parameters<DriftParameters>,
) -> Result<Response, ProblemBody> {
    let inspector = inspector(&state, &by, &name)?;
    let DriftParameters { endpoint, records, reason } = parameters;
    let mut watched = by.view(&state.catalog).watched(&name);
    if let Some(only) = &endpoint {
        watched.retain(|one| one.name == *only);
        if watched.is_empty() {
            let (kind, name) = (Kind::Endpoint, only.clone());
            return Err(ApplyError::NotFound { kind, name }.into());
        }
    }
    let mut notes = Vec::new();
    if watched.len() > ENDPOINTS_MAX {
        notes.push(format!("only the first {ENDPOINTS_MAX} of {} were compared", watched.len()));
        watched.truncate(ENDPOINTS_MAX);
    }
    let topics = topics(inspector, &name, &watched).await?;
    let there = |one: &Watched| topics.get(&one.endpoint.topic);
    let mut found: Vec<Drift> = watched.iter().flat_map(|one| drift(one, there(one))).collect();
    match (records, watched.first()) {
        (None, _) => {}
        (Some(_), _) if endpoint.is_none() => {
            return Err(ProblemBody::bad_request("`records` needs `endpoint`."));
        }
        (Some(count), Some(one)) if there(one).is_some() => {
            let reason = reason.unwrap_or_default();
            let topic = one.endpoint.topic.clone();
            let asked = RecordsAsked { cluster: &name, topic: &topic, count, reason: &reason };
            let records = read(&state, &by, asked).await?;
            let one = one.clone();
            let compare = tokio::task::spawn_blocking(move || schema_drift(&one, &records));
            match compare.await.map_err(|_| ApplyError::Internal)? {
                Ok(drift) => found.extend(drift),
                Err(why) => notes.push(why),
            }
        }
        (Some(_), _) => notes.push("no records were read: the topic is not there".to_owned()),
    }
    let drift = found.into_iter().map(DriftBody::from).collect();
    let body = DriftsBody { drift, endpoints: watched.len(), notes };
    Ok(no_store(Json(body).into_response()))
}

/// The topics of endpoints, as they are now.
async fn topics(
    inspector: &dyn ClusterInspector,
    cluster: &str,
    watched: &[Watched],
) -> Result<BTreeMap<String, TopicReport>, InspectError> {
    let mut names: Vec<&String> = watched.iter().map(|one| &one.endpoint.topic).collect();
    names.sort_unstable();
    names.dedup();
    let mut found = BTreeMap::new();
    for some in names.chunks(TOPICS_PER_PAGE_MAX) {
        let query = TopicQuery {
            among: some.iter().map(|name| (*name).clone()).collect(),
            internal: true,
            limit: TOPICS_PER_PAGE_MAX,
            without_offsets: true,
            ..TopicQuery::default()
        };
        let page = inspector.topics(cluster, &query).await?;
        found.extend(page.topics.into_iter().map(|topic| (topic.name.clone(), topic)));
    }
    Ok(found)
}
