//! The OpenAPI document, and the router that serves what it describes.

use std::sync::Arc;

use axum::{Extension, Router, middleware::from_fn_with_state, routing::get};
use http::{Method, StatusCode, Uri};
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, License, OpenApi, OpenApiBuilder,
    security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
};
use utoipa_axum::router::OpenApiRouter;

use crate::{BASE_PATH, PortalState, ProblemBody, access, guard, routes::formats, try_it};

/// The names of the ways to prove who one is.
const TOKEN: &str = "token";
const SESSION: &str = "session";

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
    let info = InfoBuilder::new()
        .title("Sluicegate")
        .version("v1")
        .description(Some("Resources of the catalog: apply, read, delete, revoke; how to connect."))
        .license(Some(license))
        .build();
    let token = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let session = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(access::SESSION)));
    let components = ComponentsBuilder::new()
        .security_scheme(TOKEN, token)
        .security_scheme(SESSION, session)
        .build();
    let mut document = OpenApiBuilder::new().info(info).components(Some(components)).build();
    document = document.nest(BASE_PATH, routes);
    document
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
