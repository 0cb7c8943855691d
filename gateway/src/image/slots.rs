//! The images of one batch, by chain fingerprint: the first who asks computes, the others wait for
//! it or find it there.

use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use policies::{Chain, Fingerprint};
use smallvec::SmallVec;

use super::Image;
use crate::metrics::Metrics;
use crate::upstream::FetchedBatch;

/// Images kept of one batch. Chains beyond it are computed for each who asks: many variants of one
/// topic must not multiply its memory without bound.
const IMAGES_PER_BATCH_MAX: usize = 16;

type Slot = Arc<OnceLock<Arc<Image>>>;

/// The images of one batch.
#[derive(Default)]
pub struct ImageSlots {
    slots: Mutex<SmallVec<[(Fingerprint, Slot); 2]>>,
}

impl ImageSlots {
    /// The batch under a chain. Blocks while another thread computes the same image.
    pub fn image(
        &self,
        batch: &FetchedBatch,
        partition: i32,
        chain: &Chain,
        metrics: &Metrics,
    ) -> Arc<Image> {
        let compute = || {
            let image = Image::compute(batch, partition, chain);
            metrics.images_computed.inc();
            image.counts.report(metrics);
            Arc::new(image)
        };
        let Some(slot) = self.slot(chain.fingerprint()) else {
            return compute();
        };
        if let Some(image) = slot.get() {
            metrics.images_shared.inc();
            return Arc::clone(image);
        }
        Arc::clone(slot.get_or_init(compute))
    }

    fn slot(&self, fingerprint: Fingerprint) -> Option<Slot> {
        let mut slots = self.slots.lock();
        if let Some((_, slot)) = slots.iter().find(|(known, _)| *known == fingerprint) {
            return Some(Arc::clone(slot));
        }
        if slots.len() >= IMAGES_PER_BATCH_MAX {
            return None;
        }
        let slot = Slot::default();
        slots.push((fingerprint, Arc::clone(&slot)));
        Some(slot)
    }

    /// Bytes that the images hold beside the batch.
    pub fn cost(&self) -> usize {
        let slots = self.slots.lock();
        slots.iter().filter_map(|(_, slot)| slot.get()).map(|image| image.cost()).sum()
    }

    /// Forgets the images; they are computed again if asked for.
    pub fn clear(&self) {
        self.slots.lock().clear();
    }
}

#[cfg(test)]
mod tests;
