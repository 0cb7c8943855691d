//! The OpenAPI document, and the router that serves what it describes.

use std::sync::Arc;

use axum::{Extension, Router};
use http::{Method, StatusCode, Uri};
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, License, OpenApi, OpenApiBuilder,
    security::{Http, HttpAuthScheme, SecurityScheme},
};
use utoipa_axum::router::OpenApiRouter;

use crate::{BASE_PATH, PortalState, ProblemBody, guard};

/// The name of the way to log in.
pub(crate) const ADMIN_TOKEN: &str = "adminToken";

/// The document as it is served.
pub(crate) struct DocumentText(pub(crate) String);

/// Puts the routes under [`BASE_PATH`], with problem documents for what there is not.
pub(crate) fn serve(
    open: OpenApiRouter<PortalState>,
    guarded: OpenApiRouter<PortalState>,
) -> Router<PortalState> {
    let (routes, api) = open.merge(guarded).split_for_parts();
    let text = DocumentText(document(api).to_pretty_json().unwrap_or_default());
    let routes = routes
        .layer(Extension(Arc::new(text)))
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method);
    Router::new().nest(BASE_PATH, guard::bounded(routes))
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
    let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let components = ComponentsBuilder::new().security_scheme(ADMIN_TOKEN, scheme).build();
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
