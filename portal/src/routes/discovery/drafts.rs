//! Drafts of endpoints for every topic of a cluster that nobody publishes yet: a job.

use std::collections::BTreeSet;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use catalog::{
    inspect::{SAMPLE_RECORDS_MAX, TOPICS_PER_PAGE_MAX, TopicQuery, TopicReport},
    jobs::{Running, Unwanted},
    model::name::TOPIC_CHARS_MAX,
};
use serde_json::{Value, json};

use super::{Wanted, draft_of, inspector, owner};
use crate::{
    PortalState, ProblemBody,
    by::By,
    documents::Said,
    parameters::Name,
    routes::jobs::{JobBody, accepted},
};

/// Most topics that one job makes drafts of: beyond, ask for a part by `filter`.
const DRAFTS_MAX: usize = 2_000;

/// Of which topics, and how.
#[derive(Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct DraftsAskedBody {
    /// Topics whose names contain this, in capitals or not; absent: all.
    #[schema(max_length = 249)]
    filter: Option<String>,
    /// How many records of each topic are read for its schema, 0 to 20. Reading takes a right and a
    /// reason; a topic that may not be read has a draft without a schema.
    #[schema(minimum = 0, maximum = 20, default = 0)]
    records: usize,
    /// Why they are read: the audit keeps it, topic by topic.
    #[schema(max_length = 500)]
    reason: String,
    /// The team that will own the endpoints; absent: yours, if you are in one.
    owner: Option<String>,
}

/// Draft all endpoints of a cluster
///
/// Begins a job that makes a draft of each topic that no endpoint publishes, Kafka's own and other
/// tools' left out. Its result has `documents` to apply, and for each topic what of it is a guess.
/// Nothing is stored but the job, for a day.
#[utoipa::path(
    post,
    path = "/clusters/{name}/drafts",
    operation_id = "draftEndpoints",
    tag = "discovery",
    params(("name" = String, Path, description = "The cluster's name")),
    request_body(content = Option<DraftsAskedBody>, description = "Of which topics"),
    responses(
        (
            status = 202, description = "Begun; `Location` is where it is followed",
            body = JobBody, headers(("location", description = "The job's path"))
        ),
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
            status = 503, description = "As many jobs run as there may be",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn drafts(
    State(state): State<PortalState>,
    by: By,
    Name(name): Name,
    Said(mut body): Said<DraftsAskedBody>,
) -> Result<Response, ProblemBody> {
    inspector(&state, &by, &name)?;
    body.owner = owner(&by, body.owner)?;
    if body.records > SAMPLE_RECORDS_MAX {
        let detail = format!("`records` is 0 to {SAMPLE_RECORDS_MAX}.");
        return Err(ProblemBody::bad_request(detail));
    }
    let long = |text: &String| text.chars().count() > TOPIC_CHARS_MAX;
    if body.filter.as_ref().is_some_and(long) {
        let detail = format!("`filter` has at most {TOPIC_CHARS_MAX} characters.");
        return Err(ProblemBody::bad_request(detail));
    }
    let what = format!("Drafts of the endpoints of cluster {name}");
    let running = state.catalog.begin_job(&by.0, &what).await?;
    let begun = accepted(running.job());
    tokio::spawn(async move { run(running, &state, &by, &name, &body).await });
    Ok(begun.into_response())
}

/// Why a job ended before its end.
enum Ended {
    Unwanted,
    Refused(ProblemBody),
}

impl From<Unwanted> for Ended {
    fn from(_: Unwanted) -> Self {
        Self::Unwanted
    }
}

impl From<ProblemBody> for Ended {
    fn from(problem: ProblemBody) -> Self {
        Self::Refused(problem)
    }
}

async fn run(
    mut job: Running,
    state: &PortalState,
    by: &By,
    cluster: &str,
    asked: &DraftsAskedBody,
) {
    match make(&mut job, state, by, cluster, asked).await {
        Ok(result) => job.done(result).await,
        Err(Ended::Unwanted) => job.stopped().await,
        Err(Ended::Refused(problem)) => {
            job.failed(serde_json::to_value(&problem).unwrap_or_default()).await;
        }
    }
}

async fn make(
    job: &mut Running,
    state: &PortalState,
    by: &By,
    cluster: &str,
    asked: &DraftsAskedBody,
) -> Result<Value, Ended> {
    let taken = by.view(&state.catalog).topics_of(cluster);
    let topics = new_topics(job, (state, by, cluster), asked, &taken).await?;
    let total = u64::try_from(topics.len()).ok();
    let (mut documents, mut told) = (Vec::new(), Vec::new());
    for (done, report) in (0..).zip(topics) {
        let topic = report.name.clone();
        job.progress(done, total, &topic).await?;
        let mut wanted =
            Wanted { records: asked.records, reason: &asked.reason, owner: asked.owner.clone() };
        let mut notes = Vec::new();
        let told_as = report.clone();
        let mut draft = draft_of(state, by, (cluster, told_as), &wanted, &taken).await;
        if let Err(problem) = &draft
            && wanted.records > 0
        {
            notes.push(format!("its records were not read: {}", problem.detail));
            wanted.records = 0;
            draft = draft_of(state, by, (cluster, report), &wanted, &taken).await;
        }
        match draft {
            Ok(draft) => {
                let draft = serde_json::to_value(draft).unwrap_or_default();
                let part = |name: &str| draft.get(name).cloned().unwrap_or_default();
                if let Value::Array(made) = part("documents") {
                    documents.extend(made);
                }
                if let Value::Array(more) = part("notes") {
                    notes.extend(more.iter().filter_map(Value::as_str).map(str::to_owned));
                }
                let findings = part("findings");
                told.push(json!({ "topic": topic, "findings": findings, "notes": notes }));
            }
            Err(problem) => {
                notes.push(problem.detail);
                told.push(json!({ "topic": topic, "findings": [], "notes": notes }));
            }
        }
    }
    Ok(json!({ "documents": documents, "topics": told }))
}

/// Topics that no endpoint publishes.
async fn new_topics(
    job: &mut Running,
    (state, by, cluster): (&PortalState, &By, &str),
    asked: &DraftsAskedBody,
    taken: &[(String, String)],
) -> Result<Vec<TopicReport>, Ended> {
    let inspector = inspector(state, by, cluster)?;
    let published: BTreeSet<&str> = taken.iter().map(|(_, topic)| topic.as_str()).collect();
    let (mut topics, mut after) = (Vec::new(), None);
    loop {
        let query = TopicQuery {
            contains: asked.filter.clone(),
            after,
            limit: TOPICS_PER_PAGE_MAX,
            without_offsets: true,
            ..TopicQuery::default()
        };
        let page = inspector.topics(cluster, &query).await.map_err(ProblemBody::from)?;
        let told = page.topics.into_iter();
        topics.extend(told.filter(|topic| !published.contains(topic.name.as_str())));
        if topics.len() > DRAFTS_MAX {
            let detail =
                format!("More than {DRAFTS_MAX} topics have no endpoint: name a part by `filter`.");
            return Err(Ended::Refused(ProblemBody::bad_request(detail)));
        }
        job.progress(0, None, "looking for topics").await?;
        after = page.next;
        if after.is_none() {
            return Ok(topics);
        }
    }
}
