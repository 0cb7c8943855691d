//! What all sessions of the Kafka door share.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use catalog::activity::Refusal;
use catalog::{Snapshot, model};
use prometheus_client::metrics::counter::Counter;
use tokio::time::MissedTickBehavior;

use super::call::{Call, Errors};
use super::groups::{LAG_EVERY, Registry as Groups};
use super::sasl::Failures;
use super::versions;
use crate::activity::Meters;
use crate::metrics::Metrics;
use crate::quota::Quotas;
use crate::signal::Signal;
use crate::tail::Tails;

/// Bounds of sessions.
#[derive(Clone, Copy, Debug)]
pub struct SessionConfig {
    /// How long a login lasts before the client must repeat it (KIP-368), give or take a tenth.
    pub lifetime: Duration,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self { lifetime: Duration::from_secs(60 * 60) }
    }
}

/// The Kafka door of a replica.
pub struct KafkaDoor {
    /// What concerns every session.
    pub signal: Arc<Signal>,
    /// The tails that every door reads from.
    pub tails: Arc<Tails>,
    /// The budgets that every door charges.
    pub quotas: Arc<Quotas>,
    /// What is counted.
    pub metrics: Metrics,
    /// The counters of each API, once they are known.
    pub served: Served,
    /// What is told to those who own endpoints and credentials.
    pub meters: Arc<Meters>,
    /// Bounds of sessions.
    pub sessions: SessionConfig,
    /// Failed logins.
    pub failures: Failures,
    /// What is remembered of consumer groups.
    pub groups: Groups,
    /// Verifies tokens.
    pub tokens: Arc<identity::Verifier>,
}

/// API keys whose counters are kept at hand; those served are below.
const API_KEYS: usize = 128;

/// The counters of requests, by API key: looking them up by label costs more than a small request.
pub struct Served {
    counters: [OnceLock<(Counter, Counter)>; API_KEYS],
}

impl Default for Served {
    fn default() -> Self {
        Self { counters: [const { OnceLock::new() }; API_KEYS] }
    }
}

impl KafkaDoor {
    /// Tells now and then how far groups have come, as long as the door stands. Must be called
    /// within the runtime.
    pub fn report_lag(self: &Arc<Self>) {
        let door = Arc::downgrade(self);
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(LAG_EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                let Some(door) = door.upgrade() else { return };
                door.groups.lags.report(&door.tails, &door.meters);
            }
        });
    }

    /// Counts a request that was served, and how long that took.
    pub(super) fn count(&self, call: &Call, took: Duration) {
        let counters = usize::try_from(call.api).ok();
        let counters = counters.and_then(|api| self.served.counters.get(api));
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if let Some(counters) = counters {
            let (requests, micros) = counters.get_or_init(|| self.counters(call.api));
            requests.inc();
            micros.inc_by(took);
        }
    }

    fn counters(&self, api: i16) -> (Counter, Counter) {
        let name = versions::api(api).map_or("unknown", |api| api.name);
        let labels = vec![("api", name.to_owned())];
        let requests = self.metrics.kafka_requests.get_or_create(&labels).clone();
        (requests, self.metrics.kafka_request_micros.get_or_create(&labels).clone())
    }

    /// Counts the errors that an answer tells.
    pub(super) fn count_errors(&self, call: &Call, errors: &Errors) {
        let name = versions::api(call.api).map_or("unknown", |api| api.name);
        for (code, times) in errors.labels() {
            let labels = vec![("api", name.to_owned()), ("code", code)];
            self.metrics.kafka_errors.get_or_create(&labels).inc_by(times);
        }
    }

    /// Counts a login.
    pub(super) fn count_login(&self, mechanism: &str, outcome: &str) {
        let labels = vec![("mechanism", mechanism.to_owned()), ("outcome", outcome.to_owned())];
        self.metrics.kafka_logins.get_or_create(&labels).inc();
    }

    /// Tells the owner of a credential that a login with it failed.
    pub(super) fn tell_refused_login(&self, snapshot: &Snapshot, user: Option<&str>) {
        let refusal = Refusal::new(
            model::Door::Kafka,
            "login_refused",
            "The login failed: the secret is wrong, or the credential was revoked or has expired.",
        );
        // What is no credential's id may be a secret in the wrong field: it is not kept.
        let known = user.filter(|user| snapshot.credentials.contains_key(*user));
        self.meters.refused(match known {
            Some(user) => refusal.of(user),
            None => refusal,
        });
    }
}
