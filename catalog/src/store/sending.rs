//! Who sends the audit to a sink, and how far it was sent.

use std::time::Duration;

/// The wish to be the one who sends the audit to a sink. The right ends by the database's clock,
/// so that the clocks of replicas need not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The sink's name.
    pub sink: String,
    /// Who asks.
    pub holder: String,
    /// How long the right lasts without being renewed, in whole seconds.
    pub lasts: Duration,
}

impl Claim {
    /// In seconds, as databases count.
    pub(super) fn seconds(&self) -> i64 {
        i64::try_from(self.lasts.as_secs()).unwrap_or(i64::MAX)
    }
}
