//! A record batch as the tail and the cold cache keep it: its bytes, and its images.

use std::sync::Arc;

use bytes::Bytes;
use policies::Chain;

use crate::image::{Image, ImageSlots};
use crate::metrics::Metrics;
use crate::upstream::{BatchKind, FetchedBatch, Isolation};
use crate::wire::record_batch::RecordBatch;

/// A fetched batch with the images that were made of it.
pub struct TailBatch {
    fetched: FetchedBatch,
    images: ImageSlots,
}

impl TailBatch {
    /// Keeps a batch as it is: a slice of the answer it came in. Right where the answer holds
    /// little else, as on the cold path.
    pub fn sliced(fetched: FetchedBatch) -> Self {
        Self { fetched, images: ImageSlots::default() }
    }

    /// Keeps a copy of the batch, so that a small batch does not pin a large answer.
    pub fn copied(mut fetched: FetchedBatch) -> Self {
        fetched.batch.bytes = Bytes::copy_from_slice(&fetched.batch.bytes);
        Self::sliced(fetched)
    }

    /// Offset of the first record when the batch was written.
    pub fn base_offset(&self) -> i64 {
        self.fetched.batch.header.base_offset
    }

    /// Offset of the last record when the batch was written.
    pub fn last_offset(&self) -> i64 {
        self.fetched.batch.header.last_offset()
    }

    /// The batch's leader epoch.
    pub fn leader_epoch(&self) -> i32 {
        self.fetched.batch.header.leader_epoch
    }

    /// What it was to readers when it was fetched.
    pub fn kind(&self) -> BatchKind {
        self.fetched.kind
    }

    /// The producer's id; -1: none.
    pub fn producer_id(&self) -> i64 {
        self.fetched.batch.header.producer_id
    }

    /// Whether readers may see anything of it, as it was when it was fetched. Of what is undecided
    /// the tail knows more.
    pub fn is_shown(&self, isolation: Isolation) -> bool {
        match self.kind() {
            BatchKind::Data | BatchKind::Corrupt => true,
            BatchKind::Undecided | BatchKind::Aborted => isolation == Isolation::Uncommitted,
            BatchKind::Marker { .. } | BatchKind::Control => false,
        }
    }

    /// The batch under a chain: computed by the first who asks, shared by the others.
    pub fn image(&self, partition: i32, chain: &Chain, metrics: &Metrics) -> Arc<Image> {
        self.images.image(&self.fetched, partition, chain, metrics)
    }

    /// The batch as it came, if it holds records: its image under the empty chain, which Kafka
    /// clients get undecoded.
    pub fn untouched(&self) -> Option<&RecordBatch> {
        let FetchedBatch { batch, kind } = &self.fetched;
        // Compaction leaves batches without records behind.
        (kind.has_records() && batch.header.record_count > 0).then_some(batch)
    }

    /// Bytes held: the batch and its images.
    pub fn cost(&self) -> usize {
        self.raw_bytes() + self.images.cost()
    }

    /// Bytes of the batch alone.
    pub fn raw_bytes(&self) -> usize {
        self.fetched.batch.bytes.len() + size_of::<Self>()
    }

    /// Forgets the images; they are computed again if asked for.
    pub fn clear_images(&self) {
        self.images.clear();
    }
}
