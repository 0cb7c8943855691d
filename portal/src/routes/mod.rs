//! The routes: one file per thing that can be done.

mod activity;
mod apply;
mod asking;
mod asyncapi;
mod audit;
mod body;
mod change;
mod changes;
mod connect;
mod discovery;
pub(crate) mod formats;
mod jobs;
mod messages;
mod moves;
mod password;
mod preview;
mod provider;
mod resource;
mod schema;
mod search;
pub(crate) mod session;
mod settings;
mod ticket;
mod version;

use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use preview::PREVIEWS_MAX;

use crate::PortalState;

/// All routes. What each needs of who asks stands in [`crate::ROUTES`].
pub(crate) fn all() -> OpenApiRouter<PortalState> {
    OpenApiRouter::new()
        .routes(routes!(version::openapi_json))
        .routes(routes!(session::ways))
        .routes(routes!(session::sign_in, session::sign_out))
        .routes(routes!(session::whoami))
        .routes(routes!(password::set))
        .routes(routes!(provider::begin))
        .routes(routes!(provider::callback))
        .routes(routes!(apply::apply))
        .routes(routes!(asyncapi::export))
        .routes(routes!(asyncapi::import))
        .routes(routes!(asyncapi::export_many))
        .routes(routes!(formats::page))
        .routes(routes!(formats::contract))
        .routes(routes!(formats::import_contract))
        .routes(routes!(formats::for_backstage))
        .routes(routes!(formats::as_xregistry))
        .routes(routes!(audit::list))
        .routes(routes!(audit::export))
        .routes(routes!(audit::types))
        .routes(routes!(formats::cloudevents_types))
        .routes(routes!(version::version))
        .routes(routes!(search::search))
        .routes(routes!(schema::one))
        .routes(routes!(schema::every))
        .routes(routes!(resource::list))
        .routes(routes!(resource::read, resource::write, resource::delete))
        .routes(routes!(asking::application))
        .routes(routes!(connect::connect))
        .routes(routes!(settings::settings))
        .routes(routes!(ticket::issue))
        .routes(routes!(ticket::issue_for_plan))
        .routes(routes!(activity::of_subscription))
        .routes(routes!(activity::of_endpoint))
        .routes(routes!(activity::of_application))
        .routes(routes!(activity::replicas))
        .routes(routes!(discovery::topics))
        .routes(routes!(discovery::sample))
        .routes(routes!(discovery::proposal))
        .routes(routes!(discovery::drifts))
        .routes(routes!(discovery::drafts))
        .routes(routes!(jobs::read, jobs::stop))
        .routes(routes!(jobs::follow))
        .routes(routes!(change::revoke_credential))
        .routes(routes!(change::end_tickets))
        .routes(routes!(change::revoke_token))
        .routes(routes!(changes::changes))
        .routes(routes!(moves::subscription))
        .routes(routes!(moves::endpoint))
        .routes(routes!(messages::write_to_subscribers))
        .routes(routes!(moves::policy))
        .routes(routes!(preview::preview))
}
