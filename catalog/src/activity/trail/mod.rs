//! What happens at the doors, on its way into the audit: who used which endpoint and how much, and
//! who was refused why. Within a minute only so much is told one by one; what is beyond is summed
//! up. Written once a second in one transaction. Doors never wait for it: while the store is away
//! entries wait up to a bound, and what is beyond is lost, counted and said.

mod sums;
mod told;

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use time::OffsetDateTime;
use tokio::time::{Instant, MissedTickBehavior};

use super::report::{Access, Refusal, Report};
use crate::audit::Entry;
use crate::{Catalog, store::StoreError};
use sums::{RefusalClass, RefusedSum, Use, UsedSum};

/// How often entries are written.
const WRITE_EVERY: Duration = Duration::from_secs(1);
/// How long bounds hold, and sums are gathered.
const WINDOW: Duration = Duration::from_secs(60);
/// Uses that are told one by one within a window.
const ACCESSES_MAX: usize = 600;
/// Uses that are summed up by who uses what within a window; beyond it all in one.
const SUMS_MAX: usize = 300;
/// Classes of refusals within a window; beyond it all in one.
const REFUSALS_MAX: usize = 300;
/// Entries that wait for the store.
const WAITING_MAX: usize = 4_096;

/// Takes what the doors report into the audit.
pub struct Trail {
    catalog: Catalog,
    replica: String,
    state: Mutex<State>,
    /// One writes at a time: the order stays.
    writing: tokio::sync::Mutex<()>,
    written: AtomicU64,
    dropped: AtomicU64,
}

#[derive(Default)]
struct State {
    window: Window,
    waiting: Vec<Entry>,
    /// Entries that were dropped and not said yet.
    unsaid: u64,
}

/// One minute.
struct Window {
    ends: Instant,
    accesses: usize,
    used: HashMap<Use, UsedSum>,
    others: UsedSum,
    /// `None`: told already, and nothing since.
    refused: HashMap<RefusalClass, Option<RefusedSum>>,
    more_refused: u64,
    /// Classes that were refused for the first time in this window, to be told soon.
    fresh: Vec<RefusalClass>,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            ends: Instant::now() + WINDOW,
            accesses: 0,
            used: HashMap::new(),
            others: UsedSum::default(),
            refused: HashMap::new(),
            more_refused: 0,
            fresh: Vec::new(),
        }
    }
}

impl Trail {
    /// Begins to write what is reported, until the trail is dropped. `replica` names this process.
    pub fn start(catalog: Catalog, replica: &str) -> Arc<Self> {
        let trail = Arc::new(Self {
            catalog,
            replica: replica.to_owned(),
            state: Mutex::default(),
            writing: tokio::sync::Mutex::default(),
            written: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        });
        tokio::spawn(keep_writing(Arc::downgrade(&trail)));
        trail
    }

    /// Records written so far.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Records that could not be written and are lost.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Takes what is the audit's of a report.
    pub(super) fn add(&self, report: &Report) {
        match report {
            Report::Accessed(access) => {
                let entry = self.state.lock().window.accessed(access, &self.replica);
                self.wait(entry);
            }
            Report::Refused(refusal) => {
                self.state.lock().window.refused(refusal, self.catalog.now());
            }
            _ => {}
        }
    }

    /// Writes all that there is, sums included: for an orderly end.
    pub(super) async fn finish(&self) {
        let ended = std::mem::take(&mut self.state.lock().window);
        self.end(ended);
        self.write().await;
    }

    /// Writes what waits.
    async fn write(&self) {
        let _one_at_a_time = self.writing.lock().await;
        let entries = self.due();
        if entries.is_empty() {
            return;
        }
        let count = entries.len() as u64;
        match self.catalog.record_all(entries.clone()).await {
            Ok(()) => drop(self.written.fetch_add(count, Ordering::Relaxed)),
            Err(error) => self.put_back(entries, &error),
        }
        let unsaid = std::mem::take(&mut self.state.lock().unsaid);
        if unsaid > 0 {
            tracing::warn!(records = unsaid, "the audit could not be told of all that happened");
        }
    }

    /// What is to be written now.
    fn due(&self) -> Vec<Entry> {
        let (ended, fresh) = {
            let mut state = self.state.lock();
            let over = Instant::now() >= state.window.ends;
            let ended = over.then(|| std::mem::take(&mut state.window));
            (ended, state.window.fresh())
        };
        if let Some(ended) = ended {
            self.end(ended);
        }
        self.tell_refusals(fresh);
        std::mem::take(&mut self.state.lock().waiting)
    }

    /// Tells what a window summed up.
    fn end(&self, window: Window) {
        let (now, replica) = (self.catalog.now(), &self.replica);
        let Window { used, others, refused, more_refused, .. } = window;
        self.tell_refusals(refused.into_iter().filter_map(|(class, sum)| Some((class, sum?))));
        self.wait(used.iter().map(|(of, sum)| told::summed(of, sum, now, replica)));
        if others != UsedSum::default() {
            self.wait([told::others(&others, now, replica)]);
        }
        if more_refused > 0 {
            self.wait([told::more_refused(more_refused, now, replica)]);
        }
    }

    fn tell_refusals(&self, refusals: impl IntoIterator<Item = (RefusalClass, RefusedSum)>) {
        let snapshot = self.catalog.snapshot();
        self.wait(refusals.into_iter().map(|(class, sum)| {
            let known = class.credential.as_ref().and_then(|id| snapshot.credentials.get(&**id));
            let application = known.map(|credential| &*credential.application);
            told::refused(&class, application, &sum, &self.replica)
        }));
    }

    /// Keeps entries until they are written.
    fn wait(&self, entries: impl IntoIterator<Item = Entry>) {
        let mut state = self.state.lock();
        for entry in entries {
            if state.waiting.len() < WAITING_MAX {
                state.waiting.push(entry);
            } else {
                state.unsaid += 1;
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Keeps what the store did not take, before what came meanwhile.
    fn put_back(&self, mut entries: Vec<Entry>, error: &StoreError) {
        tracing::debug!(%error, "records of the audit wait for the store");
        let mut state = self.state.lock();
        entries.append(&mut state.waiting);
        let beyond = entries.len().saturating_sub(WAITING_MAX) as u64;
        entries.truncate(WAITING_MAX);
        state.waiting = entries;
        state.unsaid += beyond;
        self.dropped.fetch_add(beyond, Ordering::Relaxed);
    }
}

impl Window {
    /// The entry of a use, unless there were too many: then it is summed up.
    fn accessed(&mut self, access: &Access, replica: &str) -> Option<Entry> {
        if self.accesses < ACCESSES_MAX {
            self.accesses += 1;
            return Some(told::accessed(access, replica));
        }
        let room = self.used.len() < SUMS_MAX;
        match self.used.entry(Use::of(access)) {
            Slot::Occupied(mut known) => known.get_mut().add(access),
            Slot::Vacant(slot) if room => slot.insert(UsedSum::default()).add(access),
            Slot::Vacant(_) => self.others.add(access),
        }
        None
    }

    fn refused(&mut self, refusal: &Refusal, now: OffsetDateTime) {
        let (credential, door, code) = (refusal.credential.clone(), refusal.door, refusal.code);
        let class = RefusalClass { credential, door, code };
        let room = self.refused.len() < REFUSALS_MAX;
        match self.refused.entry(class) {
            Slot::Occupied(mut known) => {
                known.get_mut().get_or_insert_with(|| RefusedSum::new(now)).add(refusal, now);
            }
            Slot::Vacant(slot) if room => {
                self.fresh.push(slot.key().clone());
                let mut sum = RefusedSum::new(now);
                sum.add(refusal, now);
                slot.insert(Some(sum));
            }
            Slot::Vacant(_) => self.more_refused = self.more_refused.saturating_add(1),
        }
    }

    /// Refusals of classes that are new in this window: they are told at once, and what follows
    /// with the window's end.
    fn fresh(&mut self) -> Vec<(RefusalClass, RefusedSum)> {
        let fresh = std::mem::take(&mut self.fresh);
        let taken = fresh.into_iter().filter_map(|class| {
            let sum = self.refused.get_mut(&class)?.take()?;
            Some((class, sum))
        });
        taken.collect()
    }
}

async fn keep_writing(trail: Weak<Trail>) {
    let mut ticks = tokio::time::interval(WRITE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(trail) = trail.upgrade() else { return };
        trail.write().await;
    }
}

#[cfg(test)]
mod tests;
