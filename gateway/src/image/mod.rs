//! The image of a record batch under a chain: computed once, shared by every subscriber with the
//! same fingerprint, on every door. Decides nothing about who may see it.

mod compute;
mod counts;
mod fates;
mod segment;
mod slots;

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

pub use counts::{ImageCounts, Passed};
pub use segment::{FLUSH, Piece, Segment, Segments, stored, stored_parts};
pub use slots::ImageSlots;

use crate::wire::WireError;
use crate::wire::rebuild;
use crate::wire::record::{Headers, Records};
use crate::wire::record_batch::{BatchHeader, RecordBatch};
use fates::Fates;

/// How an image is encoded for HTTP doors; encoded once per image and shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// SSE, one JSON envelope per event.
    SseRecord = 0,
    /// SSE, one JSON envelope per event, the value never embedded: the endpoint is not JSON.
    SseRecordOpaque = 1,
    /// SSE, the value alone.
    SseValue = 2,
    /// WebSocket, one JSON envelope per text frame.
    WebSocketRecord = 3,
    /// WebSocket, one JSON envelope per text frame, the value never embedded.
    WebSocketRecordOpaque = 4,
    /// WebSocket, the value's bytes alone, in binary frames.
    WebSocketValue = 5,
}

/// How many encodings there are.
pub const ENCODINGS: usize = 6;

/// An image's bytes for one door, made once.
pub struct Frame {
    /// All events, one after the other.
    pub bytes: Bytes,
    /// Where each event ends in `bytes`, in offset order.
    pub events: Vec<EventEnd>,
    segments: Segments,
}

impl Frame {
    /// A frame of events that end there.
    pub fn new(bytes: Bytes, events: Vec<EventEnd>) -> Self {
        Self { bytes, events, segments: Segments::default() }
    }

    /// Bytes held.
    pub fn cost(&self) -> usize {
        self.bytes.len() + self.events.len() * size_of::<EventEnd>() + self.segments.cost()
    }
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
    /// What became of the batch's records.
    pub counts: ImageCounts,
    fates: Fates,
    last_kept: Option<i64>,
    /// Whether `records` is memory of this image rather than a slice of the batch.
    owns_records: bool,
    /// The batch itself, if not a byte of it was changed.
    untouched: Option<RecordBatch>,
    rebuilt: OnceLock<Result<RecordBatch, WireError>>,
    frames: [OnceLock<Arc<Frame>>; ENCODINGS],
}

/// A surviving record of an image.
pub struct ImageRecord<'a> {
    /// The record's offset.
    pub offset: i64,
    /// Milliseconds since the epoch: the record's own, or the batch's if it was set on append.
    pub timestamp: i64,
    /// Key; `None` is null.
    pub key: Option<&'a [u8]>,
    /// Value; `None` is null.
    pub value: Option<&'a [u8]>,
    /// Headers in order.
    pub headers: Headers<'a>,
}

impl Image {
    /// The image in one encoding, made by `encode` on first use.
    pub fn frame(&self, encoding: Encoding, encode: fn(&Image) -> Frame) -> &Arc<Frame> {
        let [record, opaque, value, ws_record, ws_opaque, ws_value] = &self.frames;
        let slot = match encoding {
            Encoding::SseRecord => record,
            Encoding::SseRecordOpaque => opaque,
            Encoding::SseValue => value,
            Encoding::WebSocketRecord => ws_record,
            Encoding::WebSocketRecordOpaque => ws_opaque,
            Encoding::WebSocketValue => ws_value,
        };
        slot.get_or_init(|| Arc::new(encode(self)))
    }

    /// The image as a record batch with the original codec, made on first use; the batch's own
    /// bytes if none was changed.
    ///
    /// # Errors
    /// The codec's, or a batch that would not fit its length field.
    pub fn record_batch(&self) -> Result<&RecordBatch, WireError> {
        if let Some(untouched) = &self.untouched {
            return Ok(untouched);
        }
        let rebuilt = self.rebuilt.get_or_init(|| {
            let codec = self.header.codec()?;
            rebuild::batch(&self.header, &self.records, self.record_count, codec)
        });
        rebuilt.as_ref().map_err(|error| *error)
    }

    /// The surviving records in offset order.
    pub fn records(&self) -> impl Iterator<Item = ImageRecord<'_>> {
        let count = usize::try_from(self.record_count).unwrap_or_default();
        let records = Records::new(&self.records, count, self.header.last_offset_delta);
        let header = &self.header;
        // The image was walked when it was computed; an error cannot come, and would end the walk.
        records.map_while(Result::ok).map(move |record| ImageRecord {
            offset: header.base_offset.saturating_add(i64::from(record.offset_delta)),
            timestamp: match header.is_log_append_time() {
                true => header.max_timestamp,
                false => header.base_timestamp.saturating_add(record.timestamp_delta),
            },
            key: record.key,
            value: record.value,
            headers: record.headers,
        })
    }

    /// Offset of the last surviving record; `None`: there is nothing to show.
    pub fn last_kept(&self) -> Option<i64> {
        self.last_kept
    }

    /// What became of the records from one offset to another, both included. Where offsets have
    /// wide gaps, and of a batch that is withheld whole, all is told where its end is among them.
    pub fn passed(&self, from: i64, to: i64) -> Passed {
        let (first, last) = (self.header.base_offset, self.header.last_offset());
        if from <= first && to >= last {
            return self.counts.passed(&self.header);
        }
        let distance = |offset: i64| usize::try_from(offset.saturating_sub(first)).ok();
        let Some(end) = distance(to.min(last)) else { return Passed::default() };
        match self.fates.passed(distance(from).unwrap_or(0), end) {
            Some(passed) => passed,
            None if to >= last => self.counts.passed(&self.header),
            None => Passed::default(),
        }
    }

    /// Bytes held beside the batch's own.
    pub fn cost(&self) -> usize {
        let records = if self.owns_records { self.records.len() } else { 0 };
        let rebuilt = self.rebuilt.get().and_then(|batch| batch.as_ref().ok());
        let frames = self.frames.iter().filter_map(OnceLock::get);
        let frames: usize = frames.map(|frame| frame.cost()).sum();
        size_of::<Self>()
            + self.fates.cost()
            + records
            + rebuilt.map_or(0, |batch| batch.bytes.len())
            + frames
    }
}
