use proptest::prelude::*;

use super::{KeyedHash, Mask, Spelling};

/// The text as JSON spells it, without its quotes.
fn json(text: &str) -> Vec<u8> {
    let spelled = serde_json::to_vec(text).unwrap();
    spelled[1..spelled.len() - 1].to_vec()
}

fn text(json: &[u8]) -> String {
    serde_json::from_slice(&[b"\"", json, b"\""].concat()).unwrap()
}

proptest! {
    #[test]
    fn spellings_agree(original: String, count in 0..12_usize) {
        let (plain, json) = (original.as_bytes(), json(&original));
        let characters = original.chars().count();
        prop_assert_eq!(Spelling::Plain.count(plain), characters);
        prop_assert_eq!(Spelling::Json.count(&json), characters);
        let expected: String = original.chars().take(count).collect();
        let prefix = Spelling::Plain.prefix(plain, count);
        prop_assert_eq!(&plain[..prefix], expected.as_bytes());
        prop_assert_eq!(text(&json[..Spelling::Json.prefix(&json, count)]), expected);
    }

    #[test]
    fn a_mask_never_shows_more_than_it_keeps(
        original in "[a-z\"\\\\\n\u{e9}\u{1f600}]{0,12}", first in 0..5_usize, last in 0..5_usize
    ) {
        let mask = Mask::new(first, last, '#');
        let (mut plain, mut spelled) = (Vec::new(), Vec::new());
        mask.write(original.as_bytes(), Spelling::Plain, &mut plain);
        mask.write(&json(&original), Spelling::Json, &mut spelled);
        let plain = String::from_utf8(plain).unwrap();
        prop_assert_eq!(&text(&spelled), &plain);
        let count = original.chars().count();
        prop_assert_eq!(plain.chars().count(), count);
        let shown = plain.chars().filter(|&c| c != '#').count();
        prop_assert_eq!(shown, if first + last < count { first + last } else { 0 });
    }
}

#[test]
fn a_hash_is_rfc_4231s() {
    // RFC 4231, test case 2: key "Jefe", data "what do ya want for nothing?".
    let hash = KeyedHash::new(b"Jefe", 43).unwrap();
    let mut out = Vec::new();
    hash.write(b"what do ya want ", b"for nothing?", &mut out);
    let hex = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    let bytes: Vec<u8> =
        (0..64).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect();
    use base64::Engine as _;
    let of_bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    assert_eq!(out, of_bytes.as_bytes());
}

#[test]
fn every_pair_of_surrogates_is_one_character() {
    for high in 0xd800..=0xdbff {
        for spelled in [format!("\\u{high:04X}\\uDC00x"), format!("\\u{high:04x}\\udfffx")] {
            assert_eq!(Spelling::Json.count(spelled.as_bytes()), 2, "{spelled}");
            assert_eq!(Spelling::Json.prefix(spelled.as_bytes(), 1), 12, "{spelled}");
        }
    }
    assert_eq!(Spelling::Json.count(b"\\ud7ff\\uE000\\\\u"), 4);
}
