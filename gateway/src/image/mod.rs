//! The image of a record batch under a chain: computed once, shared by every subscriber with the
//! same fingerprint, on every door. (Contract; bodies to be written.)

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use policies::Chain;

use crate::upstream::FetchedBatch;
use crate::wire::record_batch::BatchHeader;

/// How an image is encoded for HTTP doors; encoded once per image and shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// SSE, one JSON envelope per event.
    SseRecord = 0,
    /// SSE, the value alone.
    SseValue = 1,
}

/// How many encodings there are.
pub const ENCODINGS: usize = 2;

/// An image's bytes for one door, made once.
pub struct Frame {
    /// All events, one after the other.
    pub bytes: Bytes,
    /// Where each event ends in `bytes`, in offset order.
    pub events: Vec<EventEnd>,
}

/// One event of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventEnd {
    /// The record's offset.
    pub offset: i64,
    /// End of the event in the frame's bytes.
    pub end: u32,
}

/// A record batch under one chain: surviving records, redacted, uncompressed.
pub struct Image {
    /// The batch's header as it came.
    pub header: BatchHeader,
    /// The topic-partition's index.
    pub partition: i32,
    /// Surviving records in wire form (offset and timestamp deltas untouched), uncompressed.
    pub records: Bytes,
    /// Surviving records.
    pub record_count: u32,
    frames: [OnceLock<Arc<Frame>>; ENCODINGS],
}

impl Image {
    /// Computes the image. Control, aborted and corrupt batches have empty images; a batch that
    /// cannot be decompressed or walked is withheld whole and counted.
    pub fn compute(batch: &FetchedBatch, partition: i32, chain: &Chain) -> Image {
        let _ = chain;
        Image {
            header: batch.batch.header,
            partition,
            records: Bytes::new(),
            record_count: 0,
            frames: [const { OnceLock::new() }; ENCODINGS],
        }
    }

    /// The image in one encoding, made by `encode` on first use.
    pub fn frame(&self, encoding: Encoding, encode: fn(&Image) -> Frame) -> &Arc<Frame> {
        let index = encoding as usize;
        // The array has one slot per encoding, so the index is always inside.
        #[allow(clippy::indexing_slicing)]
        self.frames[index].get_or_init(|| Arc::new(encode(self)))
    }
}
#[derive(Default)]
pub struct ImageSlots {}
impl ImageSlots {
    pub fn image(
        &self,
        b: &FetchedBatch,
        p: i32,
        c: &Chain,
        _m: &crate::metrics::Metrics,
    ) -> Arc<Image> {
        Arc::new(Image::compute(b, p, c))
    }
    pub fn cost(&self) -> usize {
        0
    }
    pub fn clear(&self) {}
}
impl Image {
    pub fn last_kept(&self) -> Option<i64> {
        None
    }
}
