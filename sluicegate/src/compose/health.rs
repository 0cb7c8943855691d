//! `/livez`, `/readyz` and `/metrics`, for probes and Prometheus.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::IntoResponse;
use axum::routing::get;
use catalog::Catalog;
use gateway::gateway::Gateway;
use http::{StatusCode, header};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The media type of OpenMetrics text.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The routes; `more` says what `/readyz?verbose` tells beside.
pub fn router(
    gateway: Arc<Gateway>,
    stale: Stale,
    more: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
    registry: Arc<Registry>,
) -> Router {
    let ready = get(move |State(state), RawQuery(query): RawQuery| {
        let verbose = query.is_some_and(|query| query.split('&').any(|key| key == "verbose"));
        let more = if verbose { more() } else { Vec::new() };
        async move { ready(state, &more) }
    });
    let ready = Router::new().route("/readyz", ready).with_state((gateway, stale));
    let metrics = Router::new().route("/metrics", get(metrics)).with_state(registry);
    Router::new().route("/livez", get("alive\n")).merge(ready).merge(metrics)
}

/// The catalog, and for how long it is served without its database.
type Stale = (Catalog, Duration);

/// 200 `ready`, with what is served out of date, or 503 with one problem a line.
fn ready(
    (gateway, (catalog, at_most)): (Arc<Gateway>, Stale),
    more: &[String],
) -> impl IntoResponse + use<> {
    let mut problems = gateway.problems();
    let mut served = "ready\n".to_owned();
    if let Some(stale) = catalog.staleness(at_most) {
        let moment = |moment: OffsetDateTime| moment.format(&Rfc3339).unwrap_or_default();
        let (since, until) = (moment(stale.since), moment(stale.until));
        let away = format!("the catalog's database is away since {since}");
        match stale.is_over(OffsetDateTime::now_utc()) {
            true => problems.push(format!("{away}: everything is refused")),
            false => served += &format!("{away}: what was known then is served until {until}\n"),
        }
    }
    let more: String = more.iter().flat_map(|line| [line, "\n"]).collect();
    if problems.is_empty() {
        return (StatusCode::OK, served + &more);
    }
    (StatusCode::SERVICE_UNAVAILABLE, problems.join("\n") + "\n" + &more)
}

async fn metrics(State(registry): State<Arc<Registry>>) -> impl IntoResponse {
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text)),
        Err(error) => Err((StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}
