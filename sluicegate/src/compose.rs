//! Stands in until the composition is merged: the administration interface and readiness only.

use axum::{Router, routing::get};

use crate::config::Config;

pub struct Parts {
    pub http: tokio::net::TcpListener,
    pub metrics: tokio::net::TcpListener,
    pub admin: Option<tokio::net::TcpListener>,
    pub catalog: catalog::Catalog,
    pub admin_token: Option<String>,
    pub config: Config,
}

pub async fn start(parts: Parts, shutdown: impl Future<Output = ()>) -> anyhow::Result<bool> {
    let _ = (parts.admin, parts.config);
    let admin_token = portal::AdminToken::new(&parts.admin_token.unwrap_or_default())?;
    let portal = portal::router(portal::PortalState {
        catalog: parts.catalog,
        admin_token,
    });
    let health = Router::new().route("/readyz", get(|| async { "ready" }));
    tokio::select! {
        served = axum::serve(parts.http, portal) => served?,
        served = axum::serve(parts.metrics, health) => served?,
        () = shutdown => {}
    }
    Ok(true)
}
