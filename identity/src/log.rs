//! Tells the operator why tokens are refused without letting whoever sends bad ones fill the log:
//! each reason once in a while, with how often it came. Nothing of a token is told.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::refusal::Refusal;

/// The least time between two lines of the same reason.
const EVERY: Duration = Duration::from_secs(10);

/// What was told of each reason; there are some twenty.
#[derive(Default)]
pub(crate) struct RefusalLog {
    reasons: Mutex<HashMap<Refusal, (Instant, u64)>>,
}

impl RefusalLog {
    /// Tells of a refusal, now or with the next.
    pub(crate) fn tell(&self, refusal: Refusal) {
        if let Some(times) = self.due(refusal, Instant::now()) {
            tracing::info!(reason = %refusal, times, "tokens were refused");
        }
    }

    /// How many there were since the last line, if another one is due.
    fn due(&self, refusal: Refusal, now: Instant) -> Option<u64> {
        let mut reasons = self.reasons.lock();
        match reasons.get_mut(&refusal) {
            Some((told, untold)) if now.duration_since(*told) < EVERY => {
                *untold += 1;
                None
            }
            earlier => {
                let untold = earlier.map_or(0, |(_, untold)| *untold);
                reasons.insert(refusal, (now, 0));
                Some(untold + 1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_one_line_and_a_count() {
        let log = RefusalLog::default();
        let start = Instant::now();
        assert_eq!(log.due(Refusal::Signature, start), Some(1));
        for _ in 0..1000 {
            assert_eq!(log.due(Refusal::Signature, start + EVERY / 2), None);
        }
        assert_eq!(log.due(Refusal::Expired, start), Some(1), "another reason");
        assert_eq!(log.due(Refusal::Signature, start + EVERY), Some(1001));
        assert_eq!(log.due(Refusal::Signature, start + EVERY * 3), Some(1));
    }
}
