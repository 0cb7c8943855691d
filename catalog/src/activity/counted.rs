//! What is counted of a subscription's use: what passed, and what did not.

/// What passed, and what did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Events that left for the subscriber, or came from it.
    pub events: u64,
    /// Their bytes, as they were on the line.
    pub bytes: u64,
    /// Records that could not be redacted safely and were withheld from the subscriber.
    pub withheld: u64,
    /// Records that a filter did not pass.
    pub filtered: u64,
    /// Records that left with another value, key or headers than they have; events count them too.
    pub redacted: u64,
    /// Milliseconds that the subscriber's readers were made to wait by its limits, each by itself.
    pub throttled_millis: u64,
}

impl Counted {
    /// Adds what was counted elsewhere.
    pub fn add(&mut self, more: &Counted) {
        let Counted { events, bytes, withheld, filtered, redacted, throttled_millis } = more;
        for (sum, more) in [
            (&mut self.events, events),
            (&mut self.bytes, bytes),
            (&mut self.withheld, withheld),
            (&mut self.filtered, filtered),
            (&mut self.redacted, redacted),
            (&mut self.throttled_millis, throttled_millis),
        ] {
            *sum = sum.saturating_add(*more);
        }
    }

    /// Whether there is nothing to tell.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}
