//! What happened at the doors, for those whose business it is.

mod connections;
mod replicas;
mod usage;

pub(crate) use connections::*;
pub(crate) use replicas::*;
pub(crate) use usage::*;

use catalog::activity::Activity;
use http::StatusCode;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{PortalState, ProblemBody};

/// What is kept of what happened.
fn kept(state: &PortalState) -> Result<&Activity, ProblemBody> {
    state.activity.as_ref().ok_or_else(|| {
        let detail = "This server keeps no activity.";
        unavailable(detail)
    })
}

fn unavailable(detail: impl Into<String>) -> ProblemBody {
    let title = "The activity cannot be read now";
    ProblemBody::new(StatusCode::SERVICE_UNAVAILABLE, "activity_unavailable", title, detail)
}

/// Why the file did not answer is for whoever runs the server.
fn unread(error: &catalog::store::StoreError) -> ProblemBody {
    tracing::warn!(%error, "the activity was not read");
    unavailable("Try again; the server's log says why.")
}

/// A moment as it is told.
fn moment(seconds: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(seconds).ok();
    at.and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default()
}
