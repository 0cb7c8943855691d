//! Assigns followed topic-partitions to the brokers that lead them, keeps one fetch loop per broker
//! that has any, and looks at metadata when it ages or has proved wrong. Fetches nothing itself.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::{
    sync::Notify,
    task::AbortHandle,
    time::{Instant, sleep, timeout},
};

use super::{broker_loop, partition::Followed};
use crate::upstream::{backoff::Backoff, core::Core, failure::Failure, topology::METADATA_AGE_MAX};

/// Shortest time between two looks at metadata, however many partitions ask for one.
const REFRESH_GAP: Duration = Duration::from_millis(100);

/// A running fetch loop; ends when dropped.
struct Loop {
    wake: Arc<Notify>,
    task: AbortHandle,
}

impl Drop for Loop {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Runs until the client is dropped, which aborts it and thereby its loops.
pub(super) async fn run(core: Arc<Core>) {
    let mut supervisor = Supervisor {
        loops: HashMap::new(),
        placed: HashSet::new(),
        refreshed: Instant::now(),
        backoff: Backoff::default(),
    };
    loop {
        let wait = supervisor.round(&core).await;
        let _ = timeout(wait, core.followed.changed.notified()).await;
    }
}

struct Supervisor {
    loops: HashMap<i32, Loop>,
    /// Ids of what has been assigned at least once.
    placed: HashSet<u64>,
    refreshed: Instant,
    backoff: Backoff,
}

impl Supervisor {
    /// One look at everything; returns how long nothing needs to be looked at.
    async fn round(&mut self, core: &Arc<Core>) -> Duration {
        let all = core.followed.all();
        let ids: HashSet<u64> = all.iter().map(|followed| followed.id).collect();
        self.placed.retain(|id| ids.contains(id));
        let fresh: Vec<_> = all.iter().filter(|f| !self.placed.contains(&f.id)).collect();
        let unknown = fresh.iter().filter(|f| !place_remembered(core, f)).count();
        for followed in fresh {
            self.placed.insert(followed.id);
        }
        let stale = core.followed.stale.swap(false, Ordering::AcqRel);
        let aged = self.refreshed.elapsed() >= METADATA_AGE_MAX;
        let lost = all.iter().any(|f| f.leader().is_none() && !f.has_ended());
        // What is assigned starts before metadata is asked for the rest.
        self.assign(core, &all);
        if !all.is_empty() && (stale || aged || lost || unknown > 0) {
            self.refresh(core, &all).await;
            self.assign(core, &all);
        }
        let lost = all.iter().any(|f| f.leader().is_none() && !f.has_ended());
        match lost {
            true => self.backoff.next(),
            false => {
                self.backoff.reset();
                METADATA_AGE_MAX.saturating_sub(self.refreshed.elapsed())
            }
        }
    }

    async fn refresh(&mut self, core: &Core, all: &[Arc<Followed>]) {
        sleep(REFRESH_GAP.saturating_sub(self.refreshed.elapsed())).await;
        let live = all.iter().filter(|followed| !followed.has_ended());
        let names: BTreeSet<String> = live.map(|followed| followed.topic.to_string()).collect();
        let names: Vec<String> = names.into_iter().collect();
        let result = core.topology.refresh(&names).await;
        self.refreshed = Instant::now();
        for followed in all.iter().filter(|followed| !followed.has_ended()) {
            match &result {
                Ok(()) => {
                    if let Some(known) = core.topology.remembered(&followed.topic) {
                        followed.place(&known);
                    }
                }
                Err(failure) => unreachable(followed, failure),
            }
        }
    }

    /// Sees to one loop for each broker that leads something followed, and wakes them.
    fn assign(&mut self, core: &Arc<Core>, all: &[Arc<Followed>]) {
        let brokers: HashSet<i32> = all.iter().filter_map(|followed| followed.leader()).collect();
        self.loops
            .retain(|broker, running| brokers.contains(broker) && !running.task.is_finished());
        for broker in brokers {
            let running = self.loops.entry(broker).or_insert_with(|| {
                let wake = Arc::new(Notify::new());
                let task = broker_loop::run(core.clone(), broker, wake.clone());
                let task = tokio::spawn(task).abort_handle();
                Loop { wake, task }
            });
            running.wake.notify_one();
        }
    }
}

/// Places a newcomer by what is remembered; returns whether that was possible.
fn place_remembered(core: &Core, followed: &Followed) -> bool {
    match core.topology.remembered(&followed.topic) {
        Some(known @ crate::upstream::topology::Known::Here(_)) => followed.place(&known),
        _ => false,
    }
}

/// Metadata cannot be had: only a trouble for what has no leader to be fetched from.
fn unreachable(followed: &Followed, failure: &Failure) {
    if followed.leader().is_none() {
        followed.trouble(&failure.reason);
    }
}
