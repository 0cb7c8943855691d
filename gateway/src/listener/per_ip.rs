//! How many connections one address has open.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;

/// Counts connections by address.
pub struct PerIp {
    most: usize,
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// One connection's place; given back when dropped.
pub struct Place {
    address: IpAddr,
    counts: Arc<PerIp>,
}

impl PerIp {
    /// At most this many from one address.
    pub fn new(most: usize) -> Self {
        Self { most, open: Mutex::default() }
    }

    /// A place for one more connection, if there is one.
    pub fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut open = self.open.lock();
        let count = open.entry(address).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Place { address, counts: Arc::clone(self) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.counts.open.lock();
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_own_places() {
        let counts = Arc::new(PerIp::new(2));
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let held = [counts.take(one), counts.take(one)];
        assert!(held.iter().all(Option::is_some) && counts.take(one).is_none());
        assert!(counts.take(other).is_some());
        drop(held);
        assert!(counts.take(one).is_some());
        // Nothing is kept of those that have gone.
        assert!(counts.open.lock().is_empty());
    }
}
