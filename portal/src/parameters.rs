//! Parameters of paths and queries, refused with a problem document when they are not right.

use std::collections::HashMap;

use axum::extract::{FromRequestParts, Path, Query};
use catalog::{
    document::suggest,
    model::{
        Kind,
        name::{check_name, check_topic},
    },
};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::ProblemBody;

/// A query whose every parameter is known.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = ProblemBody;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ProblemBody> {
        let query = Query::try_from_uri(&parts.uri);
        let Query(query) =
            query.map_err(|error| ProblemBody::bad_request(format!("Query: {error}")))?;
        Ok(Self(query))
    }
}

/// The kind in a path, written in the plural.
pub(crate) struct KindOf(pub(crate) Kind);

impl<S: Send + Sync> FromRequestParts<S> for KindOf {
    type Rejection = ProblemBody;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ProblemBody> {
        let plural = path_parameter(parts, state, "kinds").await?;
        Kind::from_plural(&plural).map(Self).ok_or_else(|| {
            let known = || Kind::ALL.map(Kind::plural);
            let meant = suggest::did_you_mean(&plural, known());
            let known = suggest::one_of(known());
            ProblemBody::not_found(format!(
                "`{}` is not a kind of resource{meant} Kinds are {known}.",
                suggest::shown(&plural)
            ))
        })
    }
}

/// The name in a path.
pub(crate) struct Name(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = ProblemBody;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ProblemBody> {
        let name = path_parameter(parts, state, "name").await?;
        match check_name(&name) {
            Ok(()) => Ok(Self(name)),
            Err(why) => Err(ProblemBody::bad_request(format!("The name in the path: {why}."))),
        }
    }
}

/// The topic in a path.
pub(crate) struct Topic(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Topic {
    type Rejection = ProblemBody;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ProblemBody> {
        let topic = path_parameter(parts, state, "topic").await?;
        match check_topic(&topic) {
            Ok(()) => Ok(Self(topic)),
            Err(why) => Err(ProblemBody::bad_request(format!("The topic in the path {why}."))),
        }
    }
}

/// The move in a path.
pub(crate) struct MoveName(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for MoveName {
    type Rejection = ProblemBody;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ProblemBody> {
        path_parameter(parts, state, "move").await.map(Self)
    }
}

async fn path_parameter<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    name: &str,
) -> Result<String, ProblemBody> {
    let all = Path::<HashMap<String, String>>::from_request_parts(parts, state).await;
    let Path(mut all) =
        all.map_err(|_| ProblemBody::bad_request("The path is not percent-encoded UTF-8."))?;
    all.remove(name).ok_or_else(|| ProblemBody::bad_request("The path lacks a part."))
}
