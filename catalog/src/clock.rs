//! What time it is: asked in one place, so that everything else is told.

use std::sync::Arc;

use time::OffsetDateTime;

/// Tells the time in whole seconds, which is what documents have.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> OffsetDateTime + Send + Sync>);

impl Default for Clock {
    /// The system's.
    fn default() -> Self {
        Self::new(OffsetDateTime::now_utc)
    }
}

impl Clock {
    /// Another.
    pub fn new(now: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        let now = (self.0)();
        now.replace_nanosecond(0).unwrap_or(now)
    }
}
