//! The event that every server under test delivers: a JSON object of a fixed size that says which
//! one it is and when it was sent, so that the client can check order, gaps and latency. Written
//! and read here and nowhere else.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

/// What the masking policy of the benchmarks hides.
pub const CARD: &str = "4111111111111111";

/// Writes events one after the other.
pub struct EventText {
    bytes: usize,
    sequence: u64,
    text: Vec<u8>,
}

/// What an event says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventMark {
    /// Rises by one with every event.
    pub sequence: u64,
    /// When it was sent, nanoseconds since 1970.
    pub sent_ns: u64,
}

impl EventText {
    /// Events of this many bytes each (at least what the fields need, about 100).
    pub fn new(bytes: usize) -> Self {
        Self { bytes, sequence: 0, text: Vec::new() }
    }

    /// The next event, sent now.
    pub fn next(&mut self) -> &[u8] {
        self.sequence += 1;
        self.text.clear();
        let head =
            format!(r#"{{"seq":{},"sent":{},"card":"{CARD}","note":""#, self.sequence, now_ns());
        let _ = self.text.write_all(head.as_bytes());
        let end = br#""}"#;
        self.text.resize(self.bytes.saturating_sub(end.len()).max(self.text.len()), b'x');
        self.text.extend_from_slice(end);
        &self.text
    }
}

/// Nanoseconds since 1970.
pub fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Finds the event's marks in whatever a server has wrapped around it.
pub fn read_mark(event: &[u8]) -> Option<EventMark> {
    Some(EventMark {
        sequence: number_after(event, br#""seq":"#)?,
        sent_ns: number_after(event, br#""sent":"#)?,
    })
}

fn number_after(text: &[u8], name: &[u8]) -> Option<u64> {
    let at = memchr::memmem::find(text, name)? + name.len();
    let digits = text.get(at..)?.iter().take_while(|byte| byte.is_ascii_digit());
    digits
        .map(|digit| u64::from(digit - b'0'))
        .reduce(|number, digit| number.wrapping_mul(10).wrapping_add(digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_its_size_and_tells_its_marks() {
        let mut text = EventText::new(256);
        text.next();
        let event = text.next().to_vec();
        assert_eq!(event.len(), 256);
        serde_json::from_slice::<serde_json::Value>(&event).unwrap();
        let mark = read_mark(&[b"data: {\"value\":", event.as_slice(), b"}\n\n"].concat()).unwrap();
        assert_eq!(mark.sequence, 2);
        assert!(now_ns() - mark.sent_ns < 1_000_000_000);
        assert_eq!(read_mark(b"data: {}\n\n"), None);
    }
}
