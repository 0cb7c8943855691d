//! How much passed, over time.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use catalog::{
    activity::{Counted, Lag, UsageSum},
    model::Kind,
    people::Rights,
};
use time::OffsetDateTime;

use super::{kept, moment, unread};
use crate::{
    PortalState, ProblemBody,
    by::By,
    parameters::{Name, Parameters},
    routes::body::no_store,
};

const HOUR: i64 = 60 * 60;
/// As far back as activity is kept: 35 days.
const HOURS_MAX: i64 = 35 * 24;
/// A day at a glance.
const HOURS: i64 = 24;
/// Minutes of one point by the hours that are asked for: a line of some hundred points.
const STEPS: [(i64, i64); 3] = [(3, 1), (24, 10), (HOURS_MAX, 60)];

/// From when.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UsageParameters {
    /// How many hours back, 1 to 840.
    #[param(minimum = 1, maximum = 840, default = 24)]
    hours: Option<i64>,
}

impl UsageParameters {
    fn hours(&self) -> Result<i64, ProblemBody> {
        let hours = self.hours.unwrap_or(HOURS);
        match (1..=HOURS_MAX).contains(&hours) {
            true => Ok(hours),
            false => Err(ProblemBody::bad_request(format!("`hours` is 1 to {HOURS_MAX}."))),
        }
    }
}

/// What passed, and how far readers have come.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UsageBody {
    /// Seconds of one point.
    step_seconds: i64,
    /// Where the first point can be.
    #[schema(format = DateTime)]
    from: String,
    /// Where the last point can be: now.
    #[schema(format = DateTime)]
    to: String,
    /// Where nothing passed there is no point.
    points: Vec<UsagePointBody>,
    /// How far each group has come, partition by partition; only of one subscription.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lag: Vec<LagBody>,
}

/// What passed through one door, and what did not.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct UsagePointBody {
    /// The beginning of its time.
    #[schema(format = DateTime)]
    at: String,
    /// The door.
    #[schema(example = "sse")]
    door: String,
    /// Events.
    events: u64,
    /// Bytes.
    bytes: u64,
    /// Records that could not be redacted safely and were withheld.
    withheld: u64,
    /// Records that the plan's filters did not pass.
    filtered: u64,
    /// Events that were redacted: their value, key or headers were changed.
    redacted: u64,
    /// Milliseconds that readers were made to wait by the plan's limits, all of them together.
    throttled_millis: u64,
}

/// How far a group has come.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct LagBody {
    /// The group.
    group: String,
    /// The partition's index.
    partition: i32,
    /// The next offset that it will read.
    committed: i64,
    /// The end of the partition.
    log_end: i64,
}

impl From<UsageSum> for UsagePointBody {
    fn from(sum: UsageSum) -> Self {
        let UsageSum { at, door, counted } = sum;
        let Counted { events, bytes, withheld, filtered, redacted, throttled_millis } = counted;
        let at = moment(at);
        Self { at, door, events, bytes, withheld, filtered, redacted, throttled_millis }
    }
}

impl From<Lag> for LagBody {
    fn from(lag: Lag) -> Self {
        let Lag { consumer, partition, committed, log_end, .. } = lag;
        Self { group: consumer.to_string(), partition, committed, log_end }
    }
}

/// What a subscription used
///
/// Events and bytes over time by door, what was withheld, filtered, redacted and throttled, and how
/// far its consumer groups have come.
#[utoipa::path(
    get,
    path = "/subscriptions/{name}/usage",
    tag = "activity",
    params(("name" = String, Path, description = "The subscription's name"), UsageParameters),
    responses(
        (status = 200, description = "What passed", body = UsageBody),
        (
            status = 400, description = "Wrong parameters",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No such subscription",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 503, description = "The activity cannot be read now",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn of_subscription(
    State(state): State<PortalState>,
    by: By,
    Name(name): Name,
    Parameters(parameters): Parameters<UsageParameters>,
) -> Result<Response, ProblemBody> {
    if by.view(&state.catalog).find(Kind::Subscription, &name).is_none() {
        return Err(ProblemBody::not_found(format!("There is no subscription `{name}`.")));
    }
    let lag = kept(&state)?.lag(&name).await.map_err(|error| unread(&error))?;
    let body = usage(&state, &[name], parameters.hours()?).await?;
    let lag = lag.into_iter().map(LagBody::from).collect();
    Ok(no_store(Json(UsageBody { lag, ..body }).into_response()))
}

/// What passed of an endpoint
///
/// Events and bytes over time by door, and what was withheld, filtered, redacted and throttled, of
/// all its subscriptions together.
#[utoipa::path(
    get,
    path = "/endpoints/{name}/usage",
    tag = "activity",
    params(("name" = String, Path, description = "The endpoint's name"), UsageParameters),
    responses(
        (status = 200, description = "What passed", body = UsageBody),
        (
            status = 400, description = "Wrong parameters",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No such endpoint",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 503, description = "The activity cannot be read now",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn of_endpoint(
    State(state): State<PortalState>,
    by: By,
    Name(name): Name,
    Parameters(parameters): Parameters<UsageParameters>,
) -> Result<Response, ProblemBody> {
    if by.view(&state.catalog).find(Kind::Endpoint, &name).is_none() {
        return Err(ProblemBody::not_found(format!("There is no endpoint `{name}`.")));
    }
    // How much passes is no secret to those who see the endpoint; who reads it is.
    let subscriptions = state.catalog.view(&Rights::everything()).subscriptions_of(&name);
    let body = usage(&state, &subscriptions, parameters.hours()?).await?;
    Ok(no_store(Json(body).into_response()))
}

async fn usage(
    state: &PortalState,
    subscriptions: &[String],
    hours: i64,
) -> Result<UsageBody, ProblemBody> {
    let step = STEPS.iter().find(|(up_to, _)| hours <= *up_to).map_or(60, |(_, step)| *step);
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let from = now.saturating_sub(hours.saturating_mul(HOUR));
    let summed = kept(state)?.summed(subscriptions, from, step).await;
    let points = summed.map_err(|error| unread(&error))?;
    let points = points.into_iter().map(UsagePointBody::from).collect();
    let (from, to) = (moment(from), moment(now));
    Ok(UsageBody { step_seconds: step * 60, from, to, points, lag: Vec::new() })
}
