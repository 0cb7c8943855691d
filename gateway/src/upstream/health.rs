//! What is wrong with a backend cluster now, in words; logged when it changes, never at each retry.

use std::collections::BTreeMap;

use parking_lot::Mutex;

use super::failure::{Failure, FailureKind};

/// Most problems kept; beyond it new ones are only logged.
const PROBLEM_COUNT_MAX: usize = 256;

/// What a problem is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum About {
    /// No broker of the bootstrap list can be used.
    Cluster,
    /// One broker, by id.
    Broker(i32),
}

struct Problem {
    kind: FailureKind,
    text: String,
}

/// The problems of one cluster.
pub(super) struct Health {
    cluster: String,
    problems: Mutex<BTreeMap<About, Problem>>,
}

impl Health {
    pub(super) fn new(cluster: &str) -> Self {
        Self { cluster: cluster.to_owned(), problems: Mutex::new(BTreeMap::new()) }
    }

    /// Notes a problem; logs it when it is new or of another kind than before.
    pub(super) fn failed(&self, about: About, failure: &Failure) {
        let mut problems = self.problems.lock();
        let known = problems.get(&about).map(|problem| problem.kind);
        if known != Some(failure.kind) {
            tracing::warn!(
                cluster = %self.cluster,
                kind = ?failure.kind,
                error = %failure.reason,
                "backend cluster has a problem"
            );
        }
        if known.is_some() || problems.len() < PROBLEM_COUNT_MAX {
            problems.insert(about, Problem { kind: failure.kind, text: failure.reason.clone() });
        }
    }

    /// Notes that there is no such problem (any more).
    pub(super) fn succeeded(&self, about: &About) {
        if self.problems.lock().remove(about).is_some() {
            tracing::info!(cluster = %self.cluster, ?about, "backend cluster recovered");
        }
    }

    /// Forgets brokers that the cluster no longer has.
    pub(super) fn retain_brokers(&self, exists: impl Fn(i32) -> bool) {
        self.problems.lock().retain(|about, _| match about {
            About::Broker(id) => exists(*id),
            About::Cluster => true,
        });
    }

    /// All problems in one line.
    pub(super) fn problem(&self) -> Option<String> {
        let problems = self.problems.lock();
        let texts: Vec<&str> = problems.values().map(|p| p.text.as_str()).collect();
        (!texts.is_empty()).then(|| texts.join("; "))
    }
}
