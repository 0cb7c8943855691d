//! The event stream grammar of the HTML standard (9.2.5 and 9.2.6), over bytes: line ends are LF,
//! CR or CRLF, wherever reads happen to cut. Stricter than a browser where the standard is lenient:
//! invalid UTF-8 and unknown fields are errors.

use std::collections::VecDeque;

use anyhow::Context;

/// Longer lines are an error of the server.
const LINE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A dispatched event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The event's type; `message` when none was given.
    pub kind: String,
    /// The data.
    pub data: String,
    /// The last event id when it was dispatched.
    pub last_event_id: String,
    /// How many ids the stream had given by then.
    pub ids: u64,
}

/// A parser with what it has seen.
#[derive(Debug, Default)]
pub struct Parser {
    /// The last id of everything that was fed, also of events that nobody has taken yet.
    pub last_event_id: String,
    /// The `retry` field's last value, in milliseconds.
    pub retry: Option<u64>,
    /// Comments seen, without the colon.
    pub comments: Vec<String>,
    /// Id blocks seen (an `id` field takes effect at the end of its block).
    pub ids: u64,
    /// Events of each chunk: the runs between two ids. The last entry is the open one.
    pub chunks: Vec<usize>,
    /// Bytes of the body so far.
    pub bytes: u64,
    /// Bytes of the longest chunk so far.
    pub chunk_bytes_max: u64,
    chunk_start: u64,
    events: VecDeque<Event>,
    line: Vec<u8>,
    started: bool,
    after_cr: bool,
    kind: String,
    data: Option<String>,
    id: Option<String>,
}

/// Comments kept; heartbeats of a long stream are only counted by `bytes`.
const COMMENTS_MAX: usize = 1024;

impl Parser {
    /// At the start of a stream.
    pub fn new() -> Parser {
        Parser { chunks: vec![0], ..Parser::default() }
    }

    /// The next event, if one is complete.
    pub fn pop(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The next event, which stays.
    pub fn peek(&self) -> Option<&Event> {
        self.events.front()
    }

    /// Whether the stream stands between two blocks.
    pub fn is_at_block_end(&self) -> bool {
        self.line.is_empty() && self.data.is_none() && self.id.is_none() && self.kind.is_empty()
    }

    /// Takes bytes as they came.
    pub fn feed(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        for &byte in bytes {
            self.bytes += 1;
            if std::mem::take(&mut self.after_cr) && byte == b'\n' {
                continue;
            }
            match byte {
                b'\n' | b'\r' => {
                    self.after_cr = byte == b'\r';
                    let line = std::mem::take(&mut self.line);
                    self.take_line(&line)?;
                }
                other => self.line.push(other),
            }
            anyhow::ensure!(self.line.len() <= LINE_BYTES_MAX, "a line without an end");
        }
        Ok(())
    }

    fn take_line(&mut self, line: &[u8]) -> anyhow::Result<()> {
        let mut line = std::str::from_utf8(line).context("the stream is not UTF-8")?;
        if !std::mem::replace(&mut self.started, true) {
            line = line.strip_prefix('\u{feff}').unwrap_or(line);
        }
        if line.is_empty() {
            self.dispatch();
            return Ok(());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" if self.comments.len() < COMMENTS_MAX => self.comments.push(value.to_owned()),
            "" => {}
            "event" => value.clone_into(&mut self.kind),
            "data" => match &mut self.data {
                None => self.data = Some(value.to_owned()),
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
            },
            "id" if value.contains('\0') => anyhow::bail!("an id with NUL"),
            "id" => self.id = Some(value.to_owned()),
            "retry" => self.retry = Some(value.parse().context("retry is not a number")?),
            other => anyhow::bail!("unknown field {other:?}"),
        }
        Ok(())
    }

    fn dispatch(&mut self) {
        if let Some(id) = self.id.take() {
            self.last_event_id = id;
            self.ids += 1;
            self.chunks.push(0);
            self.chunk_start = self.bytes;
        }
        self.chunk_bytes_max = self.chunk_bytes_max.max(self.bytes - self.chunk_start);
        let kind = std::mem::take(&mut self.kind);
        let Some(data) = self.data.take() else {
            return;
        };
        if let Some(count) = self.chunks.last_mut() {
            *count += 1;
        }
        let kind = if kind.is_empty() { "message".to_owned() } else { kind };
        let last_event_id = self.last_event_id.clone();
        self.events.push_back(Event { kind, data, last_event_id, ids: self.ids });
    }
}

#[cfg(test)]
mod tests;
