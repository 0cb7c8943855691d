//! The change feed: what changes in the catalog, as it happens.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use catalog::{Catalog, Changed, Since};
use futures_util::{Stream, StreamExt, stream};
use http::HeaderMap;
use serde_json::json;
use tokio::sync::watch;

use super::body::no_store;
use crate::{PortalState, ProblemBody, parameters::Parameters};

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
            status = 401, description = "No admin token",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("adminToken" = [])),
)]
pub(crate) async fn changes(
    State(state): State<PortalState>,
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
    let events = follow(state.catalog, latest, since).map(Ok::<_, Infallible>);
    let alive = KeepAlive::new().interval(HEARTBEAT);
    Ok(no_store(Sse::new(events).keep_alive(alive).into_response()))
}

/// Everything after a version, then what comes, for ever.
fn follow(catalog: Catalog, latest: watch::Receiver<u64>, since: u64) -> impl Stream<Item = Event> {
    let batches =
        stream::unfold((catalog, latest, since), |(catalog, mut latest, since)| async move {
            loop {
                // Before looking: what comes afterwards is heard of again.
                latest.borrow_and_update();
                match catalog.since(since) {
                    Since::Changes(changes) if changes.is_empty() => latest.changed().await.ok()?,
                    Since::Changes(changes) => {
                        let last = changes.last().map_or(since, |changed| changed.version);
                        let events: Vec<_> = changes.iter().map(change).collect();
                        return Some((events, (catalog, latest, last)));
                    }
                    Since::Forgotten(version) => {
                        let data = json!({ "version": version }).to_string();
                        let reset =
                            Event::default().event("reset").id(version.to_string()).data(data);
                        return Some((vec![reset], (catalog, latest, version)));
                    }
                }
            }
        });
    batches.flat_map(stream::iter)
}

fn change(changed: &Arc<Changed>) -> Event {
    let resources: Vec<_> = changed
        .resources
        .iter()
        .map(|one| json!({ "kind": one.kind.name(), "name": one.name, "what": one.what }))
        .collect();
    let data = json!({ "version": changed.version, "resources": resources }).to_string();
    Event::default().event("change").id(changed.version.to_string()).data(data)
}
