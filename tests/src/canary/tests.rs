use std::io::Write;

use base64::engine::general_purpose::STANDARD;

use super::*;

fn forms(bytes: &[u8]) -> Vec<&'static str> {
    let canary = Canary::of("sécret-\"0123456789");
    search(&[canary], bytes, "here").into_iter().map(|leak| leak.form).collect()
}

#[test]
fn every_form_is_found() {
    let value = "sécret-\"0123456789";
    assert_eq!(forms(format!("a {value} b").as_bytes()), ["plain"]);
    assert_eq!(forms(br#"{"a":"s\u00e9cret-\"0123456789"}"#), ["escaped"]);
    assert_eq!(forms(b"?q=s%C3%A9cret-%220123456789&"), ["escaped"]);
    assert_eq!(forms(hex(value.as_bytes()).to_uppercase().as_bytes()), ["hex"]);
    for before in ["", "x", "xy", "xyz"] {
        for after in ["", "1", "12", "123"] {
            let encoded = STANDARD.encode(format!("{before}{value}{after}"));
            assert_eq!(forms(encoded.as_bytes()), ["base64"], "{before}|{after}");
        }
    }
    let mut packed = flate2::write::GzEncoder::new(b"head".to_vec(), flate2::Compression::best());
    packed.write_all(value.as_bytes()).expect("in memory");
    assert_eq!(forms(&packed.finish().expect("in memory")), ["plain"]);
}

#[test]
fn what_is_not_there_is_not_found() {
    assert_eq!(forms("sécret-\"012345678 s\\u00e9cret %C3% \\u00".as_bytes()), [""; 0]);
}

#[test]
fn folders_are_searched() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("deep")).expect("a folder");
    std::fs::write(folder.path().join("deep/file"), "xx abc-123 yy").expect("a file");
    let leaks = search_files(&[Canary::of("abc-123")], folder.path()).expect("readable");
    assert_eq!(leaks.len(), 1);
    assert!(leaks[0].place.ends_with("deep/file"));
}
