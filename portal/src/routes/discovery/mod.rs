//! What a cluster has: its topics, a few of their records for those who may, and drafts of
//! endpoints. Nothing of it is stored.

mod body;
mod drafts;
mod drift;
mod refused;

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use body::{ProposalBody, RecordsBody, TopicsBody};
use catalog::{
    ApplyError,
    inspect::{
        ClusterInspector, RecordsAsked, SampledRecord, Source, TOPICS_PER_PAGE_MAX, TopicQuery,
        TopicReport, propose,
    },
    model::{
        Kind,
        name::{TOPIC_CHARS_MAX, check_name},
    },
};
pub(crate) use drafts::*;
pub(crate) use drift::*;

use super::body::no_store;
use crate::{
    PortalState, ProblemBody,
    access::NotKept,
    by::By,
    documents::Said,
    parameters::{Name, Parameters, Topic},
};

/// Topics of a page when nobody says how many.
const PAGE_TOPICS_DEFAULT: usize = 50;
/// Records that are read when nobody says how many.
const RECORDS_DEFAULT: usize = 10;

/// Which topics.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TopicParameters {
    /// Whose names contain this, in capitals or not.
    #[param(max_length = 249)]
    filter: Option<String>,
    /// Kafka's own topics and other tools' too (their names begin with `_`).
    #[serde(default)]
    internal: bool,
    /// The `next` of the page before.
    #[param(max_length = 249)]
    cursor: Option<String>,
    /// Most topics to answer, 1 to 100.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<usize>,
}

impl TopicParameters {
    fn query(self) -> Result<TopicQuery, ProblemBody> {
        let limit = self.limit.unwrap_or(PAGE_TOPICS_DEFAULT);
        if !(1..=TOPICS_PER_PAGE_MAX).contains(&limit) {
            return Err(ProblemBody::bad_request(format!(
                "`limit` is 1 to {TOPICS_PER_PAGE_MAX}."
            )));
        }
        let long = |text: &Option<String>| {
            text.as_ref().is_some_and(|text| text.chars().count() > TOPIC_CHARS_MAX)
        };
        if long(&self.filter) || long(&self.cursor) {
            let detail =
                format!("`filter` and `cursor` have at most {TOPIC_CHARS_MAX} characters.");
            return Err(ProblemBody::bad_request(detail));
        }
        let (contains, after, internal) = (self.filter, self.cursor, self.internal);
        Ok(TopicQuery { contains, after, internal, limit, ..TopicQuery::default() })
    }
}

/// Whose records, how many, and why.
#[derive(Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct SampleBody {
    /// Why they are read: the audit keeps it.
    #[schema(min_length = 1, max_length = 500, required = true)]
    #[schema(default = "a subscriber asks about a field")]
    reason: String,
    /// How many records, 1 to 20.
    #[schema(minimum = 1, maximum = 20, default = 10)]
    records: Option<usize>,
}

/// What a draft is made of.
#[derive(Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct ProposalAskedBody {
    /// How many records are read for the schema, 0 to 20. Reading takes a right and a reason.
    #[schema(minimum = 0, maximum = 20, default = 0)]
    records: usize,
    /// Why they are read: the audit keeps it.
    #[schema(max_length = 500)]
    reason: String,
    /// The team that will own the endpoint; absent: yours, if you are in one.
    owner: Option<String>,
}

/// The topics of a cluster
///
/// As the cluster tells them now, with what readers feel of their configuration.
#[utoipa::path(
    get,
    path = "/clusters/{name}/topics",
    operation_id = "listTopics",
    tag = "discovery",
    params(("name" = String, Path, description = "The cluster's name"), TopicParameters),
    responses(
        (status = 200, description = "One page", body = TopicsBody),
        (
            status = 400, description = "Wrong parameters",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No such cluster",
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
pub(crate) async fn topics(
    State(state): State<PortalState>,
    by: By,
    Name(name): Name,
    Parameters(parameters): Parameters<TopicParameters>,
) -> Result<Response, ProblemBody> {
    let inspector = inspector(&state, &by, &name)?;
    let query = parameters.query()?;
    let page = inspector.topics(&name, &query).await?;
    let mut endpoints: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (endpoint, topic) in by.view(&state.catalog).topics_of(&name) {
        endpoints.entry(topic).or_default().push(endpoint);
    }
    Ok(no_store(Json(TopicsBody::new(page, &endpoints)).into_response()))
}

/// Read a few records of a topic
///
/// The latest ones, as they stand in the topic: no policy is applied. For administrators, for
/// owners of the cluster and for owners of an endpoint of the topic. The audit is told who, what
/// and why before anything is read; records are in this answer only.
#[utoipa::path(
    post,
    path = "/clusters/{name}/topics/{topic}/sample",
    operation_id = "sampleTopic",
    tag = "discovery",
    params(
        ("name" = String, Path, description = "The cluster's name"),
        ("topic" = String, Path, description = "The topic"),
    ),
    request_body(content = SampleBody, description = "Why, and how many"),
    responses(
        (status = 200, description = "The records, the newest first", body = RecordsBody),
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
            status = 404, description = "No such cluster or topic",
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
pub(crate) async fn sample(
    State(state): State<PortalState>,
    by: By,
    Name(name): Name,
    Topic(topic): Topic,
    Said(body): Said<SampleBody>,
) -> Result<Response, ProblemBody> {
    let count = body.records.unwrap_or(RECORDS_DEFAULT);
    let asked = RecordsAsked { cluster: &name, topic: &topic, count, reason: &body.reason };
    let records = read(&state, &by, asked).await?;
    let mut response = no_store(Json(RecordsBody::from(records)).into_response());
    response.extensions_mut().insert(NotKept);
    Ok(response)
}

/// Propose an endpoint
///
/// Answers a draft of an endpoint, as documents to apply, and what of it is a guess. With records,
/// the draft has a schema, a classification and a policy that hides what seems to be personal; no
/// value of a record is in it, but for a few words that repeat. Nothing is stored.
#[utoipa::path(
    post,
    path = "/clusters/{name}/topics/{topic}/proposal",
    operation_id = "proposeEndpoint",
    tag = "discovery",
    params(
        ("name" = String, Path, description = "The cluster's name"),
        ("topic" = String, Path, description = "The topic"),
    ),
    request_body(content = Option<ProposalAskedBody>, description = "With how many records"),
    responses(
        (status = 200, description = "The draft", body = ProposalBody),
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
            status = 404, description = "No such cluster or topic",
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
pub(crate) async fn proposal(
    State(state): State<PortalState>,
    by: By,
    Name(name): Name,
    Topic(topic): Topic,
    Said(body): Said<ProposalAskedBody>,
) -> Result<Response, ProblemBody> {
    let owner = owner(&by, body.owner)?;
    let wanted = Wanted { records: body.records, reason: &body.reason, owner };
    let only = Some(topic.clone());
    let query = TopicQuery { only, limit: 1, without_offsets: true, ..TopicQuery::default() };
    let page = inspector(&state, &by, &name)?.topics(&name, &query).await?;
    let told = page.topics.into_iter().next();
    let report = told.unwrap_or_else(|| TopicReport { name: topic, ..TopicReport::default() });
    let taken = by.view(&state.catalog).topics_of(&name);
    let draft = draft_of(&state, &by, (&name, report), &wanted, &taken).await?;
    Ok(no_store(Json(draft).into_response()))
}

/// How a draft is to be made.
struct Wanted<'a> {
    records: usize,
    reason: &'a str,
    owner: Option<String>,
}

/// The team that will own a draft: the one that was said, or the only one of whoever asks.
fn owner(by: &By, said: Option<String>) -> Result<Option<String>, ProblemBody> {
    let owner = said.or_else(|| only_team(by));
    match owner.as_deref().map(check_name) {
        Some(Err(why)) => Err(ProblemBody::bad_request(format!("`owner`: {why}."))),
        _ => Ok(owner),
    }
}

/// A draft of an endpoint of a topic, as its cluster told it; `taken`: the endpoints that there
/// are, with their topics.
async fn draft_of(
    state: &PortalState,
    by: &By,
    (name, report): (&str, TopicReport),
    wanted: &Wanted<'_>,
    taken: &[(String, String)],
) -> Result<ProposalBody, ProblemBody> {
    let topic = report.name.clone();
    let records = match wanted.records {
        0 => None,
        count => {
            let reason = wanted.reason;
            let asked = RecordsAsked { cluster: name, topic: &topic, count, reason };
            Some(read(state, by, asked).await?)
        }
    };
    // Working through megabytes of JSON takes a while: not on a thread that serves others.
    let (cluster, owner) = (name.to_owned(), wanted.owner.clone());
    let draft = tokio::task::spawn_blocking(move || {
        let (records, owner) = (records.as_deref(), owner.as_deref());
        propose(Source { cluster: &cluster, topic: &report, records, owner })
    });
    let mut draft = draft.await.map_err(|_| ApplyError::Internal)?;
    for (endpoint, of) in taken {
        if *of == topic {
            draft.notes.push(format!("the topic is published already: endpoint `{endpoint}`"));
        } else if *endpoint == draft.name {
            draft.notes.push(format!("`{endpoint}` is the name of another topic's endpoint"));
        }
    }
    Ok(ProposalBody::from(draft))
}

/// Reads records for somebody: permitted and told to the audit first.
async fn read(
    state: &PortalState,
    by: &By,
    asked: RecordsAsked<'_>,
) -> Result<Vec<SampledRecord>, ProblemBody> {
    let permit = state.catalog.permit_records(&by.0, asked).await?;
    let inspector = state.inspector.as_ref().ok_or_else(refused::no_inspector)?;
    Ok(inspector.sample(permit).await?)
}

/// What looks into a cluster that they see.
fn inspector<'a>(
    state: &'a PortalState,
    by: &By,
    cluster: &str,
) -> Result<&'a dyn ClusterInspector, ProblemBody> {
    if !state.catalog.sees_cluster(&by.0, cluster) {
        let (kind, name) = (Kind::Cluster, cluster.to_owned());
        return Err(ApplyError::NotFound { kind, name }.into());
    }
    state.inspector.as_deref().ok_or_else(refused::no_inspector)
}

/// The team of whoever is in one.
fn only_team(by: &By) -> Option<String> {
    let teams = &by.0.rights.person()?.teams;
    teams.first().filter(|_| teams.len() == 1).cloned()
}
