//! Tickets for people who look at what a subscription gets, or would get.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use catalog::{
    model::check_origin,
    ticket::{FIRST_USE_WITHIN, Issued},
};
use http::{HeaderMap, header};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::body::no_store;
use crate::{PortalState, ProblemBody, by::By, documents::Said, parameters::Name};

/// For which page.
#[derive(Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct TicketBody {
    /// The origin of the page, as browsers write it.
    #[schema(required = true, example = "https://app.example.com")]
    origin: String,
}

/// A ticket.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IssuedTicketBody {
    /// The ticket, for the query parameter `ticket`. It is told once.
    ticket: String,
    /// The endpoint's address.
    address: String,
    /// Where its events are read, as a path on the gateway.
    path: String,
    /// When it must have been used for the first time.
    first_use_by: Option<String>,
    /// When it ends.
    expires_at: Option<String>,
}

/// Make a ticket
///
/// To read what a subscription gets, in a page: with `EventSource` or a WebSocket, which cannot
/// send headers. It must be used within a minute, ends after ten, and ends at once when the user
/// may not sign in any more.
#[utoipa::path(
    post,
    path = "/subscriptions/{name}/tickets",
    tag = "connect",
    params(("name" = String, Path, description = "The subscription's name")),
    request_body = TicketBody,
    responses(
        (status = 201, description = "The ticket", body = IssuedTicketBody),
        (
            status = 400, description = "Not an origin",
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
            status = 404, description = "No such subscription",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 409, description = "No ticket can be made for it, and why",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn issue(
    State(state): State<PortalState>,
    By(actor): By,
    Name(name): Name,
    headers: HeaderMap,
    Said(body): Said<TicketBody>,
) -> Result<Response, ProblemBody> {
    let wrong = |why| ProblemBody::bad_request(format!("`origin` {why}."));
    check_origin(&body.origin).map_err(wrong)?;
    let page = (body.origin.as_str(), is_own(&state, &headers, &body.origin));
    Ok(told(state.catalog.ticket_for(&actor, &name, page).await?))
}

/// Make a ticket to look at a plan
///
/// To see in a page what subscribers of a plan get, without a subscription: where the plan says
/// `preview: true`. All who look at once share the plan's limits. Otherwise it is as a ticket of a
/// subscription.
#[utoipa::path(
    post,
    path = "/plans/{name}/tickets",
    tag = "connect",
    params(("name" = String, Path, description = "The plan's name")),
    request_body = TicketBody,
    responses(
        (status = 201, description = "The ticket", body = IssuedTicketBody),
        (
            status = 400, description = "Not an origin",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No such plan",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 409, description = "No ticket can be made for it, and why",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn issue_for_plan(
    State(state): State<PortalState>,
    By(actor): By,
    Name(name): Name,
    headers: HeaderMap,
    Said(body): Said<TicketBody>,
) -> Result<Response, ProblemBody> {
    let wrong = |why| ProblemBody::bad_request(format!("`origin` {why}."));
    check_origin(&body.origin).map_err(wrong)?;
    let page = (body.origin.as_str(), is_own(&state, &headers, &body.origin));
    Ok(told(state.catalog.preview_ticket_for(&actor, &name, page).await?))
}

fn told(issued: Issued) -> Response {
    let first_use = issued.ticket.issued + FIRST_USE_WITHIN.whole_seconds();
    let body = IssuedTicketBody {
        ticket: issued.text.expose().to_owned(),
        path: format!("/v1/endpoints/{}/events", issued.address),
        address: issued.address,
        first_use_by: moment(first_use),
        expires_at: moment(issued.ticket.expires),
    };
    no_store((StatusCode::CREATED, Json(body)).into_response())
}

/// Whether a page is of the gateway itself.
fn is_own(state: &PortalState, headers: &HeaderMap, origin: &str) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let of = origin.split_once("://").map(|(_, of)| of);
    state.doors.http.as_deref() == Some(origin) || of.is_some() && of == host
}

fn moment(seconds: i64) -> Option<String> {
    OffsetDateTime::from_unix_timestamp(seconds).ok()?.format(&Rfc3339).ok()
}
