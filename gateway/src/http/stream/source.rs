//! What a stream reads from: a reader; in tests, a script.

use std::task::{Context, Poll};

use crate::authz::Permit;
use crate::http::format::{FrameWriter, Framing, Record, Values};
use crate::http::query::TAG_BEGINS;
use crate::image::{Encoding, Frame, Image, Passed};
use crate::reader::{ReadError, Reader, Slice};

/// What is next for a stream: part of a frame. It lives no longer than the stream is looked at.
pub trait Part {
    /// The shared frame.
    fn frame(&self, encoding: Encoding) -> &Frame;

    /// Events before this offset were passed already.
    fn from(&self) -> i64;
}

/// What a stream reads from.
pub trait Source: Send + Unpin + 'static {
    /// What there is to show next.
    type Part: Part;

    /// The next frame with something to show. Asking again without having moved may give the same.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Self::Part, ReadError>>;

    /// Passes the events of a frame up to and including this offset.
    fn advance(&mut self, part: &Self::Part, offset: i64);

    /// Passes all of a frame.
    fn finish(&mut self, part: &Self::Part);

    /// What became of the records that were passed since this was last asked.
    fn take_passed(&mut self) -> Passed;

    /// Appends the cursor's text.
    fn write_cursor(&self, out: &mut Vec<u8>);

    /// What may be read.
    fn permit(&self) -> &Permit;

    /// Takes a renewed permit.
    ///
    /// # Errors
    /// When another source must be opened.
    fn renew(&mut self, permit: Permit) -> Result<(), ReadError>;
}

impl Part for Slice {
    fn frame(&self, encoding: Encoding) -> &Frame {
        self.image().frame(encoding, encoder(encoding))
    }

    fn from(&self) -> i64 {
        self.from
    }
}

impl Source for Reader {
    type Part = Slice;

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Slice, ReadError>> {
        Reader::poll_next(self, context)
    }

    fn advance(&mut self, part: &Slice, offset: i64) {
        Reader::advance(self, part, offset);
    }

    fn finish(&mut self, part: &Slice) {
        Reader::finish(self, part);
    }

    fn take_passed(&mut self) -> Passed {
        Reader::take_passed(self)
    }

    fn write_cursor(&self, out: &mut Vec<u8>) {
        self.cursor().write(out);
        if let Some(held) = &Reader::permit(self).principal().ticket {
            out.push(TAG_BEGINS as u8);
            out.extend_from_slice(held.tag.as_bytes());
        }
    }

    fn permit(&self) -> &Permit {
        Reader::permit(self)
    }

    fn renew(&mut self, permit: Permit) -> Result<(), ReadError> {
        Reader::renew(self, permit)
    }
}

fn encoder(encoding: Encoding) -> fn(&Image) -> Frame {
    match encoding {
        Encoding::SseRecord => |image| records(image, Framing::Sse, Values::Json),
        Encoding::SseRecordOpaque => |image| records(image, Framing::Sse, Values::Opaque),
        Encoding::SseValue => |image| values(image, Framing::Sse),
        Encoding::WebSocketRecord => |image| records(image, Framing::WebSocket, Values::Json),
        Encoding::WebSocketRecordOpaque => {
            |image| records(image, Framing::WebSocket, Values::Opaque)
        }
        Encoding::WebSocketValue => |image| values(image, Framing::WebSocket),
    }
}

/// Bytes of an envelope around a value, about.
const ENVELOPE_BYTES: usize = 128;

fn writer(image: &Image, framing: Framing) -> FrameWriter {
    let events = usize::try_from(image.record_count).unwrap_or(0);
    FrameWriter::new(framing, image.records.len() + events * ENVELOPE_BYTES, events)
}

fn records(image: &Image, framing: Framing, values: Values) -> Frame {
    let mut writer = writer(image, framing);
    for record in image.records() {
        let record = Record {
            offset: record.offset,
            timestamp: record.timestamp,
            key: record.key,
            value: record.value,
            headers: &record.headers,
        };
        writer.record(image.partition, record, values);
    }
    writer.finish()
}

fn values(image: &Image, framing: Framing) -> Frame {
    let mut writer = writer(image, framing);
    for record in image.records() {
        writer.value(Record {
            offset: record.offset,
            timestamp: record.timestamp,
            key: record.key,
            value: record.value,
            headers: &record.headers,
        });
    }
    writer.finish()
}
