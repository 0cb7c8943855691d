//! The routes: one file per thing that can be done.

mod apply;
mod asyncapi;
mod audit;
mod body;
mod change;
mod changes;
mod connect;
mod moves;
mod resource;
mod version;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::PortalState;

/// Routes that everybody may use.
pub(crate) fn open() -> OpenApiRouter<PortalState> {
    OpenApiRouter::new().routes(routes!(version::openapi_json))
}

/// Routes that only the administrator may use.
pub(crate) fn guarded() -> OpenApiRouter<PortalState> {
    OpenApiRouter::new()
        .routes(routes!(apply::apply))
        .routes(routes!(asyncapi::export))
        .routes(routes!(asyncapi::import))
        .routes(routes!(audit::list))
        .routes(routes!(audit::export))
        .routes(routes!(version::version))
        .routes(routes!(resource::list))
        .routes(routes!(resource::read, resource::delete))
        .routes(routes!(connect::connect))
        .routes(routes!(change::revoke_credential))
        .routes(routes!(changes::changes))
        .routes(routes!(moves::subscription))
        .routes(routes!(moves::endpoint))
}
