use proptest::prelude::*;

use super::*;

fn text(cursor: &Cursor) -> String {
    let mut out = Vec::new();
    cursor.write(&mut out);
    String::from_utf8(out).unwrap()
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        identity: u32,
        offsets in prop::collection::vec(0..i64::MAX, 0..50),
    ) {
        let cursor = Cursor::new(identity, offsets);
        prop_assert_eq!(Cursor::read(&text(&cursor), identity), Ok(cursor));
    }

    #[test]
    fn damage_is_seen(at in 0..20usize, flip in 1..64u8) {
        let cursor = Cursor::new(7, vec![1, 2, 3_000_000]);
        let mut damaged = text(&cursor).into_bytes();
        let at = at % damaged.len();
        damaged[at] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
            [(usize::from(damaged[at]) + usize::from(flip)) % 64];
        let damaged = String::from_utf8(damaged).unwrap();
        prop_assume!(damaged != text(&cursor));
        prop_assert!(Cursor::read(&damaged, 7).is_err());
    }

    #[test]
    fn anything_is_refused_without_a_panic(text in ".{0,200}") {
        prop_assert!(Cursor::read(&text, 1).is_err());
    }
}

#[test]
fn a_thousand_partitions_stay_within_eight_kib() {
    let offsets = (0..1000).map(|p| (1_i64 << 48) - 1 - p * 281_474_976).collect();
    let cursor = Cursor::new(u32::MAX, offsets);
    let text = text(&cursor);
    assert!(text.len() <= 8 * 1024, "{} bytes", text.len());
    assert_eq!(Cursor::read(&text, u32::MAX), Ok(cursor));
}

#[test]
fn another_endpoints_cursor_is_refused() {
    let here = identity("orders", "orders", &[1; 16]);
    let created_anew = identity("orders", "orders", &[2; 16]);
    let text = text(&Cursor::new(here, vec![5]));
    assert_eq!(Cursor::read(&text, created_anew), Err(CursorError::OtherTopic));
}

#[test]
fn offsets_never_move_back() {
    let mut cursor = Cursor::new(0, vec![5]);
    cursor.advance(0, 9);
    cursor.advance(0, 3);
    cursor.advance(7, 3);
    assert_eq!(cursor.offsets(), [9]);
}
