//! An image as Server-Sent Events or WebSocket frames: made once per image and format, shared by
//! every subscriber.
//!
//! A payload can never end its event or begin another field: every line end inside it (CR, LF or
//! both) begins another `data:` line, and everything that is not known to be JSON stands inside a
//! JSON string. Event ids are not part of frames: they are each subscriber's own.

mod text;

use bytes::Bytes;
use policies::HeaderView;
use policies::payload::json;

use super::websocket::frame::{self, Opcode};
use crate::image::{EventEnd, Frame};

/// One record as an event shows it.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    /// Its offset.
    pub offset: i64,
    /// Milliseconds since the epoch; negative: none.
    pub timestamp: i64,
    /// Key; `None` is null.
    pub key: Option<&'a [u8]>,
    /// Value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// Headers in order.
    pub headers: &'a [HeaderView<'a>],
}

/// Whether values may be shown as the JSON they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// The endpoint's format is JSON: what is JSON is embedded as it is.
    Json,
    /// Text or bytes: never embedded, even where it looks like JSON, so that a reader of the
    /// stream finds the same type in every event.
    Opaque,
}

/// What stands around events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Fields of an event stream.
    Sse,
    /// A WebSocket frame each.
    WebSocket,
}

/// Builds a frame event by event.
pub struct FrameWriter {
    framing: Framing,
    bytes: Vec<u8>,
    /// One event, before its length is known.
    one: Vec<u8>,
    events: Vec<EventEnd>,
}

impl FrameWriter {
    /// Room for about this much.
    pub fn new(framing: Framing, bytes: usize, events: usize) -> Self {
        let (bytes, one) = (Vec::with_capacity(bytes), Vec::new());
        Self { framing, bytes, one, events: Vec::with_capacity(events) }
    }

    /// Adds a record as a JSON envelope.
    pub fn record(&mut self, partition: i32, record: Record<'_>, values: Values) {
        let offset = record.offset;
        match self.framing {
            Framing::Sse => {
                self.bytes.extend_from_slice(b"data: ");
                envelope(&mut self.bytes, partition, record, (values, text::lines));
                self.bytes.extend_from_slice(b"\n\n");
            }
            Framing::WebSocket => {
                self.one.clear();
                let whole = |out: &mut Vec<u8>, text: &[u8]| out.extend_from_slice(text);
                envelope(&mut self.one, partition, record, (values, whole));
                frame::whole(&mut self.bytes, Opcode::Text, &self.one);
            }
        }
        self.end(offset);
    }

    /// Adds a record's value alone. Among server-sent events: its lines, or as base64 if it is not
    /// text. In a WebSocket frame: its bytes; none for a tombstone.
    pub fn value(&mut self, record: Record<'_>) {
        match self.framing {
            Framing::Sse => self.value_lines(record),
            Framing::WebSocket => {
                let value = record.value.unwrap_or_default();
                frame::whole(&mut self.bytes, Opcode::Binary, value);
                self.end(record.offset);
            }
        }
    }

    fn value_lines(&mut self, record: Record<'_>) {
        let out = &mut self.bytes;
        match record.value {
            None => out.extend_from_slice(b"event: tombstone\ndata: null"),
            Some(value) if std::str::from_utf8(value).is_ok() => {
                out.extend_from_slice(b"data: ");
                text::lines(out, value);
            }
            Some(value) => {
                out.extend_from_slice(b"event: base64\ndata: ");
                text::base64(out, value);
            }
        }
        out.extend_from_slice(b"\n\n");
        self.end(record.offset);
    }

    /// The frame.
    pub fn finish(mut self) -> Frame {
        self.bytes.shrink_to_fit();
        self.events.shrink_to_fit();
        Frame::new(Bytes::from(self.bytes), self.events)
    }

    /// Closes the event that was written. A frame beyond 4 GiB cannot be: a batch has at most 64
    /// MiB, and no encoding makes more than six bytes of one and some hundred of a record.
    fn end(&mut self, offset: i64) {
        let end = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        self.events.push(EventEnd { offset, end });
    }
}

/// A record as a JSON object; `json` writes a text that is JSON.
fn envelope(
    out: &mut Vec<u8>,
    partition: i32,
    record: Record<'_>,
    (values, json): (Values, impl FnOnce(&mut Vec<u8>, &[u8])),
) {
    out.extend_from_slice(b"{\"partition\":");
    text::integer(out, i64::from(partition));
    out.extend_from_slice(b",\"offset\":");
    text::integer(out, record.offset);
    out.extend_from_slice(b",\"timestamp\":");
    text::timestamp(out, record.timestamp);
    key(out, record.key);
    headers(out, record.headers);
    match record.value {
        None => out.extend_from_slice(b",\"value\":null"),
        Some(value) if values == Values::Json && json::validate(value).is_ok() => {
            out.extend_from_slice(b",\"value\":");
            json(out, value);
        }
        Some(value) => opaque(out, value),
    }
    out.push(b'}');
}

fn key(out: &mut Vec<u8>, key: Option<&[u8]>) {
    match key.map(|key| std::str::from_utf8(key).map_err(|_| key)) {
        None => out.extend_from_slice(b",\"key\":null"),
        Some(Ok(key)) => {
            out.extend_from_slice(b",\"key\":");
            text::string(out, key);
        }
        Some(Err(key)) => {
            out.extend_from_slice(b",\"key\":\"");
            text::base64(out, key);
            out.extend_from_slice(b"\",\"keyEncoding\":\"base64\"");
        }
    }
}

fn headers(out: &mut Vec<u8>, headers: &[HeaderView<'_>]) {
    out.extend_from_slice(b",\"headers\":[");
    for (index, header) in headers.iter().enumerate() {
        out.extend_from_slice(if index == 0 { b"[" } else { b",[" });
        text_or_base64(out, header.name);
        out.push(b',');
        match header.value {
            None => out.extend_from_slice(b"null"),
            Some(value) => text_or_base64(out, value),
        }
        out.push(b']');
    }
    out.push(b']');
}

/// A JSON string, or `{"base64":"…"}` for what is not UTF-8.
fn text_or_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    match std::str::from_utf8(bytes) {
        Ok(string) => text::string(out, string),
        Err(_) => {
            out.extend_from_slice(b"{\"base64\":\"");
            text::base64(out, bytes);
            out.extend_from_slice(b"\"}");
        }
    }
}

fn opaque(out: &mut Vec<u8>, value: &[u8]) {
    match std::str::from_utf8(value) {
        Ok(value) => {
            out.extend_from_slice(b",\"valueEncoding\":\"text\",\"value\":");
            text::string(out, value);
        }
        Err(_) => {
            out.extend_from_slice(b",\"valueEncoding\":\"base64\",\"value\":\"");
            text::base64(out, value);
            out.push(b'"');
        }
    }
}

#[cfg(test)]
mod tests;
