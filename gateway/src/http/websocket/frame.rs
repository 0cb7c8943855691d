//! Frames as a server writes them (RFC 6455 section 5.2): unmasked, whole, so that the bytes of an
//! image's events are the same for every subscriber.

/// Kinds of frames that a server begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// UTF-8.
    Text = 1,
    /// Any bytes.
    Binary = 2,
    /// The last one.
    Close = 8,
    /// To be answered.
    Ping = 9,
}

/// Bytes of a reason that fit into a close frame.
const REASON_BYTES_MAX: usize = 123;

/// Appends the head of a frame.
pub fn head(out: &mut Vec<u8>, opcode: Opcode, length: usize) {
    const FIN: u8 = 0x80;
    out.push(FIN | opcode as u8);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ 0..=125), _) => out.push(short),
        (_, Ok(medium)) => {
            out.push(126);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            out.push(127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

/// Appends a whole frame.
pub fn whole(out: &mut Vec<u8>, opcode: Opcode, payload: &[u8]) {
    head(out, opcode, payload.len());
    out.extend_from_slice(payload);
}

/// Appends the last frame: a code and a reason for people, cut at a character if it is too long.
pub fn close(out: &mut Vec<u8>, code: u16, reason: &str) {
    let mut end = reason.len().min(REASON_BYTES_MAX);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    let reason = reason.get(..end).unwrap_or_default();
    head(out, Opcode::Close, 2 + reason.len());
    out.extend_from_slice(&code.to_be_bytes());
    out.extend_from_slice(reason.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_in_the_shortest_form() {
        let of = |length| {
            let mut out = Vec::new();
            head(&mut out, Opcode::Text, length);
            out
        };
        assert_eq!(of(0), [0x81, 0]);
        assert_eq!(of(125), [0x81, 125]);
        assert_eq!(of(126), [0x81, 126, 0, 126]);
        assert_eq!(of(65_535), [0x81, 126, 255, 255]);
        assert_eq!(of(65_536), [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn a_reason_is_cut_at_a_character() {
        let mut out = Vec::new();
        close(&mut out, 1008, &"é".repeat(100));
        assert_eq!(&out[..4], [0x88, 124, 3, 240]);
        assert_eq!(std::str::from_utf8(&out[4..]), Ok(&*"é".repeat(61)));
    }
}
