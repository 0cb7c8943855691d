//! A frame as segments of a deflate stream (RFC 1951), each made once, by the first stream that
//! needs it. A segment holds whole events, ends at a byte and refers to nothing before it (a full
//! flush), so that it may follow anything in any stream.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::OnceLock;

use bytes::Bytes;
use crc32fast::Hasher;
use flate2::{Compress, Compression, FlushCompress};
use prometheus_client::metrics::counter::Counter;

use super::{EventEnd, Frame};

/// Bytes of events in a segment, before they are compressed; one event may be larger. Deflate looks
/// back no further, and a stream that is paced takes small pieces.
const SEGMENT_BYTES: usize = 32 * 1024;
/// How hard is tried: zlib's best makes 3 % less of it in twice the time.
const LEVEL: u32 = 3;
/// Room for the end of a segment, at least.
const ROOM_BYTES: usize = 64;

/// Bytes of a block that is not compressed.
const STORED_BYTES_MAX: usize = u16::MAX as usize;
/// A block without anything in it: what came before ends at a byte and is shown.
pub const FLUSH: [u8; 5] = [0, 0, 0, 0xff, 0xff];

/// The segments of a frame; none are cut before the first is asked for.
#[derive(Default)]
pub struct Segments(OnceLock<Box<[Slot]>>);

struct Slot {
    /// Where it ends in the frame: events, and bytes.
    events: usize,
    end: usize,
    made: OnceLock<Segment>,
}

/// Some events of a frame, compressed.
pub struct Segment {
    /// Whole blocks of a deflate stream.
    pub bytes: Bytes,
    /// Bytes of the events.
    pub length: usize,
    /// The CRC-32 of the events.
    pub sum: Hasher,
}

/// What of a frame is next.
pub enum Piece<'a> {
    /// A whole segment.
    Deflated(&'a Segment),
    /// Part of one, as it is.
    Plain(Bytes),
}

impl Segments {
    fn slots(&self, events: &[EventEnd]) -> &[Slot] {
        self.0.get_or_init(|| cut(events))
    }

    /// Bytes held.
    pub fn cost(&self) -> usize {
        let slots = self.0.get().map(AsRef::as_ref).unwrap_or_default();
        let made = slots.iter().filter_map(|slot| slot.made.get());
        size_of_val(slots) + made.map(|segment| segment.bytes.len()).sum::<usize>()
    }
}

impl Frame {
    /// Where the last whole segment ends that lies in these bytes, or ends there: events and bytes
    /// of the frame up to there.
    pub fn segment_end(&self, within: Range<usize>) -> Option<(usize, usize)> {
        let slots = self.segments.slots(&self.events);
        let after = slots.partition_point(|slot| slot.end <= within.end);
        let slot = slots.get(after.checked_sub(1)?)?;
        (slot.end > within.start).then_some((slot.events, slot.end))
    }

    /// Where the segment ends that these bytes begin in.
    pub fn next_segment_end(&self, start: usize) -> usize {
        let slots = self.segments.slots(&self.events);
        let index = slots.partition_point(|slot| slot.end <= start);
        slots.get(index).map_or(self.bytes.len(), |slot| slot.end)
    }

    /// These bytes, in segments where they are whole ones. What is compressed now is counted.
    pub fn pieces(&self, within: Range<usize>, made: &Counter) -> impl Iterator<Item = Piece<'_>> {
        let slots = self.segments.slots(&self.events);
        let first = slots.partition_point(|slot| slot.end <= within.start);
        let before = first.checked_sub(1).and_then(|before| slots.get(before));
        let mut begin = before.map_or(0, |slot| slot.end);
        slots.iter().skip(first).map_while(move |slot| {
            let whole = std::mem::replace(&mut begin, slot.end)..slot.end;
            if whole.start >= within.end {
                return None;
            }
            if whole.start >= within.start && whole.end <= within.end {
                let plain = self.bytes.get(whole).unwrap_or_default();
                return Some(Piece::Deflated(slot.made.get_or_init(|| {
                    made.inc();
                    Segment::new(plain)
                })));
            }
            let part = whole.start.max(within.start)..whole.end.min(within.end);
            Some(Piece::Plain(self.bytes.slice(part)))
        })
    }
}

/// Segments of whole events.
fn cut(events: &[EventEnd]) -> Box<[Slot]> {
    let mut slots = Vec::new();
    let mut start = 0;
    for (index, event) in events.iter().enumerate() {
        let end = event.end as usize;
        let next = events.get(index + 1).map(|next| next.end as usize);
        if next.is_none_or(|next| next - start > SEGMENT_BYTES) {
            slots.push(Slot { events: index + 1, end, made: OnceLock::new() });
            start = end;
        }
    }
    slots.into()
}

thread_local! {
    static COMPRESS: RefCell<Compress> =
        RefCell::new(Compress::new(Compression::new(LEVEL), false));
}

impl Segment {
    fn new(plain: &[u8]) -> Self {
        let bytes = COMPRESS.with_borrow_mut(|compress| deflate(compress, plain));
        let bytes = bytes.unwrap_or_else(|| {
            let mut out = Vec::new();
            stored(&mut out, plain);
            out
        });
        let mut sum = Hasher::new();
        sum.update(plain);
        Self { bytes: Bytes::from(bytes.into_boxed_slice()), length: plain.len(), sum }
    }
}

/// `None` cannot be: the library has no reason to fail.
fn deflate(compress: &mut Compress, plain: &[u8]) -> Option<Vec<u8>> {
    compress.reset();
    let mut out = Vec::with_capacity(plain.len() / 4 + ROOM_BYTES);
    loop {
        let taken = usize::try_from(compress.total_in()).ok()?;
        let rest = plain.get(taken..)?;
        out.reserve(rest.len() / 4 + ROOM_BYTES);
        compress.compress_vec(rest, &mut out, FlushCompress::Full).ok()?;
        let all = usize::try_from(compress.total_in()).ok()? == plain.len();
        // Room that is left says that nothing more was to be written.
        if all && out.len() < out.capacity() {
            return Some(out);
        }
    }
}

/// Appends bytes as blocks that are not compressed.
pub fn stored(out: &mut Vec<u8>, plain: &[u8]) {
    for block in plain.chunks(STORED_BYTES_MAX) {
        out.extend_from_slice(&stored_head(block.len()));
        out.extend_from_slice(block);
    }
}

/// Shared bytes as blocks that are not compressed.
pub fn stored_parts(plain: &Bytes) -> impl Iterator<Item = Bytes> {
    let starts = (0..plain.len()).step_by(STORED_BYTES_MAX);
    starts.flat_map(|start| {
        let block = plain.slice(start..plain.len().min(start + STORED_BYTES_MAX));
        [Bytes::copy_from_slice(&stored_head(block.len())), block]
    })
}

fn stored_head(length: usize) -> [u8; 5] {
    let length = u16::try_from(length).unwrap_or(u16::MAX);
    let ([a, b], [c, d]) = (length.to_le_bytes(), (!length).to_le_bytes());
    [0, a, b, c, d]
}

#[cfg(test)]
mod tests;
