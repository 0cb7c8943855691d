//! `/livez`, `/readyz` and `/metrics`, for probes and Prometheus.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use gateway::gateway::Gateway;
use http::{StatusCode, header};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

/// The media type of OpenMetrics text.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The routes.
pub fn router(gateway: Arc<Gateway>, registry: Arc<Registry>) -> Router {
    let ready = Router::new().route("/readyz", get(ready)).with_state(gateway);
    let metrics = Router::new().route("/metrics", get(metrics)).with_state(registry);
    Router::new().route("/livez", get("alive\n")).merge(ready).merge(metrics)
}

/// 200 `ready`, or 503 with one problem a line.
async fn ready(State(gateway): State<Arc<Gateway>>) -> impl IntoResponse {
    let problems = gateway.problems();
    if problems.is_empty() {
        return (StatusCode::OK, "ready\n".to_owned());
    }
    (StatusCode::SERVICE_UNAVAILABLE, problems.join("\n") + "\n")
}

async fn metrics(State(registry): State<Arc<Registry>>) -> impl IntoResponse {
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text)),
        Err(error) => Err((StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}
