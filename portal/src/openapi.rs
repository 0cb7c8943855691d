//! The OpenAPI document, and the router that serves what it describes.

use std::sync::Arc;

use axum::{Extension, Router, middleware::from_fn_with_state, routing::get};
use catalog::model::{Kind, name::NAME_CHARS_MAX};
use http::{Method, StatusCode, Uri};
use utoipa::openapi::{
    ComponentsBuilder, Contact, Content, InfoBuilder, License, ObjectBuilder, OpenApi,
    OpenApiBuilder, PathItem, Ref, RefOr, ResponseBuilder, Schema, Server, Type,
    path::Operation,
    security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
    tag::TagBuilder,
};
use utoipa_axum::router::OpenApiRouter;

use crate::{BASE_PATH, PortalState, ProblemBody, access, guard, routes::formats, try_it};

/// The names of the ways to prove who one is.
const TOKEN: &str = "token";
const SESSION: &str = "session";

/// What names look like: [`catalog::model::name::check_name`].
const NAME_PATTERN: &str = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$";

/// What operations are about.
const TAGS: [(&str, &str); 11] = [
    ("about", "What is served."),
    ("people", "Signing in, and who one is."),
    ("resources", "Everything there is, as documents: read, written, deleted."),
    ("changes", "Moves of resources along their lives, and what changes as it happens."),
    ("catalog", "Finding endpoints, and the catalog in the languages of others."),
    ("asyncapi", "Endpoints as AsyncAPI documents, and back."),
    (
        "discovery",
        "What clusters have: topics, a few records for those who may, drafts of endpoints.",
    ),
    ("jobs", "Work that takes a while: how far it is, and what came of it."),
    ("connect", "How a subscription is connected."),
    ("activity", "What happened at the doors: usage, connections, refusals."),
    ("audit", "Who did what."),
];

/// The document as it is served.
pub(crate) struct DocumentText(pub(crate) String);

/// Puts the routes under [`BASE_PATH`], with problem documents for what there is not.
pub(crate) fn serve(
    routes: OpenApiRouter<PortalState>,
    state: &PortalState,
) -> Router<PortalState> {
    let (routes, api) = routes.split_for_parts();
    let text = DocumentText(document(api).to_pretty_json().unwrap_or_default());
    let routes = routes
        .merge(try_it::routes())
        .layer(Extension(Arc::new(text)))
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method);
    // Where others look for them: at the root of the host.
    let root = Router::new()
        .route("/.well-known/api-catalog", get(formats::well_known))
        .route("/llms.txt", get(formats::for_agents))
        .route_layer(from_fn_with_state(state.clone(), access::perhaps));
    Router::new().nest(BASE_PATH, guard::bounded(routes)).merge(guard::bounded(root))
}

/// The whole document of these routes.
pub(crate) fn document(routes: OpenApi) -> OpenApi {
    let mut license = License::new("Apache-2.0");
    license.identifier = Some("Apache-2.0".to_owned());
    let mut contact = Contact::new();
    contact.name = Some("Whoever runs this server".to_owned());
    let info = InfoBuilder::new()
        .title("Sluicegate")
        .version("v1")
        .description(Some("Resources of the catalog: apply, read, delete, revoke; how to connect."))
        .license(Some(license))
        .contact(Some(contact))
        .build();
    let token = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let session = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(access::SESSION)));
    let components = ComponentsBuilder::new()
        .security_scheme(TOKEN, token)
        .security_scheme(SESSION, session)
        .build();
    let tags =
        TAGS.map(|(name, what)| TagBuilder::new().name(name).description(Some(what)).build());
    let document = OpenApiBuilder::new().info(info).components(Some(components)).tags(Some(tags));
    // This host: paths are whole.
    let mut document = document.servers(Some([Server::new("/")])).build();
    document = document.nest(BASE_PATH, routes);
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            describe(path, operation);
        }
    }
    document
}

/// The operations of a path.
fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, .. } = item;
    [get, put, post, delete].into_iter().flatten()
}

/// Says what every operation has in common: what names and kinds look like, and that whatever else
/// is wrong is answered by a problem document.
fn describe(path: &str, operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        let text = ObjectBuilder::new().schema_type(Type::String);
        let text = match parameter.name.as_str() {
            "kinds" => text.enum_values(Some(Kind::ALL.map(Kind::plural))),
            "name" if path.contains("{name}") => {
                text.pattern(Some(NAME_PATTERN)).max_length(Some(NAME_CHARS_MAX))
            }
            _ => continue,
        };
        parameter.schema = Some(RefOr::T(Schema::Object(text.build())));
    }
    let body = Content::new(Some(Ref::from_schema_name("ProblemBody")));
    let other = ResponseBuilder::new()
        .description("Any other problem, such as too many requests")
        .content("application/problem+json", body);
    operation.responses.responses.insert("default".to_owned(), RefOr::T(other.build()));
}

async fn no_such_route(uri: Uri) -> ProblemBody {
    let path = catalog::document::suggest::shown(uri.path());
    ProblemBody::not_found(format!(
        "There is no route `{BASE_PATH}{path}`; `{BASE_PATH}/openapi.json` lists the routes."
    ))
}

async fn no_such_method(method: Method) -> ProblemBody {
    ProblemBody::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "The route has no such method",
        format!("`{method}` is not served here; `{BASE_PATH}/openapi.json` lists the routes."),
    )
}
