//! Tells a handler that waits that it should answer now with what it has.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// How long an answer of errors alone is held.
const ERROR_HOLD: Duration = Duration::from_millis(500);

#[derive(Default)]
struct Flag {
    wanted: AtomicBool,
    notify: Notify,
}

/// Wanted when the next request is there, when rights changed, or when the replica drains. Whoever
/// waits for anything but its answer's own making waits for this too.
#[derive(Clone, Default)]
pub struct Hurry {
    flag: Arc<Flag>,
}

impl Hurry {
    /// Ready when an answer is wanted now.
    pub async fn wanted(&mut self) {
        loop {
            let notified = self.flag.notify.notified();
            if self.is_wanted() {
                return;
            }
            notified.await;
        }
    }

    /// Holds an answer that has nothing but errors to tell, unless one is wanted now: clients ask
    /// again at once, and some of them for ever.
    pub async fn hold_errors(&mut self) {
        // Late or hurried: either way it is answered now.
        let _ = tokio::time::timeout(ERROR_HOLD, self.wanted()).await;
    }

    /// Whether an answer is wanted now.
    pub fn is_wanted(&self) -> bool {
        self.flag.wanted.load(Ordering::Acquire)
    }

    pub(super) fn want(&self) {
        self.flag.wanted.store(true, Ordering::Release);
        self.flag.notify.notify_one();
    }

    pub(super) fn reset(&self) {
        self.flag.wanted.store(false, Ordering::Release);
    }
}
