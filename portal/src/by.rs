//! Who asks, as the catalog keeps it.

use std::convert::Infallible;

use axum::{extract::FromRequestParts, http::request::Parts};
use catalog::Actor;

/// Who asks. The guard has let them in before any route takes this.
pub(crate) struct By(pub(crate) Actor);

impl<S: Sync> FromRequestParts<S> for By {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(Actor::administrator(None)))
    }
}
