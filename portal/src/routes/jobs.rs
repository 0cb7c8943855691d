//! Work that takes longer than a request: followed by its progress, stopped when it is not wanted.

use std::{convert::Infallible, time::Duration};

use axum::{
    Json,
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use catalog::{
    Actor, Catalog,
    jobs::{Job, JobError, JobState},
};
use futures_util::{Stream, stream};
use http::{StatusCode, header};
use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use tokio::sync::watch;

use super::body::no_store;
use crate::{BASE_PATH, PortalState, ProblemBody, by::By, parameters::Name};

/// How often a job of another replica is looked at: one of this replica is heard of at once.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often a silent stream says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// A job.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobBody {
    /// What it is found by.
    id: String,
    /// What is done, in words.
    what: String,
    /// `running`, `done`, `failed`, `stopped`, or `lost`: its replica went away.
    #[schema(example = "running")]
    state: &'static str,
    /// How much is done.
    done: u64,
    /// Of how much; absent: not known yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
    /// What is being done now.
    note: String,
    /// When it was begun.
    #[schema(format = DateTime)]
    begun_at: String,
    /// When it was told of last.
    #[schema(format = DateTime)]
    told_at: String,
    /// What came of it, when it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    result: Option<Value>,
    /// Why it failed: a problem document.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    error: Option<Value>,
}

impl From<&Job> for JobBody {
    fn from(job: &Job) -> Self {
        let moment = |at: time::OffsetDateTime| at.format(&Rfc3339).unwrap_or_default();
        Self {
            id: job.id.clone(),
            what: job.what.clone(),
            state: job.state.name(),
            done: job.done,
            total: job.total,
            note: job.note.clone(),
            begun_at: moment(job.begun_at),
            told_at: moment(job.told_at),
            result: job.result.clone(),
            error: job.error.clone(),
        }
    }
}

/// The answer to a request that began a job.
pub(super) fn accepted(job: &Job) -> impl IntoResponse + use<> {
    let location = format!("{BASE_PATH}/jobs/{}", job.id);
    (StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(JobBody::from(job)))
}

impl From<JobError> for ProblemBody {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Busy => {
                let title = "As many jobs run as there may be";
                let detail = format!("{error}: try again when one has ended.");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", title, detail)
                    .retry_after(HEARTBEAT)
            }
            JobError::Store(error) => catalog::ApplyError::from(error).into(),
        }
    }
}

/// Look at a job
///
/// How far it is, and what came of it. Told to whoever began it, for a day.
#[utoipa::path(
    get,
    path = "/jobs/{name}",
    operation_id = "readJob",
    tag = "jobs",
    params(("name" = String, Path, description = "The job's id")),
    responses(
        (status = 200, description = "The job", body = JobBody),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No such job of yours",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn read(
    State(state): State<PortalState>,
    By(actor): By,
    Name(id): Name,
) -> Result<Response, ProblemBody> {
    let job = find(&state.catalog, &actor, &id).await?;
    Ok(no_store(Json(JobBody::from(&job)).into_response()))
}

/// Follow a job
///
/// Server-Sent Events: `job` whenever it was told of; the stream ends with the job.
#[utoipa::path(
    get,
    path = "/jobs/{name}/events",
    operation_id = "followJob",
    tag = "jobs",
    params(("name" = String, Path, description = "The job's id")),
    responses(
        (
            status = 200, description = "A stream that ends with the job",
            body = String, content_type = "text/event-stream"
        ),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No such job of yours",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn follow(
    State(state): State<PortalState>,
    By(actor): By,
    Name(id): Name,
) -> Result<Response, ProblemBody> {
    let told = state.catalog.jobs_told();
    let job = find(&state.catalog, &actor, &id).await?;
    let events = events(Following { catalog: state.catalog, actor, id, told, last: None }, job);
    let alive = KeepAlive::new().interval(HEARTBEAT);
    Ok(no_store(Sse::new(events).keep_alive(alive).into_response()))
}

/// Stop a job
///
/// It ends soon, with what was done so far undone or of no effect.
#[utoipa::path(
    delete,
    path = "/jobs/{name}",
    operation_id = "stopJob",
    tag = "jobs",
    params(("name" = String, Path, description = "The job's id")),
    responses(
        (status = 204, description = "It will end, or has ended"),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No such job of yours",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn stop(
    State(state): State<PortalState>,
    By(actor): By,
    Name(id): Name,
) -> Result<StatusCode, ProblemBody> {
    match state.catalog.stop_job(&actor, &id).await.map_err(catalog::ApplyError::from)? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(nothing(&id)),
    }
}

async fn find(catalog: &Catalog, actor: &Actor, id: &str) -> Result<Job, ProblemBody> {
    let job = catalog.job(actor, id).await.map_err(catalog::ApplyError::from)?;
    job.ok_or_else(|| nothing(id))
}

fn nothing(id: &str) -> ProblemBody {
    ProblemBody::not_found(format!("You have no job `{id}`, or it is over for more than a day."))
}

struct Following {
    catalog: Catalog,
    actor: Actor,
    id: String,
    told: watch::Receiver<u64>,
    last: Option<Job>,
}

/// The job as it is, and whenever it is another; ends when it has ended or is forgotten.
fn events(following: Following, first: Job) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold((following, Some(first)), |(mut following, mut next)| async move {
        let ended = following.last.as_ref().is_some_and(|job| job.state != JobState::Running);
        if ended {
            return None;
        }
        loop {
            if let Some(job) = next.take()
                && following.last.as_ref() != Some(&job)
            {
                let data = serde_json::to_string(&JobBody::from(&job)).unwrap_or_default();
                following.last = Some(job);
                let event = Event::default().event("job").data(data);
                return Some((Ok(event), (following, None)));
            }
            tokio::select! {
                told = following.told.changed() => told.ok()?,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let Following { catalog, actor, id, .. } = &following;
            next = Some(catalog.job(actor, id).await.ok()??);
        }
    })
}
