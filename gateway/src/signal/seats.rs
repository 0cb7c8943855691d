//! One connection for each ticket and endpoint: a newer one takes the place of the older, which
//! does not get it back. Each replica knows its own.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Waker;

use futures_util::task::AtomicWaker;
use parking_lot::Mutex;

/// A ticket and what is read by it.
type Key = (u128, String);

/// Who reads by which ticket.
#[derive(Default)]
pub struct Seats(Mutex<HashMap<Key, (u32, Arc<Place>)>>);

#[derive(Default)]
struct Place {
    lost: AtomicBool,
    waker: AtomicWaker,
}

/// A connection's place. Given back when it is dropped.
pub struct Seat {
    seats: Arc<Seats>,
    key: Key,
    connection: u32,
    place: Arc<Place>,
}

/// Another connection came after the one that this goes on from, and is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replaced;

impl Seats {
    /// Takes the place of whoever reads from this address by the same ticket, for a connection
    /// that goes on from another, or begins.
    ///
    /// # Errors
    /// [`Replaced`].
    pub fn take(
        self: &Arc<Self>,
        (ticket, address): (u128, &str),
        (connection, before): (u32, Option<u32>),
    ) -> Result<Seat, Replaced> {
        let key = (ticket, address.to_owned());
        let place = Arc::<Place>::default();
        let mut seats = self.0.lock();
        let known = seats.get(&key).map(|(connection, _)| *connection);
        if known.zip(before).is_some_and(|(known, before)| known != before) {
            return Err(Replaced);
        }
        let older = seats.insert(key.clone(), (connection, Arc::clone(&place)));
        drop(seats);
        if let Some((_, older)) = older {
            older.lost.store(true, Ordering::Release);
            older.waker.wake();
        }
        Ok(Seat { seats: Arc::clone(self), key, connection, place })
    }
}

impl Seat {
    /// Whether a newer connection has the place.
    pub fn is_lost(&self) -> bool {
        self.place.lost.load(Ordering::Acquire)
    }

    /// Wakes this task when it is lost.
    pub fn wake(&self, waker: &Waker) {
        self.place.waker.register(waker);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.seats.0.lock();
        if seats.get(&self.key).is_some_and(|(connection, _)| *connection == self.connection) {
            seats.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newer_connection_reads_and_the_older_does_not_come_back() {
        let seats = Arc::new(Seats::default());
        let first = seats.take((1, "a"), (1, None)).expect("nobody reads yet");
        let second = seats.take((1, "a"), (2, None)).expect("the newer one reads");
        assert!(first.is_lost() && !second.is_lost());
        drop(first);
        // The older page connects again, by its own cursor.
        assert!(seats.take((1, "a"), (3, Some(1))).is_err());
        assert!(!second.is_lost());
        // The newer one's connection broke, and the server has not noticed.
        let third = seats.take((1, "a"), (4, Some(2))).expect("it is the newest");
        assert!(second.is_lost());
        drop((second, third));
        assert!(seats.0.lock().is_empty());
        assert!(seats.take((1, "a"), (5, Some(1))).is_ok(), "nobody reads now");
    }

    #[test]
    fn other_endpoints_and_tickets_have_places_of_their_own() {
        let seats = Arc::new(Seats::default());
        let kept = seats.take((1, "a"), (1, None)).expect("nobody reads yet");
        let _others = [seats.take((1, "b"), (2, None)), seats.take((2, "a"), (3, None))];
        assert!(!kept.is_lost());
    }
}
