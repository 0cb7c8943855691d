//! What the routes answer, as JSON.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use catalog::{
    Action, Applied, IssuedSecret, Page, Sides,
    model::{Export, Kind},
};
use http::{HeaderValue, header};

use crate::BreaksBody;

/// What a change did.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AppliedBody {
    /// The catalog's version after it.
    version: u64,
    /// What happened to each resource, in the order of the documents.
    resources: Vec<ActionBody>,
    /// What it means for subscribers, plan by plan; absent: nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    breaks: Vec<BreaksBody>,
    /// Secrets that were made. They are told once.
    secrets: Vec<SecretBody>,
}

/// What happened to one resource.
#[derive(serde::Serialize, utoipa::ToSchema)]
struct ActionBody {
    /// Its kind.
    #[schema(example = "Plan")]
    kind: &'static str,
    /// Its name.
    name: String,
    /// `created`, `updated`, `unchanged` or `deleted`.
    #[schema(example = "created")]
    action: &'static str,
    /// In a dry run: what there is; absent: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<ResourceBody>,
    /// In a dry run: what there would be; absent: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<ResourceBody>,
}

/// A secret that was made for a credential, or an API token.
#[derive(Default, serde::Serialize, utoipa::ToSchema)]
struct SecretBody {
    /// The credential's name: the user name where one is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<String>,
    /// The application that it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<String>,
    /// The token's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// The user that it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    /// The secret, told this once.
    secret: String,
}

impl From<IssuedSecret> for SecretBody {
    fn from(issued: IssuedSecret) -> Self {
        let (name, holder) = (Some(issued.name), Some(issued.holder));
        let secret = issued.secret.expose().to_owned();
        match issued.kind {
            Kind::Token => Self { token: name, user: holder, secret, ..Self::default() },
            _ => Self { credential: name, application: holder, secret, ..Self::default() },
        }
    }
}

impl From<Applied> for AppliedBody {
    fn from(applied: Applied) -> Self {
        let action = |action| match action {
            Action::Created => "created",
            Action::Updated => "updated",
            Action::Unchanged => "unchanged",
            Action::Deleted => "deleted",
        };
        let resources = applied.resources.into_iter().map(|resource| {
            let Sides { before, after } = resource.sides.map(|sides| *sides).unwrap_or_default();
            ActionBody {
                kind: resource.kind.name(),
                name: resource.name,
                action: action(resource.action),
                before: before.map(ResourceBody::from),
                after: after.map(ResourceBody::from),
            }
        });
        let secrets = applied.secrets.into_iter().map(SecretBody::from);
        Self {
            version: applied.version,
            resources: resources.collect(),
            breaks: applied.breaks.into_iter().map(BreaksBody::from).collect(),
            secrets: secrets.collect(),
        }
    }
}

impl IntoResponse for AppliedBody {
    fn into_response(self) -> Response {
        no_store(Json(self).into_response())
    }
}

/// A resource as it was applied, without secrets.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResourceBody {
    /// `sluicegate/v1`.
    #[schema(example = "sluicegate/v1")]
    api_version: &'static str,
    /// The kind.
    #[schema(example = "Plan")]
    kind: &'static str,
    /// Name and labels.
    metadata: MetadataBody,
    /// The members of the kind: see the guide to resources.
    #[schema(value_type = Object)]
    spec: serde_json::Value,
}

/// What every resource has.
#[derive(serde::Serialize, utoipa::ToSchema)]
struct MetadataBody {
    /// Unique within the kind.
    name: String,
    /// Free labels.
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    labels: std::collections::BTreeMap<String, String>,
}

impl From<Export> for ResourceBody {
    fn from(export: Export) -> Self {
        let Export { api_version, kind, metadata, spec } = export;
        let metadata = MetadataBody { name: metadata.name, labels: metadata.labels };
        Self { api_version, kind: Kind::name(kind), metadata, spec }
    }
}

impl IntoResponse for ResourceBody {
    fn into_response(self) -> Response {
        no_store(Json(self).into_response())
    }
}

/// One page of a list.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct PageBody {
    /// Resources in the order of their names.
    items: Vec<ResourceBody>,
    /// The cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// How many there are on all pages.
    total: usize,
}

impl PageBody {
    /// Leaves only these members of each `spec`.
    pub(super) fn only(&mut self, members: &[&str]) {
        for item in &mut self.items {
            if let Some(spec) = item.spec.as_object_mut() {
                spec.retain(|member, _| members.contains(&member.as_str()));
            }
        }
    }
}

impl From<Page> for PageBody {
    fn from(page: Page) -> Self {
        let items = page.items.into_iter().map(ResourceBody::from).collect();
        Self { items, next: page.next, total: page.total }
    }
}

impl IntoResponse for PageBody {
    fn into_response(self) -> Response {
        no_store(Json(self).into_response())
    }
}

/// Answers are of one moment and may hold secrets: nobody keeps them.
pub(super) fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
