//! Reading and deleting resources of any kind.

use axum::extract::State;
use catalog::{
    ApplyError, Filter, Order, PAGE_ITEMS_MAX,
    model::{Kind, name::check_name},
};

use super::body::{AppliedBody, PageBody, ResourceBody};
use crate::{
    PortalState, ProblemBody,
    by::By,
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
#[utoipa::path(
    get,
    path = "/{kinds}",
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
#[utoipa::path(
    get,
    path = "/{kinds}/{name}",
    tag = "resources",
    params(
        ("kinds" = String, Path, description = "The kind in the plural, such as `plans`"),
        ("name" = String, Path, description = "The resource's name"),
    ),
    responses(
        (status = 200, description = "As it was applied, without secrets", body = ResourceBody),
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
) -> Result<ResourceBody, ProblemBody> {
    let found = by.view(&state.catalog).find(kind, &name);
    Ok(found.ok_or(ApplyError::NotFound { kind, name })?.into())
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
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn delete(
    State(state): State<PortalState>,
    By(actor): By,
    KindOf(kind): KindOf,
    Name(name): Name,
) -> Result<AppliedBody, ProblemBody> {
    let applied = state.catalog.delete(&actor, kind, &name).await?;
    Ok(applied.into())
}
