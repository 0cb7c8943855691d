use proptest::prelude::*;

use super::scan::{decode, find};
use super::{DEPTH_MAX, validate};
use crate::Withheld;

/// The byte-wise reference of `find`.
fn find_plainly(src: &[u8], p: usize) -> usize {
    let stops = |&byte: &u8| byte == b'"' || byte == b'\\' || byte < 0x20;
    src.iter().skip(p).position(stops).map_or(src.len().max(p), |at| p + at)
}

#[test]
fn find_stops_at_each_byte_and_position_it_should() {
    for byte in 0..=255_u8 {
        for length in [1, 7, 8, 9, 15, 16, 23, 24, 25, 39, 40, 41, 57] {
            for at in 0..length {
                let mut text = vec![0xff; length];
                text[at] = byte;
                for start in [0, 1, 5] {
                    assert_eq!(find(&text, start), find_plainly(&text, start), "{byte} {at}");
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn find_agrees_with_the_byte_loop(text: Vec<u8>, start in 0..80_usize) {
        prop_assert_eq!(find(&text, start), find_plainly(&text, start));
    }

    #[test]
    fn decoding_agrees_with_serde_json(text: String) {
        let spelled = serde_json::to_vec(&text).unwrap();
        let mut decoded = Vec::new();
        decode(&spelled[1..spelled.len() - 1], &mut decoded);
        prop_assert_eq!(decoded, text.into_bytes());
    }

    #[test]
    fn what_serde_json_writes_is_valid(text: String, number: f64) {
        let text = serde_json::to_vec(&serde_json::json!({ text: [number] })).unwrap();
        prop_assert_eq!(validate(&text), Ok(()));
    }
}

#[test]
fn depth_is_bounded_where_it_says() {
    let nested = |depth: u32| {
        let depth = usize::try_from(depth).unwrap();
        [b"[".repeat(depth), b"]".repeat(depth)].concat()
    };
    assert_eq!(validate(&nested(DEPTH_MAX)), Ok(()));
    assert_eq!(validate(&nested(DEPTH_MAX + 1)), Err(Withheld::TooDeep));
    assert_eq!(validate(&b"{\"a\":".repeat(1 << 20)), Err(Withheld::TooDeep));
}
