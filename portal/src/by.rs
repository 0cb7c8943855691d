//! Who asks, as the catalog knows them.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use catalog::{Actor, Catalog, people::View};
use http::request::Parts;

use crate::{ProblemBody, access::Caller};

/// Who asks. The guard has let them in before any route takes this.
pub(crate) struct By(pub(crate) Actor);

impl By {
    /// The catalog as they get to see it.
    pub(crate) fn view(&self, catalog: &Catalog) -> View {
        catalog.view(&self.0.rights)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for By {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Caller>().map(|caller| Self(caller.actor.clone())))
    }
}

impl<S: Sync> FromRequestParts<S> for By {
    type Rejection = ProblemBody;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ProblemBody> {
        Caller::from_request_parts(parts, state).await.map(|caller| Self(caller.actor))
    }
}
