//! The change feed: what changes in the catalog, as it happens.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use catalog::{Catalog, Changed, Since, people::Rights};
use futures_util::{Stream, StreamExt, stream};
use http::HeaderMap;
use serde_json::json;
use tokio::sync::watch;

use super::body::no_store;
use crate::{PortalState, ProblemBody, by::By, parameters::Parameters};

/// How often a silent feed says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// From where.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChangesParameters {
    /// Changes after this version of the catalog; absent: from now on. `Last-Event-ID` wins.
    since: Option<u64>,
}

/// Follow changes
///
/// Server-Sent Events: `change` for each version of the catalog, with its number as id and the
/// resources that it changed; `reset`, with the version now, when what was missed is not remembered
/// any more: read everything anew, and go on from there.
#[utoipa::path(
    get,
    path = "/changes",
    tag = "changes",
    params(
        ChangesParameters,
        ("Last-Event-ID" = Option<u64>, Header, description = "The version that was seen last"),
    ),
    responses(
        (
            status = 200, description = "A stream that does not end",
            body = String, content_type = "text/event-stream"
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
            status = 403, description = "The roles or the token do not go so far",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn changes(
    State(state): State<PortalState>,
    By(actor): By,
    headers: HeaderMap,
    Parameters(parameters): Parameters<ChangesParameters>,
) -> Result<Response, ProblemBody> {
    let last = headers.get("last-event-id").map(|id| {
        let id = id.to_str().ok().and_then(|id| id.parse::<u64>().ok());
        id.ok_or_else(|| ProblemBody::bad_request("`Last-Event-ID` is a version of the catalog."))
    });
    let since = last.transpose()?.or(parameters.since);
    let latest = state.catalog.latest();
    let since = since.unwrap_or_else(|| state.catalog.snapshot().version);
    let who = (state.catalog, actor.rights);
    let events = follow(who, latest, since).map(Ok::<_, Infallible>);
    let alive = KeepAlive::new().interval(HEARTBEAT);
    Ok(no_store(Sse::new(events).keep_alive(alive).into_response()))
}

/// Everything after a version, then what comes, for ever.
fn follow(
    who: (Catalog, Rights),
    latest: watch::Receiver<u64>,
    since: u64,
) -> impl Stream<Item = Event> {
    let batches = stream::unfold((who, latest, since), |(who, mut latest, since)| async move {
        loop {
            // Before looking: what comes afterwards is heard of again.
            latest.borrow_and_update();
            match who.0.since(since) {
                Since::Changes(changes) if changes.is_empty() => latest.changed().await.ok()?,
                Since::Changes(changes) => {
                    let last = changes.last().map_or(since, |changed| changed.version);
                    let view = who.0.view(&who.1);
                    let told = changes.iter().map(|changed| view.of_change(changed));
                    let events: Vec<_> = told.map(|changed| change(&changed)).collect();
                    return Some((events, (who, latest, last)));
                }
                Since::Forgotten(version) => {
                    let data = json!({ "version": version }).to_string();
                    let reset = Event::default().event("reset").id(version.to_string()).data(data);
                    return Some((vec![reset], (who, latest, version)));
                }
            }
        }
    });
    batches.flat_map(stream::iter)
}

fn change(changed: &Changed) -> Event {
    let resources: Vec<_> = changed
        .resources
        .iter()
        .map(|one| json!({ "kind": one.kind.name(), "name": one.name, "what": one.what }))
        .collect();
    let data = json!({ "version": changed.version, "resources": resources }).to_string();
    Event::default().event("change").id(changed.version.to_string()).data(data)
}
