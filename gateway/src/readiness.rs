//! Whether the backend clusters can serve what the catalog publishes, in words for `/readyz` and
//! the log. Looks at every published topic soon after it appears and again every minute; a problem
//! is looked at again every second, so that it disappears when it is solved.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use catalog::activity::Report;
use catalog::model::Lifecycle;
use catalog::{ResolvedCluster, Snapshot, SnapshotReceiver};

use crate::activity::Meters;
use crate::tail::Tails;
use crate::upstream::UpstreamError;

/// How long a topic that was found is not looked for again.
const FOUND_FRESH: Duration = Duration::from_secs(60);

/// How long to wait between two looks while something is wrong, and while nothing is.
const LOOK_EVERY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// How many topics are looked for in one round, so that 10,000 endpoints do not flood a cluster.
const TOPICS_PER_ROUND: usize = 500;

/// How many problems are listed; the rest are counted.
const PROBLEMS_MAX: usize = 50;

/// What keeps the gateway from serving everything that is published.
pub struct Readiness {
    problems: ArcSwap<Vec<String>>,
}

impl Readiness {
    /// Starts looking; ends when the tails are dropped.
    pub fn watch(
        tails: &Arc<Tails>,
        snapshots: SnapshotReceiver,
        meters: Arc<Meters>,
    ) -> Arc<Self> {
        let starting =
            vec!["starting: the backend clusters have not been looked at yet".to_owned()];
        let readiness = Arc::new(Self { problems: ArcSwap::from_pointee(starting) });
        let looking = watch(Arc::downgrade(tails), snapshots, Arc::clone(&readiness), meters);
        tokio::spawn(looking);
        readiness
    }

    /// The problems as of the last look; empty: ready.
    pub fn problems(&self) -> Arc<Vec<String>> {
        self.problems.load_full()
    }
}

type Found = HashMap<(String, String), Instant>;

async fn watch(
    tails: Weak<Tails>,
    mut snapshots: SnapshotReceiver,
    readiness: Arc<Readiness>,
    meters: Arc<Meters>,
) {
    let mut found = Found::new();
    loop {
        let snapshot = Arc::clone(&snapshots.borrow_and_update());
        let Some(tails) = tails.upgrade() else { return };
        tails.clusters().retain(&snapshot);
        let problems = look(&tails, &snapshot, &mut found).await;
        drop(tails);
        let wait = if problems.is_empty() { LOOK_EVERY.1 } else { LOOK_EVERY.0 };
        meters.tell(Report::Health { problems: problems.clone() });
        report(&readiness, problems);
        tokio::select! {
            changed = snapshots.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Logs what has changed since the last look, not every look.
fn report(readiness: &Readiness, problems: Vec<String>) {
    let before = readiness.problems.load();
    for problem in problems.iter().filter(|problem| !before.contains(problem)) {
        tracing::warn!(problem, "not ready");
    }
    if problems.is_empty() && !before.is_empty() {
        tracing::info!("ready");
    }
    readiness.problems.store(Arc::new(problems));
}

async fn look(tails: &Tails, snapshot: &Snapshot, found: &mut Found) -> Vec<String> {
    let mut problems = snapshot.problems.clone();
    let mut wanted: BTreeMap<&str, (Arc<ResolvedCluster>, BTreeSet<&str>)> = BTreeMap::new();
    for endpoint in snapshot.endpoints.values() {
        let served =
            matches!(endpoint.spec.lifecycle, Lifecycle::Published | Lifecycle::Deprecated);
        if let Some(cluster) = snapshot.clusters.get(&endpoint.spec.cluster)
            && served
        {
            let entry = wanted.entry(&cluster.name);
            let (_, topics) = entry.or_insert_with(|| (Arc::clone(cluster), BTreeSet::new()));
            topics.insert(&endpoint.spec.topic);
        }
    }
    found.retain(|(cluster, topic), at| {
        let wanted = wanted.get(cluster.as_str());
        at.elapsed() < FOUND_FRESH && wanted.is_some_and(|(_, t)| t.contains(topic.as_str()))
    });
    let mut looks_left = TOPICS_PER_ROUND;
    for (cluster, topics) in wanted.values() {
        let (_, upstream) = tails.clusters().open(cluster);
        problems.extend(upstream.problem());
        for topic in topics {
            let key = (cluster.name.clone(), (*topic).to_owned());
            if looks_left == 0 || found.contains_key(&key) {
                continue;
            }
            looks_left -= 1;
            match upstream.topic(topic).await {
                Ok(_) => {
                    found.insert(key, Instant::now());
                }
                Err(error @ UpstreamError::UnknownTopic { .. }) => problems.push(error.to_string()),
                // The whole cluster's problem: said once, the other topics would say the same.
                Err(error) => {
                    if upstream.problem().is_none_or(|known| !problems.contains(&known)) {
                        problems.push(error.to_string());
                    }
                    break;
                }
            }
        }
    }
    let more = problems.len().saturating_sub(PROBLEMS_MAX);
    problems.truncate(PROBLEMS_MAX);
    if more > 0 {
        problems.push(format!("… and {more} more problems"));
    }
    problems
}
