//! Where a replica hands its reports in: never waited for. What does not fit is dropped and
//! counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

use super::report::Report;

/// Reports that wait for the next flush. Usage is summed up before it is reported, so this is room
/// for thousands of refusals and connections in a second.
const REPORTS_MAX: usize = 16_384;

/// Takes reports; cheap to clone.
#[derive(Clone, Debug)]
pub struct ActivitySink {
    reports: mpsc::Sender<Report>,
    dropped: Arc<AtomicU64>,
}

/// The other end of a sink.
pub(super) struct Inbox {
    pub(super) reports: mpsc::Receiver<Report>,
    pub(super) dropped: Arc<AtomicU64>,
}

impl ActivitySink {
    pub(super) fn new() -> (Self, Inbox) {
        let (sender, receiver) = mpsc::channel(REPORTS_MAX);
        let dropped = Arc::new(AtomicU64::new(0));
        let sink = Self { reports: sender, dropped: Arc::clone(&dropped) };
        (sink, Inbox { reports: receiver, dropped })
    }

    /// A sink whose reports go nowhere: for a replica that keeps no activity.
    pub fn nowhere() -> Self {
        Self::new().0
    }

    /// Hands a report in; drops and counts it when there is no room.
    pub fn report(&self, report: Report) {
        if self.reports.try_send(report).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Reports that were dropped so far.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}
