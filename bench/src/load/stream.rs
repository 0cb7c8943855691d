//! One subscriber's bytes: a response head, then events. Understands just enough of HTTP, SSE and
//! WebSocket to count: a block (which ends with an empty line) or a frame with a mark is an event.
//! Chunk sizes of a chunked body fall between blocks and are harmless.

use crate::event::{now_ns, read_mark};

use super::Latency;
use super::frame::{self, Frame};

/// A head or an event larger than this means that the server is not talking SSE.
const CARRY_BYTES_MAX: usize = 1024 * 1024;

/// How the answer begins to whom events come in frames.
const SWITCHING: &[u8] = b"HTTP/1.1 101";
/// How an answer begins that is no refusal.
const ACCEPTED: [&[u8]; 2] = [b"HTTP/1.1 200", SWITCHING];

/// What one subscriber has seen.
#[derive(Default)]
pub(super) struct Stream {
    answered: bool,
    /// Whether frames follow the head.
    websocket: bool,
    pinged: bool,
    carry: Vec<u8>,
    last: Option<u64>,
}

/// What one turn of the loop has seen, over all streams.
pub(super) struct Tally<'a> {
    pub(super) events: u64,
    pub(super) reads: u64,
    pub(super) bytes: u64,
    pub(super) missing: u64,
    pub(super) repeated: u64,
    pub(super) ready: u64,
    pub(super) lost: u64,
    latency: Option<&'a mut Latency>,
}

impl<'a> Tally<'a> {
    pub(super) fn new(latency: Option<&'a mut Latency>) -> Self {
        Self { events: 0, reads: 0, bytes: 0, missing: 0, repeated: 0, ready: 0, lost: 0, latency }
    }
}

impl Stream {
    /// Takes what was read. `false`: refused, or not SSE.
    pub(super) fn feed(&mut self, bytes: &[u8], tally: &mut Tally<'_>) -> bool {
        tally.bytes += bytes.len() as u64;
        if self.carry.is_empty() {
            let used = self.take(bytes, tally);
            self.carry.extend_from_slice(bytes.get(used..).unwrap_or_default());
        } else {
            self.carry.extend_from_slice(bytes);
            let mut carry = std::mem::take(&mut self.carry);
            let used = self.take(&carry, tally);
            carry.drain(..used);
            self.carry = carry;
        }
        if self.carry.is_empty() {
            self.carry = Vec::new();
        }
        self.carry.len() <= CARRY_BYTES_MAX && !self.is_refused()
    }

    /// Whether a ping came that was not answered.
    pub(super) fn take_ping(&mut self) -> bool {
        std::mem::take(&mut self.pinged)
    }

    fn is_refused(&self) -> bool {
        let accepted = |status: &&[u8]| self.carry.starts_with(status);
        !self.answered && self.carry.len() >= 12 && !ACCEPTED.iter().any(accepted)
    }

    /// Takes whole blocks and returns how many bytes they had.
    fn take(&mut self, bytes: &[u8], tally: &mut Tally<'_>) -> usize {
        let mut used = 0;
        if !self.answered {
            let Some(end) = end_of(bytes, b"\r\n\r\n") else {
                return 0;
            };
            let Some(status) = ACCEPTED.iter().find(|status| bytes.starts_with(status)) else {
                return 0;
            };
            self.websocket = *status == SWITCHING;
            self.answered = true;
            tally.ready += 1;
            used = end;
        }
        while let Some(rest) = bytes.get(used..) {
            let end = if self.websocket { self.frame(rest, tally) } else { self.sse(rest, tally) };
            let Some(end) = end else { break };
            used += end;
        }
        used
    }

    fn sse(&mut self, bytes: &[u8], tally: &mut Tally<'_>) -> Option<usize> {
        let end = end_of(bytes, b"\n\n")?;
        self.block(bytes.get(..end).unwrap_or_default(), tally);
        Some(end)
    }

    fn frame(&mut self, bytes: &[u8], tally: &mut Tally<'_>) -> Option<usize> {
        let Frame { opcode, payload, size } = frame::read(bytes)?;
        match opcode {
            frame::PING => self.pinged = true,
            _ => self.block(payload, tally),
        }
        Some(size)
    }

    fn block(&mut self, block: &[u8], tally: &mut Tally<'_>) {
        let Some(mark) = read_mark(block) else { return };
        tally.events += 1;
        match self.last.map(|last| mark.sequence as i64 - last as i64) {
            Some(step) if step <= 0 => tally.repeated += 1,
            Some(step) => tally.missing += step as u64 - 1,
            None => {}
        }
        self.last = Some(mark.sequence);
        if let Some(latency) = &mut tally.latency {
            latency.record(now_ns().saturating_sub(mark.sent_ns));
        }
    }
}

fn end_of(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, mark).map(|at| at + mark.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[&str]) -> (Stream, [u64; 4], bool) {
        let (mut stream, mut tally, mut going) = (Stream::default(), Tally::new(None), true);
        for piece in pieces {
            going &= stream.feed(piece.as_bytes(), &mut tally);
        }
        (stream, [tally.ready, tally.events, tally.missing, tally.repeated], going)
    }

    #[test]
    fn events_are_counted_in_any_cut() {
        let text = "HTTP/1.1 200 OK\r\nserver: x\r\n\r\n1f\r\nid: a\n\n\r\n2a\r\n: beat\n\n\
                    data: {\"seq\":1,\"sent\":1}\n\ndata: {\"seq\":2,\"sent\":1}\n\n\r\n\
                    data: {\"seq\":5,\"sent\":1}\n\ndata: {\"seq\":5,\"sent\":1}\n\n";
        for cut in 1..text.len() {
            let (left, right) = text.split_at(cut);
            let (stream, seen, going) = read(&[left, right]);
            assert!(going);
            assert_eq!(seen, [1, 4, 2, 1], "cut at {cut}");
            assert!(stream.carry.is_empty());
        }
    }

    #[test]
    fn frames_are_counted_in_any_cut() {
        let event = |number: usize| {
            let text = format!("{{\"seq\":{number},\"sent\":1,\"note\":\"{}\"}}", "x".repeat(200));
            frame::text(text.as_bytes())
        };
        let head = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n".to_vec();
        let bytes = [head, event(1), vec![0x89, 0], event(2), event(4)].concat();
        for cut in 1..bytes.len() {
            let (mut stream, mut tally) = (Stream::default(), Tally::new(None));
            let (left, right) = bytes.split_at(cut);
            assert!(stream.feed(left, &mut tally) && stream.feed(right, &mut tally));
            let seen = [tally.ready, tally.events, tally.missing, tally.repeated];
            assert_eq!(seen, [1, 3, 1, 0], "cut at {cut}");
            assert!(stream.take_ping() && !stream.take_ping());
        }
    }

    #[test]
    fn a_refusal_is_seen() {
        assert!(!read(&["HTTP/1.1 401 Unauthorized\r\n\r\n"]).2);
        assert!(read(&["HTTP/1.1"]).2);
    }
}
