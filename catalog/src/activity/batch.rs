//! What came in since the last flush, summed up: a second of a thousand refusals is one row.

use std::collections::HashMap;
use std::sync::Arc;

use super::Counted;
use super::report::{Lag, Refusal, Report, Session, Usage};
use crate::model::Door;

/// Different refusals of one flush: whoever varies what it asks for cannot fill the tables.
const REFUSALS_MAX: usize = 4_096;

/// A subscription, a group and a topic-partition's index.
type Place = (Arc<str>, Arc<str>, i32);

/// Reports of one flush.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) usage: HashMap<(Arc<str>, Arc<str>, Door), Counted>,
    pub(crate) refusals: HashMap<Refusal, u64>,
    pub(crate) opened: Vec<Session>,
    pub(crate) closed: Vec<u64>,
    /// Next offset to read, and the end of the log.
    pub(crate) lag: HashMap<Place, (i64, i64)>,
    pub(crate) health: Option<Vec<String>>,
    /// Refusals beyond the bound.
    pub(crate) left_out: u64,
}

impl Batch {
    pub(crate) fn add(&mut self, report: Report) {
        match report {
            Report::Used(Usage { subscription, credential, door, counted }) => {
                self.usage.entry((subscription, credential, door)).or_default().add(&counted);
            }
            Report::Refused(refusal) => self.refused(refusal),
            Report::Opened(session) => self.opened.push(session),
            Report::Closed { number } => self.closed.push(number),
            Report::Lag(Lag { subscription, consumer, partition, committed, log_end }) => {
                self.lag.insert((subscription, consumer, partition), (committed, log_end));
            }
            Report::Health { problems } => self.health = Some(problems),
            // The audit's alone.
            Report::Accessed(_) => {}
        }
    }

    fn refused(&mut self, refusal: Refusal) {
        if self.refusals.len() >= REFUSALS_MAX && !self.refusals.contains_key(&refusal) {
            self.left_out += 1;
            return;
        }
        *self.refusals.entry(refusal).or_default() += 1;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.usage.is_empty()
            && self.refusals.is_empty()
            && self.opened.is_empty()
            && self.closed.is_empty()
            && self.lag.is_empty()
            && self.health.is_none()
    }
}
