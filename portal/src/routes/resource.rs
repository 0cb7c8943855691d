//! Reading, writing and deleting resources of any kind.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use catalog::{
    ApplyError, ApplyOptions, Asking, Filter, Order, PAGE_ITEMS_MAX, etag,
    model::{Kind, name::check_name},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::body::{AppliedBody, PageBody, ResourceBody, no_store};
use crate::{
    PortalState, ProblemBody,
    by::By,
    conditions::{Conditions, is_known},
    documents::Documents,
    parameters::{KindOf, Name, Parameters},
};

/// Resources of a page when nobody says how many.
const PAGE_ITEMS_DEFAULT: usize = 100;

/// Which page.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParameters {
    /// The `next` of the page before.
    cursor: Option<String>,
    /// Most resources to answer, 1 to 1000.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
    /// Conditions that must all hold: `field=value`, `field!=value`, `field~part`, separated by
    /// commas. A field is `name`, `label.team`, or a member of `spec` such as
    /// `limits.eventsPerSecond`.
    filter: Option<String>,
    /// A field to sort by, with `-` before it for the reverse; absent: `name`.
    sort: Option<String>,
    /// Members of `spec` to answer, separated by commas; absent: all.
    fields: Option<String>,
    /// With `credentials`, `users` and `tokens`: also what their secrets are checked against, for a
    /// restore. The audit is told.
    #[serde(default)]
    with_verifiers: bool,
}

impl PageParameters {
    fn check(&self) -> Result<(), ProblemBody> {
        if self.cursor.as_deref().is_some_and(|cursor| check_name(cursor).is_err()) {
            let detail = "`cursor` is not one: use the `next` of the page before.";
            return Err(ProblemBody::bad_request(detail));
        }
        if self.limit.is_some_and(|limit| !(1..=PAGE_ITEMS_MAX).contains(&limit)) {
            return Err(ProblemBody::bad_request(format!("`limit` is 1 to {PAGE_ITEMS_MAX}.")));
        }
        Ok(())
    }
}

/// List resources of a kind
///
/// Those that one may see, a page at a time.
#[utoipa::path(
    get,
    path = "/{kinds}",
    operation_id = "listResources",
    tag = "resources",
    params(
        ("kinds" = String, Path, description = "The kind in the plural, such as `plans`"),
        PageParameters,
    ),
    responses(
        (status = 200, description = "One page, in the order of names", body = PageBody),
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
            status = 404, description = "No such kind",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn list(
    State(state): State<PortalState>,
    by: By,
    KindOf(kind): KindOf,
    Parameters(page): Parameters<PageParameters>,
) -> Result<PageBody, ProblemBody> {
    page.check()?;
    let limit = page.limit.unwrap_or(PAGE_ITEMS_DEFAULT);
    if page.with_verifiers && matches!(kind, Kind::Credential | Kind::User | Kind::Token) {
        let cursor = page.cursor.as_deref();
        return Ok(state.catalog.list_verifiers(&by.0, kind, cursor, limit).await?.into());
    }
    let wrong =
        |name: &'static str| move |why| ProblemBody::bad_request(format!("`{name}`: {why}."));
    let filter =
        Filter::parse(page.filter.as_deref().unwrap_or_default()).map_err(wrong("filter"))?;
    let order = page.sort.as_deref().map(Order::parse).transpose().map_err(wrong("sort"))?;
    let chosen = (&filter, &order.unwrap_or_default());
    let view = by.view(&state.catalog);
    let mut body = PageBody::from(view.select(kind, chosen, page.cursor.as_deref(), limit));
    if let Some(fields) = &page.fields {
        body.only(&fields.split(',').map(str::trim).collect::<Vec<_>>());
    }
    Ok(body)
}

/// Read a resource
///
/// As it was applied, with an `ETag` to change it only if it still is so.
#[utoipa::path(
    get,
    path = "/{kinds}/{name}",
    operation_id = "readResource",
    tag = "resources",
    params(
        ("kinds" = String, Path, description = "The kind in the plural, such as `plans`"),
        ("name" = String, Path, description = "The resource's name"),
    ),
    responses(
        (
            status = 200, description = "As it was applied, without secrets", body = ResourceBody,
            headers(("ETag" = String, description = "Tells this state from others"))
        ),
        (status = 304, description = "As `If-None-Match` has it"),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 403, description = "The roles or the token do not go so far",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No such resource",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn read(
    State(state): State<PortalState>,
    by: By,
    KindOf(kind): KindOf,
    Name(name): Name,
    headers: HeaderMap,
) -> Result<Response, ProblemBody> {
    let found = by.view(&state.catalog).find(kind, &name);
    let found = found.ok_or(ApplyError::NotFound { kind, name })?;
    let tag = etag(&found);
    let mut response = match is_known(&headers, &tag) {
        true => no_store(StatusCode::NOT_MODIFIED.into_response()),
        false => ResourceBody::from(found).into_response(),
    };
    let tag = HeaderValue::from_str(&format!("\"{tag}\"")).map_err(|_| ApplyError::Internal)?;
    response.headers_mut().insert(header::ETAG, tag);
    Ok(response)
}

/// Delete a resource
///
/// Refused while other resources refer to it. A deleted credential works no more at once.
#[utoipa::path(
    delete,
    path = "/{kinds}/{name}",
    tag = "resources",
    params(
        ("kinds" = String, Path, description = "The kind in the plural, such as `plans`"),
        ("name" = String, Path, description = "The resource's name"),
    ),
    responses(
        (status = 200, description = "Deleted", body = AppliedBody),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 403, description = "The roles or the token do not go so far",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 404, description = "No such resource",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 409, description = "Others refer to it",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 412, description = "Not as `If-Match` has it",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn delete(
    State(state): State<PortalState>,
    By(actor): By,
    KindOf(kind): KindOf,
    Name(name): Name,
    conditions: Conditions,
) -> Result<AppliedBody, ProblemBody> {
    let asking = Asking::from(&actor).only_if(conditions.of(kind, &name));
    let applied = state.catalog.delete(asking, kind, &name).await?;
    Ok(applied.into())
}

/// How to write.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WriteParameters {
    /// Check everything and change nothing.
    #[serde(default)]
    dry_run: bool,
    /// Make the change even if it breaks subscribers.
    #[serde(default)]
    accept_breaking: bool,
}

/// Write a resource
///
/// Makes one resource be as the document says: as an apply of it alone. `If-Match` with the `ETag`
/// of a read writes only over what was read; `If-None-Match: *` only what is new.
#[utoipa::path(
    put,
    path = "/{kinds}/{name}",
    tag = "resources",
    params(
        ("kinds" = String, Path, description = "The kind in the plural, such as `plans`"),
        ("name" = String, Path, description = "The resource's name"),
        WriteParameters,
    ),
    request_body(
        description = "One document of this kind and name, YAML or JSON",
        content((String = "application/yaml"), (serde_json::Value = "application/json")),
    ),
    responses(
        (status = 200, description = "Written, or checked", body = AppliedBody),
        (
            status = 400, description = "Not one document, or of another resource",
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
            status = 404, description = "No such kind",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 409,
            description = "A state that cannot be reached from here, or it breaks subscribers",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 412, description = "Not as `If-Match` or `If-None-Match` has it",
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
            status = 422, description = "Not valid; nothing was changed",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
#[allow(clippy::too_many_arguments, reason = "each is a part of the request")]
pub(crate) async fn write(
    State(state): State<PortalState>,
    By(actor): By,
    KindOf(kind): KindOf,
    Name(name): Name,
    conditions: Conditions,
    Parameters(parameters): Parameters<WriteParameters>,
    Documents(documents): Documents,
) -> Result<AppliedBody, ProblemBody> {
    let WriteParameters { dry_run, accept_breaking } = parameters;
    match documents.as_slice() {
        [one] if one.kind() == kind && one.name() == name => {}
        _ => {
            let detail = format!("The body is one document: of {kind} `{name}`.");
            return Err(ProblemBody::bad_request(detail));
        }
    }
    let asking = Asking::from(&actor).only_if(conditions.of(kind, &name));
    let options = ApplyOptions { dry_run, accept_breaking };
    Ok(state.catalog.apply(asking, &documents, options).await?.into())
}
