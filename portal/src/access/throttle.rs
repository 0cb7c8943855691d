//! How often somebody may try to sign in. Counted per user and address: who guesses elsewhere locks
//! nobody out; and per user alone, much higher, against guessing from many places.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::StatusCode;

use crate::ProblemBody;

/// Tries per minute of one user from one address.
const OF_ADDRESS: u32 = 10;
/// Tries per minute of one user from everywhere.
const OF_USER: u32 = 100;
/// Users and addresses that are remembered; beyond, those who have waited long enough are
/// forgotten.
const REMEMBERED_MAX: usize = 10_000;

/// Counts tries.
pub(crate) struct Throttle {
    of_address: DefaultKeyedRateLimiter<(String, Option<IpAddr>)>,
    of_user: DefaultKeyedRateLimiter<String>,
}

impl Default for Throttle {
    fn default() -> Self {
        let per_minute =
            |tries| Quota::per_minute(NonZeroU32::new(tries).unwrap_or(NonZeroU32::MIN));
        Self {
            of_address: RateLimiter::keyed(per_minute(OF_ADDRESS)),
            of_user: RateLimiter::keyed(per_minute(OF_USER)),
        }
    }
}

impl Throttle {
    /// Counts a try.
    ///
    /// # Errors
    /// Too many.
    pub(crate) fn count(&self, user: &str, address: Option<IpAddr>) -> Result<(), ProblemBody> {
        if self.of_address.len() > REMEMBERED_MAX {
            self.of_address.retain_recent();
            self.of_user.retain_recent();
        }
        let of_address = self.of_address.check_key(&(user.to_owned(), address)).is_ok();
        if of_address && self.of_user.check_key(&user.to_owned()).is_ok() {
            return Ok(());
        }
        Err(ProblemBody::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_sign_ins",
            "Too many tries",
            "Somebody tried to sign in as this user too often. Wait a minute and try again.",
        )
        .retry_after(Duration::from_secs(60)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_guesses_elsewhere_locks_nobody_out() {
        let throttle = Throttle::default();
        let address = |last| Some(IpAddr::from([192, 0, 2, last]));
        for _ in 0..OF_ADDRESS {
            assert!(throttle.count("anna", address(1)).is_ok());
        }
        let refused = throttle.count("anna", address(1));
        assert_eq!(refused.map_err(|problem| problem.status), Err(429));
        assert!(throttle.count("anna", address(2)).is_ok());
        assert!(throttle.count("ben", address(1)).is_ok());
    }
}
