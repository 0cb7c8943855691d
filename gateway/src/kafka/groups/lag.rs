//! How far groups have come. What members commit, or are told that they committed, is remembered
//! while the group is heard of, and told to the activity with the ends that the tails know. Brokers
//! are not asked for it: of a topic that nobody reads here, nothing is said.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use catalog::Grant;
use catalog::activity::{Lag, Report};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::activity::Meters;
use crate::tail::Tails;
use crate::upstream::Isolation;

/// How often what has changed is told.
pub const REPORT_EVERY: Duration = Duration::from_secs(5);
/// How long a group is remembered that is not heard of: its members may be another replica's now.
const GROUP_LASTS: Duration = Duration::from_secs(60);
/// Committed offsets remembered; beyond it all are forgotten, and come again with later commits.
const PLACES_MAX: usize = 200_000;
/// Most reports of one round: the rest is told in the next ones.
const REPORTS_MAX: usize = 10_000;

/// Groups by their ids on the backend cluster.
#[derive(Default)]
pub struct Lags(Mutex<Known>);

#[derive(Default)]
struct Known {
    groups: HashMap<String, Group>,
    /// Committed offsets in all groups.
    places: usize,
}

struct Group {
    heard: Instant,
    /// By subscription.
    topics: HashMap<Arc<str>, Progress>,
}

struct Progress {
    grant: Arc<Grant>,
    /// The group's name, as its members know it.
    consumer: Arc<str>,
    subscription: Arc<str>,
    /// By partition.
    places: BTreeMap<i32, Place>,
}

struct Place {
    committed: i64,
    /// What was told last: the committed offset and the end.
    told: Option<(i64, i64)>,
}

/// Whose offsets they are.
pub struct Whose<'a> {
    /// The group's id on the backend cluster.
    pub group: &'a str,
    /// Its name, as its members know it.
    pub consumer: &'a str,
    /// Under which it reads.
    pub grant: &'a Arc<Grant>,
}

impl Lags {
    /// A group's next offsets by partition; negative: none is committed.
    pub(super) fn note(&self, whose: &Whose<'_>, offsets: impl Iterator<Item = (i32, i64)>) {
        let mut known = self.0.lock();
        let Known { groups, places } = &mut *known;
        if *places >= PLACES_MAX {
            groups.clear();
            *places = 0;
        }
        let now = Instant::now();
        let group = groups
            .entry(whose.group.to_owned())
            .or_insert_with(|| Group { heard: now, topics: HashMap::new() });
        group.heard = now;
        let grant = whose.grant;
        let progress = group.topics.entry(Arc::clone(&grant.name)).or_insert_with(|| Progress {
            grant: Arc::clone(grant),
            consumer: whose.consumer.into(),
            subscription: Arc::clone(&grant.name),
            places: BTreeMap::new(),
        });
        progress.grant = Arc::clone(grant);
        for (partition, committed) in offsets.filter(|(_, committed)| *committed >= 0) {
            match progress.places.get_mut(&partition) {
                Some(place) => place.committed = committed,
                None => {
                    progress.places.insert(partition, Place { committed, told: None });
                    *places += 1;
                }
            }
        }
    }

    /// A member of the group lives: what is known of it holds.
    pub(super) fn heard(&self, group: &str) {
        if let Some(group) = self.0.lock().groups.get_mut(group) {
            group.heard = Instant::now();
        }
    }

    /// The group's partitions are handed out anew, maybe to members on other replicas: whoever
    /// reads on asks for its offsets first.
    pub(super) fn forget(&self, group: &str) {
        let mut known = self.0.lock();
        if let Some(group) = known.groups.remove(group) {
            known.places -= group.count();
        }
    }

    /// Tells what has changed since the last time.
    pub fn report(&self, tails: &Tails, meters: &Meters) {
        let ends = |grant: &Grant| {
            let topic = tails.opened(&grant.cluster, &grant.endpoint.spec.topic)?;
            let partitions = topic.partitions();
            let ends = partitions.iter().map(|p| p.tail.end(Isolation::Uncommitted));
            Some(ends.collect())
        };
        for lag in self.changes(ends) {
            meters.tell(Report::Lag(lag));
        }
    }

    /// What has changed; `ends`: of a topic's partitions by index, if they are known.
    fn changes(&self, ends: impl Fn(&Grant) -> Option<Vec<i64>>) -> Vec<Lag> {
        let (now, mut changes) = (Instant::now(), Vec::new());
        let mut known = self.0.lock();
        known.groups.retain(|_, group| now.duration_since(group.heard) < GROUP_LASTS);
        known.places = known.groups.values().map(Group::count).sum();
        let topics = known.groups.values_mut().flat_map(|group| group.topics.values_mut());
        for Progress { grant, consumer, subscription, places } in topics {
            let Some(ends) = ends(grant) else { continue };
            for (&partition, place) in places {
                let index = usize::try_from(partition).ok();
                let Some(end) = index.and_then(|index| ends.get(index)) else { continue };
                let committed = place.committed;
                // A commit on its way here may be ahead of what this replica has read.
                let log_end = committed.max(*end);
                if place.told == Some((committed, log_end)) {
                    continue;
                }
                if changes.len() == REPORTS_MAX {
                    return changes;
                }
                place.told = Some((committed, log_end));
                let (subscription, consumer) = (Arc::clone(subscription), Arc::clone(consumer));
                changes.push(Lag { subscription, consumer, partition, committed, log_end });
            }
        }
        changes
    }
}

impl Group {
    fn count(&self) -> usize {
        self.topics.values().map(|progress| progress.places.len()).sum()
    }
}

#[cfg(test)]
mod tests;
