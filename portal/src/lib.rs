#![doc = include_str!("../README.md")]

mod access;
mod admin_token;
mod breaks;
mod by;
mod conditions;
pub mod connect;
mod documents;
mod guard;
mod openapi;
mod parameters;
mod problem;
mod provider;
mod refused;
mod routes;
pub mod settings;
mod try_it;
mod ways;
mod web;

pub use access::{Need, ROUTES};
pub use admin_token::{AdminToken, WeakToken};
pub use breaks::{BreaksBody, FindingBody, SubscriberBody};
pub use problem::{ErrorBody, ProblemBody};
pub use provider::Provider;
pub use refused::{COUNTED, Refused};
pub use routes::session::DemoUser;
pub use ways::Way;

use access::{Rate, Throttle};

use std::sync::Arc;

use axum::Router;
use catalog::{Catalog, activity::Activity, inspect::ClusterInspector, search::Search};
use tokio::sync::Semaphore;

/// Where every route begins.
pub const BASE_PATH: &str = "/api/v1";

/// What the routes work on.
#[derive(Clone)]
pub struct PortalState {
    /// The catalog.
    pub catalog: Catalog,
    /// The token of whoever may do everything; `None`: there is none.
    pub admin_token: Option<AdminToken>,
    /// Where the doors are.
    pub doors: Arc<connect::Doors>,
    /// The identity provider by which people sign in; `None`: they have passwords.
    pub provider: Option<Arc<Provider>>,
    /// What looks into backend clusters; `None`: nothing does.
    pub inspector: Option<Arc<dyn ClusterInspector>>,
    /// What happened at the doors; `None`: nobody keeps it.
    pub activity: Option<Activity>,
    /// Users that everybody may be, in the demo.
    pub demo: Arc<[DemoUser]>,
    /// How the server is configured.
    pub settings: Arc<[settings::Setting]>,
    /// How people are told of what they should know.
    pub ways: Arc<[Way]>,
    search: Search,
    /// Previews that may be worked out at once: compiling many rules many times takes a while.
    previews: Arc<Semaphore>,
    throttle: Arc<Throttle>,
    rate: Arc<Rate>,
    refused: Arc<Refused>,
}

impl PortalState {
    /// Of a catalog, for whoever holds the administrator's token, has a password or comes by the
    /// identity provider. Must be called inside a runtime.
    pub fn new(
        catalog: Catalog,
        admin_token: Option<AdminToken>,
        doors: connect::Doors,
        provider: Option<Provider>,
    ) -> Self {
        let (doors, provider) = (Arc::new(doors), provider.map(Arc::new));
        let search = Search::start(catalog.clone());
        Self {
            search,
            previews: Arc::new(Semaphore::new(routes::PREVIEWS_MAX)),
            catalog,
            admin_token,
            doors,
            provider,
            inspector: None,
            activity: None,
            demo: Arc::default(),
            settings: Arc::default(),
            ways: Arc::default(),
            throttle: Arc::default(),
            rate: Arc::default(),
            refused: Arc::default(),
        }
    }

    /// Counts of the requests that were refused.
    pub fn refused(&self) -> Arc<Refused> {
        Arc::clone(&self.refused)
    }

    /// With what looks into backend clusters.
    #[must_use]
    pub fn with_inspector(self, inspector: Arc<dyn ClusterInspector>) -> Self {
        Self { inspector: Some(inspector), ..self }
    }

    /// With what happened at the doors.
    #[must_use]
    pub fn with_activity(self, activity: Activity) -> Self {
        Self { activity: Some(activity), ..self }
    }

    /// With how the server is configured.
    #[must_use]
    pub fn with_settings(self, settings: Vec<settings::Setting>) -> Self {
        Self { settings: settings.into(), ..self }
    }

    /// With the ways by which people are told.
    #[must_use]
    pub fn with_ways(self, ways: Vec<Way>) -> Self {
        Self { ways: ways.into(), ..self }
    }

    /// With users that everybody may be.
    #[must_use]
    pub fn with_demo(self, users: Vec<DemoUser>) -> Self {
        Self { demo: users.into(), ..self }
    }
}

/// The REST API under [`BASE_PATH`], `/.well-known/api-catalog`, `/llms.txt`, and the pages of the
/// portal everywhere else.
pub fn router(state: PortalState) -> Router {
    let api = openapi::serve(guard::guarded(routes::all(), &state), &state);
    api.merge(web::routes()).with_state(state)
}

/// The OpenAPI document of [`router`].
pub fn openapi() -> utoipa::openapi::OpenApi {
    openapi::document(routes::all().into_openapi())
}
