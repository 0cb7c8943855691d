#![doc = include_str!("../README.md")]

mod admin_token;
mod breaks;
mod by;
pub mod connect;
mod documents;
mod guard;
mod openapi;
mod parameters;
mod problem;
mod routes;

pub use admin_token::{AdminToken, WeakToken};
pub use breaks::{BreaksBody, FindingBody, SubscriberBody};
pub use problem::{ErrorBody, ProblemBody};

use std::sync::Arc;

use axum::Router;
use catalog::Catalog;

/// Where every route begins.
pub const BASE_PATH: &str = "/api/v1";

/// What the routes work on.
#[derive(Clone)]
pub struct PortalState {
    /// The catalog.
    pub catalog: Catalog,
    /// Who may use the routes.
    pub admin_token: AdminToken,
    /// Where the doors are.
    pub doors: Arc<connect::Doors>,
}

/// The REST API under [`BASE_PATH`]. Can be merged with other routers: it answers nothing outside.
pub fn router(state: PortalState) -> Router {
    openapi::serve(routes::open(), guard::guarded(routes::guarded(), &state)).with_state(state)
}

/// The OpenAPI document of [`router`].
pub fn openapi() -> utoipa::openapi::OpenApi {
    openapi::document(routes::open().merge(routes::guarded()).into_openapi())
}
