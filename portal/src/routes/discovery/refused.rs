//! Why a cluster could not be looked into, as problems.

use std::time::Duration;

use catalog::inspect::InspectError;
use http::StatusCode;

use crate::ProblemBody;

/// When it is worth trying again if too many look.
const BUSY_WAIT: Duration = Duration::from_secs(5);

impl From<InspectError> for ProblemBody {
    fn from(error: InspectError) -> Self {
        let text = format!("{error}.");
        let mut detail = text.chars();
        let first = detail.next().map(char::to_uppercase).into_iter().flatten();
        let detail: String = first.chain(detail).collect();
        let (status, code, title) = match error {
            InspectError::NoSuchTopic { .. } => return Self::not_found(detail),
            InspectError::NoSuchCluster { .. } => (
                StatusCode::SERVICE_UNAVAILABLE,
                "cluster_not_served",
                "The gateway does not know the cluster",
            ),
            InspectError::Unreachable { .. } => {
                (StatusCode::BAD_GATEWAY, "cluster_unreachable", "The cluster does not answer")
            }
            InspectError::Refused { .. } => {
                (StatusCode::BAD_GATEWAY, "cluster_refused", "The cluster refused the gateway")
            }
            InspectError::Denied { .. } => (
                StatusCode::BAD_GATEWAY,
                "cluster_denied",
                "The cluster does not let the gateway do it",
            ),
            InspectError::TimedOut { .. } => {
                (StatusCode::GATEWAY_TIMEOUT, "cluster_timeout", "The cluster answers too slowly")
            }
            InspectError::Busy { .. } => {
                let (status, title) =
                    (StatusCode::SERVICE_UNAVAILABLE, "Too many look at clusters");
                return Self::new(status, "inspections_busy", title, detail).retry_after(BUSY_WAIT);
            }
        };
        Self::new(status, code, title, detail)
    }
}

/// There is nothing to look with.
pub(super) fn no_inspector() -> ProblemBody {
    ProblemBody::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "no_inspector",
        "This server does not look into clusters",
        "Ask a server that runs the gateway.",
    )
}
