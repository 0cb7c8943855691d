//! The pause between tries: doubled from a minimum to a maximum, shortened at random by up to a
//! quarter so that many waiters do not come at once.

use std::time::Duration;

/// First pause after a failure.
pub(super) const BACKOFF_MIN: Duration = Duration::from_millis(50);
/// Longest pause between tries.
pub(super) const BACKOFF_MAX: Duration = Duration::from_secs(1);

/// How long to pause next.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Counts a failure and says how long to pause.
    pub(super) fn next(&mut self) -> Duration {
        let doubled = BACKOFF_MIN.saturating_mul(1 << self.failures.min(8));
        self.failures = self.failures.saturating_add(1);
        let pause = doubled.min(BACKOFF_MAX);
        pause.mul_f64(1.0 - rand::random::<f64>() / 4.0)
    }

    /// Starts over after a success.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}
