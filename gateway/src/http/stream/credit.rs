//! How many events a client takes that it has not acknowledged.

/// A window over the events of one connection; without one, all are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Credit {
    window: Option<u64>,
    sent: u64,
    acknowledged: u64,
}

impl Credit {
    /// At most so many events that are not acknowledged.
    pub fn new(window: Option<u32>) -> Self {
        Self { window: window.map(u64::from), ..Self::default() }
    }

    /// Events that may be sent now.
    pub fn left(&self) -> u64 {
        let waiting = self.sent - self.acknowledged;
        self.window.map_or(u64::MAX, |window| window.saturating_sub(waiting))
    }

    /// Notes events that are sent.
    pub fn send(&mut self, events: u64) {
        self.sent += events;
    }

    /// Notes that the client has done with the first so many events of the connection; whether that
    /// can be: not more than were sent, and never fewer than before.
    pub fn acknowledge(&mut self, events: u64) -> bool {
        let possible = (self.acknowledged..=self.sent).contains(&events);
        if possible {
            self.acknowledged = events;
        }
        possible
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_opens_with_acknowledgements() {
        let mut credit = Credit::new(Some(3));
        credit.send(3);
        assert_eq!(credit.left(), 0);
        assert!(!credit.acknowledge(4));
        assert!(credit.acknowledge(2));
        assert_eq!(credit.left(), 2);
        assert!(!credit.acknowledge(1));
        assert!(credit.acknowledge(2));
        let mut open = Credit::default();
        open.send(1_000_000);
        assert_eq!(open.left(), u64::MAX);
    }
}
