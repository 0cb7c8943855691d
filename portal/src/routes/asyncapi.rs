//! AsyncAPI documents out of endpoints, and endpoints out of documents.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use catalog::{
    ApplyError, DescribeError,
    asyncapi::{
        ENDPOINTS_MAX, HttpServer, Imported, KafkaServer, Mechanism, NoteKind, Servers,
        SpecVersion, merge,
    },
    model::{API_VERSION, Endpoint, Kind, Lifecycle, Spec},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;

use super::body::no_store;
use crate::{
    PortalState, ProblemBody,
    by::By,
    connect::Doors,
    documents::Foreign,
    parameters::{Name, Parameters},
};

/// Which document.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DocumentParameters {
    /// `2.6.0`, `3.0.0` or `3.1.0`; without it the last of these.
    version: Option<String>,
    /// As subscribers of this plan see it; without it as its owner does.
    plan: Option<String>,
    /// `json` or `yaml`; without it JSON.
    format: Option<String>,
}

/// Which cluster.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportParameters {
    /// The backend cluster of new endpoints; without it the only one there is.
    cluster: Option<String>,
}

/// What an import would make.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct ImportBody {
    /// Documents to apply.
    #[schema(value_type = Vec<Object>)]
    documents: Vec<serde_json::Value>,
    /// What was done with the parts of the document.
    report: Vec<NoteBody>,
}

/// What was done with a part of a document.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct NoteBody {
    /// `taken`, `changed` or `notSupported`.
    #[schema(example = "taken")]
    kind: &'static str,
    /// Where it stands (RFC 6901).
    pointer: String,
    /// The line, counted from 1, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// The column, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    /// What, and why.
    message: String,
}

/// Export an endpoint as AsyncAPI
///
/// The document describes the gateway as the application. With a plan, it is what its subscribers
/// see: hidden fields are gone, changed ones have their new shape, examples are redacted.
#[utoipa::path(
    get,
    path = "/endpoints/{name}/asyncapi",
    operation_id = "exportAsyncapi",
    tag = "asyncapi",
    params(("name" = String, Path, description = "The endpoint's name"), DocumentParameters),
    responses(
        (status = 200, description = "The document", body = serde_json::Value),
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
        (
            status = 404, description = "No such endpoint or plan",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 409, description = "It cannot be shown now, and why",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn export(
    State(state): State<PortalState>,
    by: By,
    Name(name): Name,
    Parameters(parameters): Parameters<DocumentParameters>,
) -> Result<Response, ProblemBody> {
    let version = version_of(parameters.version.as_deref())?;
    let view = by.view(&state.catalog);
    let kind = Kind::Endpoint;
    let found = view.find(kind, &name);
    let found = found.ok_or_else(|| ApplyError::NotFound { kind, name: name.clone() })?;
    let cluster = found.spec.get("cluster").and_then(|cluster| cluster.as_str());
    let servers = servers(&state.doors, cluster.unwrap_or_default());
    let plan = parameters.plan.as_deref();
    let document = state.catalog.asyncapi(&name, plan, &servers, version)?;
    answered(document, parameters.format.as_deref())
}

/// Which endpoints, and how.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WholeParameters {
    /// Of this business domain; without it all that one sees.
    domain: Option<String>,
    /// `2.6.0`, `3.0.0` or `3.1.0`; without it the last of these.
    version: Option<String>,
    /// `json` or `yaml`; without it JSON.
    format: Option<String>,
}

/// Export many endpoints as AsyncAPI
///
/// Those of a domain, or all that one sees, as one document: what is published or deprecated.
#[utoipa::path(
    get,
    path = "/catalog/asyncapi",
    operation_id = "exportWholeAsyncapi",
    tag = "asyncapi",
    params(WholeParameters),
    responses(
        (
            status = 200, description = "The document",
            content(
                (serde_json::Value = "application/json"),
                (serde_json::Value = "application/yaml")
            )
        ),
        (
            status = 400, description = "Wrong parameters, or too many endpoints for one document",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "One sees no endpoint of this domain",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn export_many(
    State(state): State<PortalState>,
    by: By,
    Parameters(parameters): Parameters<WholeParameters>,
) -> Result<Response, ProblemBody> {
    let version = version_of(parameters.version.as_deref())?;
    let domain = parameters.domain.as_deref();
    let offered = |endpoint: &Endpoint| {
        matches!(endpoint.lifecycle, Lifecycle::Published | Lifecycle::Deprecated)
            && domain.is_none_or(|domain| endpoint.domain.as_deref() == Some(domain))
    };
    let mut endpoints = by.view(&state.catalog).endpoints();
    endpoints.retain(|(_, endpoint)| offered(endpoint));
    if endpoints.is_empty() && domain.is_some() {
        return Err(ProblemBody::not_found("There is no such domain with endpoints."));
    }
    if endpoints.len() > ENDPOINTS_MAX {
        let detail =
            format!("One document has at most {ENDPOINTS_MAX} endpoints: ask by `domain`.");
        return Err(ProblemBody::bad_request(detail));
    }
    let (catalog, doors) = (state.catalog.clone(), state.doors.clone());
    let domain = parameters.domain.clone();
    let written = move || {
        let documents = endpoints.into_iter().filter_map(|(name, endpoint)| {
            let servers = servers(&doors, &endpoint.cluster);
            // What cannot be shown is left out; its own document says why.
            let document = catalog.asyncapi(&name, None, &servers, version).ok()?;
            Some((name, document))
        });
        merge(domain.as_deref(), documents.collect(), version)
    };
    let document = tokio::task::spawn_blocking(written).await;
    answered(document.map_err(|_| ApplyError::Internal)?, parameters.format.as_deref())
}

fn version_of(name: Option<&str>) -> Result<SpecVersion, ProblemBody> {
    match name {
        None => Ok(SpecVersion::default()),
        Some(name) => SpecVersion::find(name)
            .ok_or_else(|| ProblemBody::bad_request("`version` is `2.6.0`, `3.0.0` or `3.1.0`.")),
    }
}

fn answered(document: Value, format: Option<&str>) -> Result<Response, ProblemBody> {
    match format {
        None | Some("json") => Ok(no_store(Json(document).into_response())),
        Some("yaml") => {
            let text = yaml_serde::to_string(&document).map_err(|_| ApplyError::Internal)?;
            let mut response = text.into_response();
            let kind = HeaderValue::from_static("application/yaml");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            Ok(no_store(response))
        }
        Some(_) => Err(ProblemBody::bad_request("`format` is `json` or `yaml`.")),
    }
}

/// Read an AsyncAPI document
///
/// Answers the endpoints that it describes, as documents to apply, and what was done with its
/// parts. Changes nothing, opens nothing: references lead inside the document.
#[utoipa::path(
    post,
    path = "/import/asyncapi",
    tag = "asyncapi",
    params(ImportParameters),
    request_body(
        description = "AsyncAPI 2.0 to 2.6, 3.0 or 3.1",
        content((String = "application/yaml"), (serde_json::Value = "application/json")),
    ),
    responses(
        (status = 200, description = "Documents and a report", body = ImportBody),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 403, description = "The roles or the token do not go so far",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 413, description = "Too large",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 422, description = "It cannot be imported: every problem with its place",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn import(
    State(state): State<PortalState>,
    By(actor): By,
    Parameters(parameters): Parameters<ImportParameters>,
    Foreign(text): Foreign,
) -> Result<Response, ProblemBody> {
    let catalog = state.catalog.clone();
    let cluster = parameters.cluster;
    let read = move || catalog.import_asyncapi("body", &text, cluster.as_deref(), &actor.rights);
    let read = tokio::task::spawn_blocking(read).await.map_err(|_| ApplyError::Internal)?;
    let imported = read.map_err(ProblemBody::invalid)?;
    Ok(no_store(Json(ImportBody::new(imported)).into_response()))
}

impl ImportBody {
    pub(super) fn new(imported: Imported) -> Self {
        let documents = imported.endpoints.into_iter().map(|(name, endpoint)| {
            serde_json::json!({
                "apiVersion": API_VERSION,
                "kind": Kind::Endpoint.name(),
                "metadata": {"name": name},
                "spec": Spec::Endpoint(Arc::new(endpoint)).to_json().unwrap_or_default(),
            })
        });
        let note = |note: catalog::asyncapi::Note| NoteBody {
            kind: match note.kind {
                NoteKind::Taken => "taken",
                NoteKind::Changed => "changed",
                NoteKind::NotSupported => "notSupported",
            },
            pointer: note.pointer,
            line: note.line,
            column: note.column,
            message: note.message,
        };
        let report = imported.report.into_iter().map(note).collect();
        ImportBody { documents: documents.collect(), report }
    }
}

impl From<DescribeError> for ProblemBody {
    fn from(error: DescribeError) -> Self {
        let detail = format!("{error}.");
        match error {
            DescribeError::NotFound(..) | DescribeError::OtherPlan { .. } => {
                Self::not_found(detail)
            }
            DescribeError::Chain(_) | DescribeError::View(_) => {
                let title = "It cannot be shown now";
                Self::new(StatusCode::CONFLICT, "not_describable", title, detail)
            }
        }
    }
}

/// The doors before a cluster, as documents have them.
fn servers(doors: &Doors, cluster: &str) -> Servers {
    let kafka = doors.kafka.iter().find(|kafka| kafka.cluster == cluster).map(|kafka| {
        let mechanism = |name: &&'static str| match *name {
            "SCRAM-SHA-256" => Some(Mechanism::ScramSha256),
            "SCRAM-SHA-512" => Some(Mechanism::ScramSha512),
            "OAUTHBEARER" => Some(Mechanism::OauthBearer),
            "PLAIN" => Some(Mechanism::Plain),
            _ => None,
        };
        let mut mechanisms: Vec<Mechanism> =
            kafka.mechanisms.iter().filter_map(mechanism).collect();
        if kafka.needs_certificate {
            mechanisms.push(Mechanism::Certificate);
        }
        KafkaServer { address: kafka.bootstrap.clone(), tls: kafka.tls, mechanisms }
    });
    let http = doors.http.as_deref().and_then(|url| {
        let (scheme, host) = url.split_once("://")?;
        let host = host.split('/').next()?.to_owned();
        Some(HttpServer { host, tls: scheme == "https" })
    });
    Servers { kafka, http }
}
