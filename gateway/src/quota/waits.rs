//! How long a reader was made to wait by its subscription's limits: each moment counts once,
//! whether it was held or told to wait.

use tokio::time::Instant;

/// The most of one wait that is counted: a process that slept, or a connection that nobody looks
/// after, does not count for days. In microseconds, of which a `u32` holds more than an hour.
const WAIT_COUNTED_MICROS_MAX: u32 = 5 * 60 * 1_000_000;

const MICROS_PER_MILLI: u32 = 1_000;

/// What a reader waited. Each idle stream has one: it is small.
#[derive(Default)]
pub(super) struct Waits {
    waiting: bool,
    /// Microseconds that may still be counted of the wait that goes on.
    left: u32,
    /// Up to here it is counted; later than now if it was told to wait until then.
    counted_to: Option<Instant>,
    /// Microseconds that are counted, and not taken yet.
    counted: u32,
}

impl Waits {
    /// It waits: from now on, or still.
    pub(super) fn go_on(&mut self) {
        let now = Instant::now();
        if self.waiting {
            self.count(now);
        } else {
            self.waiting = true;
            self.left = WAIT_COUNTED_MICROS_MAX;
            self.counted_to = self.counted_to.max(Some(now));
        }
    }

    /// It does not wait, or not any more.
    pub(super) fn end(&mut self) {
        if self.waiting {
            self.count(Instant::now());
            self.waiting = false;
        }
    }

    /// It is told to come again at this moment, and will wait until then by itself.
    pub(super) fn told(&mut self, until: Instant) {
        self.go_on();
        self.count(until);
        self.waiting = false;
    }

    /// Whole milliseconds since this was last asked; what is left of one is told later.
    pub(super) fn take_millis(&mut self) -> u64 {
        let millis = self.counted / MICROS_PER_MILLI;
        self.counted %= MICROS_PER_MILLI;
        u64::from(millis)
    }

    fn count(&mut self, to: Instant) {
        let Some(from) = self.counted_to else { return };
        let passed = to.saturating_duration_since(from).as_micros();
        let passed = u32::try_from(passed).unwrap_or(u32::MAX).min(self.left);
        self.left -= passed;
        self.counted = self.counted.saturating_add(passed);
        self.counted_to = Some(from.max(to));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{advance, sleep};

    use super::*;

    const MILLI: Duration = Duration::from_millis(1);
    const MOST: Duration = Duration::from_micros(WAIT_COUNTED_MICROS_MAX as u64);

    #[tokio::test(start_paused = true)]
    async fn a_wait_is_counted_as_it_goes_and_once() {
        let mut waits = Waits::default();
        waits.end();
        sleep(70 * MILLI).await;
        waits.go_on();
        assert_eq!(waits.take_millis(), 0);
        sleep(30 * MILLI).await;
        waits.go_on();
        assert_eq!(waits.take_millis(), 30);
        sleep(12 * MILLI).await;
        waits.end();
        sleep(50 * MILLI).await;
        waits.end();
        assert_eq!((waits.take_millis(), waits.take_millis()), (12, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_before_the_time_that_was_told_waits_no_longer_for_it() {
        let mut waits = Waits::default();
        waits.go_on();
        sleep(5 * MILLI).await;
        // Twice the same: for two partitions of a topic.
        waits.told(Instant::now() + 200 * MILLI);
        waits.told(Instant::now() + 200 * MILLI);
        assert_eq!(waits.take_millis(), 205);
        sleep(50 * MILLI).await;
        waits.go_on();
        sleep(100 * MILLI).await;
        waits.go_on();
        assert_eq!(waits.take_millis(), 0);
        // It is held 30 ms longer than it was told.
        sleep(80 * MILLI).await;
        waits.end();
        assert_eq!(waits.take_millis(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn parts_of_milliseconds_are_not_lost_and_one_wait_is_bounded() {
        let mut waits = Waits::default();
        for _ in 0..10 {
            waits.go_on();
            advance(Duration::from_micros(700)).await;
            waits.end();
        }
        assert_eq!(waits.take_millis(), 7);
        waits.go_on();
        sleep(2 * MOST).await;
        waits.go_on();
        sleep(MOST).await;
        waits.end();
        assert_eq!(u128::from(waits.take_millis()), MOST.as_millis());
        // The next is another one.
        waits.go_on();
        sleep(MILLI).await;
        waits.end();
        assert_eq!(waits.take_millis(), 1);
    }
}
