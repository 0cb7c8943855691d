//! The audit: who did what.

use axum::{
    Json,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use catalog::{
    Catalog,
    audit::{EventType, Record},
    model::Kind,
    store::{AuditQuery, StoreError},
};
use futures_util::{StreamExt, stream};
use http::{HeaderValue, header};
use serde_json::value::RawValue;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::body::no_store;
use crate::{PortalState, ProblemBody, parameters::Parameters};

/// Records of a page when nobody says how many.
const PAGE_RECORDS_DEFAULT: u32 = 100;
/// Most records of a page, and of one step of an export.
const PAGE_RECORDS_MAX: u32 = 1_000;

/// Which records.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditParameters {
    /// Of this kind of resource, such as `Subscription`.
    kind: Option<String>,
    /// Of the resource of this name; needs `kind`.
    name: Option<String>,
    /// Of this type, such as `io.sluicegate.subscription.approved.v1`.
    r#type: Option<String>,
    /// By whom.
    actor: Option<String>,
    /// From this moment on (RFC 3339).
    since: Option<String>,
    /// Before this moment (RFC 3339).
    until: Option<String>,
    /// The `next` of the page before.
    cursor: Option<u64>,
    /// Most records to answer, 1 to 1000.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
}

impl AuditParameters {
    fn query(self) -> Result<AuditQuery, ProblemBody> {
        let kind = self.kind.map(|kind| kind.parse::<Kind>()).transpose().map_err(|()| {
            ProblemBody::bad_request("`kind` is a kind of resource, such as `Subscription`.")
        })?;
        let subject = match (kind, &self.name) {
            (Some(kind), Some(name)) => Some(format!("{kind}/{name}")),
            (None, Some(_)) => return Err(ProblemBody::bad_request("`name` needs `kind`.")),
            (_, None) => None,
        };
        let limit = self.limit.unwrap_or(PAGE_RECORDS_DEFAULT);
        if !(1..=PAGE_RECORDS_MAX).contains(&limit) {
            return Err(ProblemBody::bad_request(format!("`limit` is 1 to {PAGE_RECORDS_MAX}.")));
        }
        Ok(AuditQuery {
            kind: kind.filter(|_| subject.is_none()),
            subject,
            event_type: self.r#type,
            actor: self.actor,
            since: self.since.map(|text| moment("since", &text)).transpose()?,
            until: self.until.map(|text| moment("until", &text)).transpose()?,
            after: self.cursor,
            oldest_first: false,
            limit,
        })
    }
}

/// A moment as records have it: in UTC, whole seconds.
fn moment(name: &str, text: &str) -> Result<String, ProblemBody> {
    let read = OffsetDateTime::parse(text, &Rfc3339).ok().and_then(|moment| {
        let utc = moment.checked_to_offset(time::UtcOffset::UTC)?.replace_nanosecond(0).ok()?;
        utc.format(&Rfc3339).ok()
    });
    read.ok_or_else(|| {
        let detail = format!("`{name}` is a moment such as `2027-01-31T00:00:00Z`.");
        ProblemBody::bad_request(detail)
    })
}

/// A record.
#[derive(serde::Serialize, utoipa::ToSchema)]
struct RecordBody {
    /// From 1, without gaps.
    number: u64,
    /// SHA-256 over the hash before it, the number and the event (hexadecimal).
    hash: String,
    /// What happened: a CloudEvent 1.0.
    #[schema(value_type = Object)]
    event: Box<RawValue>,
}

impl RecordBody {
    fn new(record: Record) -> Result<Self, StoreError> {
        let event = RawValue::from_string(record.event).map_err(|_| StoreError::Unreadable {
            what: format!("audit record {}", record.number),
            reason: "it is not JSON".to_owned(),
        })?;
        Ok(Self { number: record.number, hash: record.hash.to_string(), event })
    }
}

/// One page of records.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct AuditBody {
    /// The newest first.
    records: Vec<RecordBody>,
    /// The cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// Read the audit
///
/// Who did what, the newest first. The history of one resource: `?kind=Subscription&name=…`.
#[utoipa::path(
    get,
    path = "/audit",
    operation_id = "listAudit",
    tag = "audit",
    params(AuditParameters),
    responses(
        (status = 200, description = "One page", body = AuditBody),
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
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn list(
    State(state): State<PortalState>,
    Parameters(parameters): Parameters<AuditParameters>,
) -> Result<Response, ProblemBody> {
    let query = parameters.query()?;
    let found = state.catalog.audit(&query).await.map_err(unreadable)?;
    let full = u32::try_from(found.len()).is_ok_and(|found| found == query.limit);
    let next = found.last().map(|record| record.number).filter(|number| full && *number > 1);
    let records: Result<Vec<_>, _> = found.into_iter().map(RecordBody::new).collect();
    let body = AuditBody { records: records.map_err(unreadable)?, next };
    Ok(no_store(Json(body).into_response()))
}

/// A type of event.
#[derive(serde::Serialize, utoipa::ToSchema)]
struct EventTypeBody {
    /// Such as `io.sluicegate.subscription.approved.v1`.
    r#type: String,
    /// What its events are about.
    subject: String,
    /// When there is one.
    meaning: &'static str,
}

/// The types of events.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct EventTypesBody {
    /// By what they are about.
    types: Vec<EventTypeBody>,
}

/// Types of the audit's events
///
/// The CloudEvents types that records have.
#[utoipa::path(
    get,
    path = "/audit/types",
    operation_id = "listAuditTypes",
    tag = "audit",
    responses(
        (status = 200, description = "All types", body = EventTypesBody),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn types() -> Response {
    let types = catalog::audit::types().into_iter();
    let types = types.map(|EventType { name, subject, meaning }| EventTypeBody {
        r#type: name,
        subject,
        meaning,
    });
    no_store(Json(EventTypesBody { types: types.collect() }).into_response())
}

/// Export the audit
///
/// Lines of JSON: the signed checkpoints as `{"checkpoint": {…}}`, and all records from the first.
/// `sluicegate audit verify` reads it.
#[utoipa::path(
    get,
    path = "/audit/export",
    operation_id = "exportAudit",
    tag = "audit",
    responses(
        (
            status = 200, description = "Lines of JSON",
            body = String, content_type = "application/x-ndjson"
        ),
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
pub(crate) async fn export(State(state): State<PortalState>) -> Result<Response, ProblemBody> {
    // Read first: what is signed by now is there when its record's turn comes.
    let checkpoints = state.catalog.checkpoints().await.map_err(unreadable)?;
    let records = stream::unfold(Some((state.catalog, 0)), |at| async move {
        let (catalog, after) = at?;
        match step(&catalog, after).await {
            Ok((lines, Some(last))) => Some((Ok(lines), Some((catalog, last)))),
            Ok((_, None)) => None,
            Err(error) => Some((Err(std::io::Error::other(error.to_string())), None)),
        }
    });
    let signed = checkpoints.iter().map(|checkpoint| checkpoint.line() + "\n");
    let signed = signed.collect::<String>();
    let signed = stream::once(async move { Ok(Bytes::from(signed)) });
    let body = Body::from_stream(signed.chain(records));
    let kind = HeaderValue::from_static("application/x-ndjson");
    Ok(no_store(([(header::CONTENT_TYPE, kind)], body).into_response()))
}

/// The lines of the next records, and the last one's number.
async fn step(catalog: &Catalog, after: u64) -> Result<(Bytes, Option<u64>), StoreError> {
    let query = AuditQuery {
        after: Some(after),
        oldest_first: true,
        limit: PAGE_RECORDS_MAX,
        ..AuditQuery::default()
    };
    let records = catalog.audit(&query).await?;
    let last = records.last().map(|record| record.number);
    let mut lines = String::new();
    for record in records {
        lines.push_str(&record.line()?);
        lines.push('\n');
    }
    Ok((lines.into(), last))
}

fn unreadable(error: StoreError) -> ProblemBody {
    catalog::ApplyError::Store(error).into()
}
