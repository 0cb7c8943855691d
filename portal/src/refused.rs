//! Counts the requests that were refused, by what they were told.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::StatusCode;

use crate::PortalState;

/// The answers that are counted: nobody is known, may not, too often.
pub const COUNTED: [StatusCode; 3] =
    [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::TOO_MANY_REQUESTS];

/// How many requests were refused.
#[derive(Debug, Default)]
pub struct Refused([AtomicU64; COUNTED.len()], Tokens);

/// Refused tokens, as the audit is told of them.
#[derive(Debug, Default)]
struct Tokens {
    /// The minute since 1970 in which it was told last.
    minute: AtomicU64,
    /// Those that it was not told of since.
    others: AtomicU64,
}

impl Refused {
    /// How many got this answer; 0 for one that is not counted.
    pub fn count(&self, status: StatusCode) -> u64 {
        let counted = COUNTED.iter().zip(&self.0).find(|(counted, _)| **counted == status);
        counted.map_or(0, |(_, count)| count.load(Ordering::Relaxed))
    }

    /// A token was refused; whether the audit is to be told, and of how many others: the first of a
    /// minute is.
    pub(crate) fn token(&self) -> Option<u64> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let minute = now.as_secs() / 60;
        if self.1.minute.swap(minute, Ordering::Relaxed) == minute {
            self.1.others.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        Some(self.1.others.swap(0, Ordering::Relaxed))
    }

    fn add(&self, status: StatusCode) {
        if let Some((_, count)) = COUNTED.iter().zip(&self.0).find(|(one, _)| **one == status) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Counts the answer.
pub(crate) async fn count(
    State(state): State<PortalState>,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    state.refused.add(response.status());
    response
}
