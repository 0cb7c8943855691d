//! Frames of a WebSocket as servers send them: whole and not masked (RFC 6455, section 5.2).

/// A text.
const TEXT: u8 = 1;
/// To be answered by a pong.
pub const PING: u8 = 9;
/// The masked, empty answer to a ping.
pub const PONG: [u8; 6] = [0x8a, 0x80, 0, 0, 0, 0];
/// The lengths that say that two or eight bytes of length follow.
const TWO_BYTES: u8 = 126;
const EIGHT_BYTES: u8 = 127;

/// One frame.
pub struct Frame<'a> {
    /// What it is.
    pub opcode: u8,
    /// What is in it.
    pub payload: &'a [u8],
    /// Bytes of all of it.
    pub size: usize,
}

/// The frame that these bytes begin with; `None`: it is not whole.
pub fn read(bytes: &[u8]) -> Option<Frame<'_>> {
    let (first, length) = (*bytes.first()?, *bytes.get(1)?);
    let (length, from) = match length {
        TWO_BYTES => (u64::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)), 4),
        EIGHT_BYTES => (u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?), 10),
        short => (u64::from(short), 2),
    };
    let size = usize::try_from(length).ok()?.checked_add(from)?;
    Some(Frame { opcode: first & 0x0f, payload: bytes.get(from..size)?, size })
}

/// A text as a frame.
pub fn text(payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | TEXT];
    match u8::try_from(payload.len()).ok().filter(|length| *length < TWO_BYTES) {
        Some(length) => frame.push(length),
        None => {
            frame.push(TWO_BYTES);
            // Events are far smaller than 64 KiB.
            frame.extend(u16::try_from(payload.len()).unwrap_or(u16::MAX).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame
}
