//! Failed logins, counted for each credential that exists. They delay their own connection and
//! nobody else's: whoever guesses cannot lock the owner out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use catalog::Snapshot;
use parking_lot::Mutex;

/// How long the answer to a failed login takes at least: librdkafka comes again at once.
const DELAY_MIN: Duration = Duration::from_millis(500);
/// How much longer it may take.
const DELAY_SPREAD: Duration = Duration::from_millis(500);
/// Credentials counted; beyond, counting begins anew.
const CREDENTIALS_MAX: usize = 10_000;

/// Counts failed logins.
#[derive(Default)]
pub struct Failures {
    by_credential: Mutex<HashMap<String, u64>>,
}

impl Failures {
    /// Counts one. Returns how long its answer waits.
    pub fn note(&self, snapshot: &Snapshot, user: Option<&str>, peer: IpAddr) -> Duration {
        // What is no credential's id may be a secret in the wrong field: it is not remembered.
        if let Some(user) = user.filter(|user| snapshot.credentials.contains_key(*user)) {
            let count = self.count(user);
            // The first and then ever fewer: a client that tries on must not fill the log.
            if count.is_power_of_two() {
                tracing::warn!(credential = user, count, %peer, "failed Kafka logins");
            }
        }
        DELAY_MIN + DELAY_SPREAD.mul_f32(rand::random::<f32>())
    }

    /// A login succeeded: the owner is there.
    pub fn forget(&self, credential: &str) {
        self.by_credential.lock().remove(credential);
    }

    fn count(&self, user: &str) -> u64 {
        let mut counts = self.by_credential.lock();
        if counts.len() >= CREDENTIALS_MAX && !counts.contains_key(user) {
            counts.clear();
        }
        let count = counts.entry(user.to_owned()).or_default();
        *count += 1;
        *count
    }
}
