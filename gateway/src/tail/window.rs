//! A plan's replay window as a virtual log start: for each topic-partition the first offset that
//! may be read. Looked up again every minute; never falling; the same for every door.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use tokio::sync::OnceCell;

use crate::upstream::{OffsetAt, UpstreamCluster, UpstreamError};

/// How often virtual log starts are looked up again.
pub const LOOK_UP_EVERY: Duration = Duration::from_secs(60);

/// The virtual log starts of one topic, by window.
#[derive(Default)]
pub struct Windows {
    by_window: Mutex<HashMap<Duration, Arc<Window>>>,
}

/// One window's virtual log starts, by partition index.
#[derive(Default)]
pub struct Window {
    first: OnceCell<()>,
    starts: Mutex<Arc<Vec<i64>>>,
}

impl Window {
    /// The first offset of each partition that may be read.
    pub fn starts(&self) -> Arc<Vec<i64>> {
        Arc::clone(&self.starts.lock())
    }

    async fn look_up(&self, place: &Place<'_>, window: Duration) -> Result<(), UpstreamError> {
        let since = SystemTime::now().checked_sub(window).unwrap_or(UNIX_EPOCH);
        let since = since.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let at = OffsetAt::Timestamp(i64::try_from(since).unwrap_or(i64::MAX));
        let mut found = place.cluster.offsets(place.topic, place.partitions, at).await?;
        let mut starts = self.starts.lock();
        for (found, before) in found.iter_mut().zip(starts.iter()) {
            *found = (*found).max(*before);
        }
        *starts = Arc::new(found);
        Ok(())
    }
}

/// Which topic-partitions are looked up, and where.
pub struct Place<'a> {
    /// The cluster.
    pub cluster: &'a UpstreamCluster,
    /// The topic.
    pub topic: &'a str,
    /// Partition indexes, from 0.
    pub partitions: &'a [i32],
}

impl Windows {
    /// A window's virtual log starts, looked up first if nobody has asked yet.
    ///
    /// # Errors
    /// The look-up's.
    pub async fn open(
        &self,
        place: &Place<'_>,
        window: Duration,
    ) -> Result<Arc<Window>, UpstreamError> {
        let entry = Arc::clone(self.by_window.lock().entry(window).or_default());
        entry.first.get_or_try_init(|| entry.look_up(place, window)).await?;
        Ok(entry)
    }

    /// Looks all windows up again that somebody still holds; forgets the others. A failed look-up
    /// leaves the window where it was: narrower than promised is never possible, wider for a while.
    pub async fn refresh(&self, place: &Place<'_>) {
        let held: Vec<_> = {
            let mut by_window = self.by_window.lock();
            by_window.retain(|_, entry| Arc::strong_count(entry) > 1);
            by_window.iter().map(|(window, entry)| (*window, Arc::clone(entry))).collect()
        };
        for (window, entry) in held {
            if let Err(error) = entry.look_up(place, window).await {
                tracing::warn!(topic = place.topic, %error, "replay window not looked up");
            }
        }
    }
}
