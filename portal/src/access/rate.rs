//! How often somebody may ask. Counted per user, so that one script slows nobody else down.

use std::num::NonZeroU32;

use catalog::Actor;
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use http::StatusCode;

use crate::ProblemBody;

/// Requests per second of one user, over a while.
const PER_SECOND: u32 = 500;
/// Requests at once.
const BURST: u32 = 1_000;
/// Users that are remembered; beyond, those who have waited long enough are forgotten.
const REMEMBERED_MAX: usize = 10_000;

/// Counts requests.
pub(crate) struct Rate {
    of_user: DefaultKeyedRateLimiter<String>,
    clock: DefaultClock,
}

impl Default for Rate {
    fn default() -> Self {
        let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(at_least_one(PER_SECOND)).allow_burst(at_least_one(BURST));
        Self { of_user: RateLimiter::keyed(quota), clock: DefaultClock::default() }
    }
}

impl Rate {
    /// Counts a request.
    ///
    /// # Errors
    /// Too many.
    pub(crate) fn count(&self, actor: &Actor) -> Result<(), ProblemBody> {
        if self.of_user.len() > REMEMBERED_MAX {
            self.of_user.retain_recent();
        }
        self.of_user.check_key(&actor.to_string()).map_err(|not_until| {
            let wait = not_until.wait_time_from(self.clock.now());
            ProblemBody::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_requests",
                "Too many requests",
                format!("At most {PER_SECOND} requests a second of one user."),
            )
            .retry_after(wait)
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use http::header;

    use super::*;

    #[test]
    fn one_script_slows_nobody_else_down() {
        let rate = Rate::default();
        let (script, other) = (Actor::system("script"), Actor::system("other"));
        // Some come back while it counts.
        let refused = (0..BURST * 3).find_map(|_| rate.count(&script).err());
        let answer = refused.map(IntoResponse::into_response);
        let wait = answer.as_ref().and_then(|answer| answer.headers().get(header::RETRY_AFTER));
        assert_eq!(wait.map(|wait| wait.as_bytes()), Some(&b"1"[..]));
        assert_eq!(answer.map(|answer| answer.status()), Some(StatusCode::TOO_MANY_REQUESTS));
        assert!(rate.count(&other).is_ok());
    }
}
