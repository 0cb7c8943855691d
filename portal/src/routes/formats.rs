//! The catalog in the languages of others.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use catalog::{
    ApplyError,
    formats::{Told, api_catalog, backstage, cloudevents, llms, markdown, odcs, xregistry},
    model::{Endpoint, Kind, Plan},
    people::View,
};
use http::{HeaderMap, HeaderValue, header};

use super::{asyncapi::ImportBody, body::no_store};
use crate::{
    BASE_PATH, PortalState, ProblemBody,
    by::By,
    documents::Foreign,
    parameters::{Name, Parameters},
};

const MARKDOWN: &str = "text/markdown; charset=utf-8";
const YAML: &str = "application/yaml";
const LINKSET: &str = "application/linkset+json";
const TEXT: &str = "text/plain; charset=utf-8";

/// How to write it.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FormatParameters {
    /// `json` or `yaml`; without it YAML.
    format: Option<String>,
}

/// Which cluster.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ClusterParameters {
    /// The backend cluster of the endpoints.
    cluster: String,
}

/// Where the interface is, as others reach it: by the configuration, or by what they asked.
fn api(state: &PortalState, headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    match &state.doors.http {
        Some(url) => format!("{}{BASE_PATH}", url.trim_end_matches('/')),
        None => format!("http://{host}{BASE_PATH}"),
    }
}

/// Endpoints, as somebody sees them. Only one endpoint's own page lists its plans.
#[derive(Default)]
struct Seen {
    endpoints: Vec<(String, Arc<Endpoint>)>,
    plans: Vec<(String, Arc<Plan>)>,
}

impl Seen {
    fn all(view: &View) -> Self {
        Self { endpoints: view.endpoints(), plans: Vec::new() }
    }

    fn one(view: &View, name: String) -> Result<Self, ProblemBody> {
        let kind = Kind::Endpoint;
        let Some(endpoint) = view.endpoint(&name) else {
            return Err(ApplyError::NotFound { kind, name }.into());
        };
        let plans = view.plans_of(&name);
        Ok(Self { endpoints: vec![(name, endpoint)], plans })
    }

    /// Works on them as others are told of them.
    fn tell<T>(&self, (api, doors): (&str, Option<&str>), write: impl Fn(&[Told<'_>]) -> T) -> T {
        let plans: Vec<(&str, &Plan)> =
            self.plans.iter().map(|(name, plan)| (name.as_str(), &**plan)).collect();
        let told = |(name, endpoint)| Told { name, endpoint, plans: &plans, api, doors };
        let told: Vec<Told<'_>> =
            self.endpoints.iter().map(|(name, one)| told((name, &**one))).collect();
        write(&told)
    }
}

fn typed(text: String, content_type: &'static str) -> Response {
    let mut response = text.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    let nosniff = HeaderValue::from_static("nosniff");
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    no_store(response)
}

fn yaml(value: &impl serde::Serialize) -> Result<String, ProblemBody> {
    yaml_serde::to_string(value).map_err(|_| ApplyError::Internal.into())
}

/// An endpoint as Markdown
///
/// What its page says, for agents and for people without a browser.
#[utoipa::path(
    get,
    path = "/endpoints/{name}/markdown",
    tag = "catalog",
    params(("name" = String, Path, description = "The endpoint's name")),
    responses(
        (status = 200, description = "The page", body = String, content_type = "text/markdown"),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No such endpoint",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn page(
    State(state): State<PortalState>,
    by: By,
    Name(name): Name,
    headers: HeaderMap,
) -> Result<Response, ProblemBody> {
    let seen = Seen::one(&by.view(&state.catalog), name)?;
    let at = (api(&state, &headers), state.doors.http.as_deref());
    let text = seen.tell((&at.0, at.1), |told| told.first().map(markdown::page));
    Ok(typed(text.unwrap_or_default(), MARKDOWN))
}

/// An endpoint as a data contract
///
/// Open Data Contract Standard 3.1.0.
#[utoipa::path(
    get,
    path = "/endpoints/{name}/odcs",
    tag = "catalog",
    params(("name" = String, Path, description = "The endpoint's name"), FormatParameters),
    responses(
        (
            status = 200, description = "The contract",
            content(
                (serde_json::Value = "application/yaml"),
                (serde_json::Value = "application/json")
            )
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
            status = 404, description = "No such endpoint",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn contract(
    State(state): State<PortalState>,
    by: By,
    Name(name): Name,
    headers: HeaderMap,
    Parameters(parameters): Parameters<FormatParameters>,
) -> Result<Response, ProblemBody> {
    let seen = Seen::one(&by.view(&state.catalog), name)?;
    let at = (api(&state, &headers), state.doors.http.as_deref());
    let contract = seen.tell((&at.0, at.1), |told| told.first().map(odcs::contract));
    match parameters.format.as_deref() {
        None | Some("yaml") => Ok(typed(yaml(&contract)?, YAML)),
        Some("json") => Ok(no_store(Json(contract).into_response())),
        Some(_) => Err(ProblemBody::bad_request("`format` is `json` or `yaml`.")),
    }
}

/// Read a data contract
///
/// Open Data Contract Standard 3.x. Answers drafts of endpoints, as documents to apply, and what
/// was done with its parts. Changes nothing, opens nothing.
#[utoipa::path(
    post,
    path = "/import/odcs",
    tag = "catalog",
    params(ClusterParameters),
    request_body(
        description = "A contract",
        content((String = "application/yaml"), (serde_json::Value = "application/json")),
    ),
    responses(
        (status = 200, description = "What it holds", body = ImportBody),
        (
            status = 400, description = "Wrong parameters",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 413, description = "Too large",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 415, description = "Neither YAML nor JSON",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 422, description = "No contract: each reason with its place",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn import_contract(
    Parameters(parameters): Parameters<ClusterParameters>,
    Foreign(text): Foreign,
) -> Result<Response, ProblemBody> {
    let read = move || odcs::import("body", &text, &parameters.cluster);
    let read = tokio::task::spawn_blocking(read).await.map_err(|_| ApplyError::Internal)?;
    let imported = read.map_err(ProblemBody::invalid)?;
    Ok(no_store(Json(ImportBody::new(imported)).into_response()))
}

/// The catalog for Backstage
///
/// `catalog-info`: an API of type `asyncapi` for each endpoint.
#[utoipa::path(
    get,
    path = "/catalog/backstage",
    tag = "catalog",
    responses(
        (
            status = 200, description = "Entities, one document each",
            content((serde_json::Value = "application/yaml"))
        ),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn for_backstage(
    State(state): State<PortalState>,
    by: By,
    headers: HeaderMap,
) -> Result<Response, ProblemBody> {
    let seen = Seen::all(&by.view(&state.catalog));
    let at = (api(&state, &headers), state.doors.http.as_deref());
    let entities = seen.tell((&at.0, at.1), backstage::entities);
    let texts: Result<Vec<String>, _> = entities.iter().map(yaml).collect();
    Ok(typed(texts?.join("---\n"), YAML))
}

/// The catalog as an xRegistry
///
/// Endpoints, messages and schemas (1.0-rc4) as one document.
#[utoipa::path(
    get,
    path = "/catalog/xregistry",
    tag = "catalog",
    responses(
        (status = 200, description = "The document", body = Object),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn as_xregistry(
    State(state): State<PortalState>,
    by: By,
    headers: HeaderMap,
) -> Response {
    let seen = Seen::all(&by.view(&state.catalog));
    let at = (api(&state, &headers), state.doors.http.as_deref());
    no_store(Json(seen.tell((&at.0, at.1), xregistry::document)).into_response())
}

/// Types of events
///
/// What the messages of endpoints are as CloudEvents: `type`, `datacontenttype`, `dataschema` and
/// `source`.
#[utoipa::path(
    get,
    path = "/cloudevents/types",
    operation_id = "listCloudEventsTypes",
    tag = "catalog",
    responses(
        (status = 200, description = "One type for each endpoint that one sees", body = Object),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn cloudevents_types(
    State(state): State<PortalState>,
    by: By,
    headers: HeaderMap,
) -> Response {
    let seen = Seen::all(&by.view(&state.catalog));
    let at = (api(&state, &headers), state.doors.http.as_deref());
    no_store(Json(seen.tell((&at.0, at.1), cloudevents::types)).into_response())
}

/// `/.well-known/api-catalog`: what can be called here. Whoever is signed in is told of endpoints
/// too.
pub(crate) async fn well_known(
    State(state): State<PortalState>,
    by: Option<By>,
    headers: HeaderMap,
) -> Response {
    let seen = seen_by(&state, by);
    let at = (api(&state, &headers), state.doors.http.as_deref());
    let set = seen.tell((&at.0, at.1), |told| api_catalog::linkset(&at.0, told));
    typed(set.to_string(), LINKSET)
}

/// `/llms.txt`: what an agent should read first.
pub(crate) async fn for_agents(
    State(state): State<PortalState>,
    by: Option<By>,
    headers: HeaderMap,
) -> Response {
    let seen = seen_by(&state, by);
    let at = (api(&state, &headers), state.doors.http.as_deref());
    typed(seen.tell((&at.0, at.1), |told| llms::text(&at.0, told)), TEXT)
}

fn seen_by(state: &PortalState, by: Option<By>) -> Seen {
    match by {
        Some(by) => Seen::all(&by.view(&state.catalog)),
        None => Seen::default(),
    }
}
