use std::io::Read;

use super::*;

fn frame(sizes: &[usize]) -> Frame {
    let mut bytes = Vec::new();
    let mut events = Vec::new();
    for (offset, size) in (0..).zip(sizes) {
        let event = format!("data: {{\"n\":{offset},\"kind\":\"created\"}} ");
        let event = event.bytes().cycle().take(*size);
        bytes.extend(event);
        events.push(EventEnd { offset, end: u32::try_from(bytes.len()).unwrap() });
    }
    Frame::new(Bytes::from(bytes), events)
}

fn inflate(deflated: &[u8]) -> Vec<u8> {
    let last = [1, 0, 0, 0xff, 0xff];
    let whole = [deflated, &last].concat();
    let mut plain = Vec::new();
    flate2::read::DeflateDecoder::new(whole.as_slice()).read_to_end(&mut plain).unwrap();
    plain
}

/// The segments and parts of these bytes, which must be what they stand for.
fn pieces(frame: &Frame, range: Range<usize>, made: &Counter) -> Vec<(bool, usize)> {
    let (mut seen, mut deflated) = (Vec::new(), Vec::new());
    for piece in frame.pieces(range.clone(), made) {
        match piece {
            Piece::Deflated(segment) => {
                let plain = inflate(&segment.bytes);
                assert_eq!(segment.length, plain.len());
                assert_eq!(segment.sum.clone().finalize(), crc32fast::hash(&plain));
                assert!(segment.bytes.ends_with(&FLUSH[1..]));
                seen.push((true, segment.length));
                deflated.extend_from_slice(&segment.bytes);
            }
            Piece::Plain(bytes) => {
                seen.push((false, bytes.len()));
                for part in stored_parts(&bytes) {
                    deflated.extend_from_slice(&part);
                }
            }
        }
    }
    assert_eq!(inflate(&deflated), frame.bytes[range]);
    seen
}

#[test]
fn a_frame_is_cut_between_events_and_compressed_once() {
    const KIB: usize = 1024;
    let made = Counter::default();
    let sizes = [10 * KIB, 20 * KIB, 2 * KIB, 1, 100 * KIB, 5, 40 * KIB];
    let frame = frame(&sizes);
    let all = frame.bytes.len();
    let expected = [32 * KIB, 1, 100 * KIB, 5, 40 * KIB].map(|length| (true, length));
    for _ in 0..3 {
        assert_eq!(pieces(&frame, 0..all, &made), expected);
        assert_eq!(made.get(), 5);
    }
    let before = frame.cost();
    assert!((all..all * 2).contains(&before), "{before}");
    // Beginning and ending within segments.
    let from = 10 * KIB;
    let seen = pieces(&frame, from..all - 40 * KIB, &made);
    let expected = [(false, 22 * KIB), (true, 1), (true, 100 * KIB), (true, 5)];
    assert_eq!(seen, expected);
    assert_eq!(pieces(&frame, from..from + 20 * KIB, &made), [(false, 20 * KIB)]);
    let seen = pieces(&frame, 0..32 * KIB + 1 + 70 * KIB, &made);
    assert_eq!(seen, [(true, 32 * KIB), (true, 1), (false, 70 * KIB)]);
    assert_eq!(made.get(), 5);
}

#[test]
fn segments_cost_what_they_hold() {
    let made = Counter::default();
    let frame = frame(&[20_000; 20]);
    let bare = frame.cost();
    let mut held = 0;
    for piece in frame.pieces(0..frame.bytes.len(), &made) {
        if let Piece::Deflated(segment) = piece {
            held += segment.bytes.len();
        }
    }
    let slots = 20 * size_of::<Slot>();
    assert_eq!(frame.cost(), bare + held + slots);
    assert!(held < 400_000 / 10, "{held}");
}

#[test]
fn ends_of_segments_are_found() {
    let frame = frame(&[20_000, 10_000, 30_000, 5]);
    assert_eq!(frame.segment_end(0..29_999), None);
    assert_eq!(frame.segment_end(0..30_000), Some((2, 30_000)));
    assert_eq!(frame.segment_end(0..60_004), Some((2, 30_000)));
    assert_eq!(frame.segment_end(0..60_005), Some((4, 60_005)));
    assert_eq!(frame.segment_end(30_000..60_000), None);
    assert_eq!(frame.next_segment_end(0), 30_000);
    assert_eq!(frame.next_segment_end(29_999), 30_000);
    assert_eq!(frame.next_segment_end(30_000), 60_005);
}

#[test]
fn whatever_does_not_shrink_is_right_too() {
    let mut state = 1u32;
    let noise: Vec<u8> = (0..200_000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    for length in [0, 1, 5, 65_535, 65_536, 131_071, 200_000] {
        let segment = Segment::new(&noise[..length]);
        assert_eq!(inflate(&segment.bytes), &noise[..length]);
        assert!(segment.bytes.len() <= length + length / 100 + 16, "{}", segment.bytes.len());
        let mut blocks = Vec::new();
        stored(&mut blocks, &noise[..length]);
        assert_eq!(inflate(&blocks), &noise[..length]);
    }
}
