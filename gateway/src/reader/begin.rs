//! Where a reader began that asked for the first events there are. While it has read nothing of a
//! partition, nothing of it can be lost: if retention moves the log's beginning meanwhile, it
//! begins there.

use std::sync::Arc;

/// How often a reader may begin later than it did, beside once for each partition.
const TRIES: usize = 16;

/// Where each partition was begun.
pub(super) struct Begin {
    offsets: Arc<Vec<i64>>,
    tries: usize,
}

impl Begin {
    /// At these offsets, by partition index.
    pub(super) fn at(offsets: Arc<Vec<i64>>) -> Self {
        let tries = offsets.len().saturating_add(TRIES);
        Self { offsets, tries }
    }

    /// Where to begin instead, as the log begins at `start` now; `None`: at `offset` something was
    /// read before, or it has been tried too often.
    pub(super) fn later(&mut self, partition: i32, offset: i64, start: i64) -> Option<i64> {
        let index = usize::try_from(partition).ok()?;
        if self.offsets.get(index) != Some(&offset) {
            return None;
        }
        self.tries = self.tries.checked_sub(1)?;
        let start = start.max(offset);
        if start > offset {
            let place = Arc::make_mut(&mut self.offsets).get_mut(index)?;
            *place = start;
        }
        Some(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_read_nothing_begins_later() {
        let mut begin = Begin::at(Arc::new(vec![5, 7]));
        assert_eq!(begin.later(0, 5, 9), Some(9));
        assert_eq!(begin.later(0, 5, 12), None, "it is at another offset now");
        assert_eq!(begin.later(0, 9, 12), Some(12));
        assert_eq!(begin.later(1, 8, 12), None, "something was read");
        assert_eq!(begin.later(1, 7, 0), Some(7), "where it begins is not known yet");
        assert_eq!(begin.later(2, 0, 1), None);
    }

    #[test]
    fn it_is_not_tried_for_ever() {
        let mut begin = Begin::at(Arc::new(vec![5]));
        let tries = (0..100).filter(|_| begin.later(0, 5, 5).is_some()).count();
        assert_eq!(tries, TRIES + 1);
    }
}
