use tungstenite::protocol::frame::coding::CloseCode;

use super::*;

/// A client that has received these bytes; what was acknowledged.
fn heard(bytes: &[u8]) -> (Client, Vec<u64>) {
    let mut client = Client::default();
    let mut acknowledged = Vec::new();
    client.protocol.get_mut().input.extend_from_slice(bytes);
    client.listen(|ack| {
        acknowledged.push(ack);
        ack <= 10
    });
    (client, acknowledged)
}

/// A frame as a client writes it.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [1, 2, 3, 4];
    let mut out = vec![first];
    match u8::try_from(payload.len()) {
        Ok(short @ 0..=125) => out.push(0x80 | short),
        _ => {
            out.push(0x80 | 126);
            out.extend_from_slice(&u16::try_from(payload.len()).unwrap().to_be_bytes());
        }
    }
    out.extend_from_slice(&MASK);
    out.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    out
}

/// The code of the close frame that a client is told.
fn closed(bytes: &[u8]) -> u16 {
    let (mut client, _) = heard(bytes);
    assert_eq!(client.end(), Some(End::Closed), "{bytes:?}");
    let output = client.output();
    assert_eq!(output[0], 0x88, "{output:?}");
    assert_eq!(output.len(), 2 + usize::from(output[1]), "one frame, and nothing after it");
    u16::from_be_bytes([output[2], output[3]])
}

#[test]
fn acknowledgements_are_heard_whole_and_in_parts() {
    let whole = masked(0x81, b"{\"ack\": 7}");
    assert_eq!(heard(&whole).1, [7]);
    let parts = [masked(0x01, b"{\"ack\""), masked(0x89, b"hi"), masked(0x80, b": 3}")].concat();
    let (mut client, acknowledged) = heard(&parts);
    assert_eq!(acknowledged, [3]);
    // The ping in between was answered.
    assert_eq!(client.output(), [&[0x8a, 2], &b"hi"[..]].concat());
    assert_eq!(client.end(), None);
    // Byte by byte.
    let mut client = Client::default();
    let mut acknowledged = Vec::new();
    for byte in whole {
        client.protocol.get_mut().input.push(byte);
        client.listen(|ack| {
            acknowledged.push(ack);
            true
        });
    }
    assert_eq!(acknowledged, [7]);
}

#[test]
fn who_breaks_the_rules_is_told_which() {
    assert_eq!(closed(&[0x81, 2, b'h', b'i']), code::PROTOCOL); // not masked
    assert_eq!(closed(&masked(0xc1, b"hi")), code::PROTOCOL); // compressed
    assert_eq!(closed(&masked(0x83, b"hi")), code::PROTOCOL); // no such frame
    assert_eq!(closed(&masked(0x80, b"hi")), code::PROTOCOL); // goes on from nothing
    assert_eq!(closed(&masked(0x09, b"")), code::PROTOCOL); // a ping in parts
    assert_eq!(closed(&masked(0x81, &[0xff, 0xfe])), code::NOT_TEXT);
    assert_eq!(closed(&masked(0x82, b"hi")), code::UNSUPPORTED);
    assert_eq!(closed(&masked(0x81, &[b' '; 5000])), code::TOO_LARGE);
    assert_eq!(closed(&masked(0x81, b"hello")), code::POLICY);
    assert_eq!(closed(&masked(0x81, b"{\"ack\": 11}")), code::POLICY); // more than was sent
    assert_eq!(closed(&masked(0x81, b"{\"ack\": 1, \"x\": 2}")), code::POLICY);
}

#[test]
fn a_close_is_answered_with_the_same_code() {
    let normal = u16::from(CloseCode::Normal).to_be_bytes();
    assert_eq!(closed(&masked(0x88, &normal)), 1000);
    let (mut client, _) = heard(&masked(0x88, b""));
    assert_eq!(client.output(), [0x88, 0]);
    assert_eq!(client.end(), Some(End::Closed));
}

#[test]
fn nothing_that_comes_is_a_panic() {
    let mut seed = 1u32;
    for _ in 0..5000 {
        let bytes: Vec<u8> = (0..40)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 24) as u8
            })
            .collect();
        heard(&bytes);
    }
}
