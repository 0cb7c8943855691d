//! Canaries: values that must never be seen. Whatever left the product is searched for them, in the
//! forms in which they could hide: base64 at every alignment, hex, URL and JSON escapes, gzip.

use std::io::Read;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use rand::RngExt;

/// Files larger than this are not unpacked again.
const UNPACKED_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// One canary: a random value with a readable name.
#[derive(Clone, Debug)]
pub struct Canary {
    /// What to put into the secret field.
    pub value: String,
}

/// Where a canary was found, and how it was spelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// The canary.
    pub canary: String,
    /// The form it was found in.
    pub form: &'static str,
    /// The file or the name given by the caller.
    pub place: String,
}

impl Canary {
    /// A fresh canary; `name` helps to see which field leaked.
    pub fn new(name: &str) -> Canary {
        let random: u128 = rand::rng().random();
        Canary { value: format!("{name}{random:032x}") }
    }

    /// A value that the test chose, such as a secret that it was given.
    pub fn of(value: &str) -> Canary {
        Canary { value: value.to_owned() }
    }
}

/// Searches bytes for the canaries in every form.
pub fn search(canaries: &[Canary], bytes: &[u8], place: &str) -> Vec<Leak> {
    let mut leaks = search_plain(canaries, bytes, place);
    for unpacked in gzip_members(bytes) {
        leaks.extend(search_plain(canaries, &unpacked, &format!("{place} (gzip)")));
    }
    leaks
}

/// Searches every file below `folder`.
pub fn search_files(canaries: &[Canary], folder: &Path) -> anyhow::Result<Vec<Leak>> {
    let mut leaks = Vec::new();
    for file in files(folder)? {
        leaks.extend(search(canaries, &std::fs::read(&file)?, &file.display().to_string()));
    }
    Ok(leaks)
}

/// Every file below a folder, in a fixed order.
pub fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn search_plain(canaries: &[Canary], bytes: &[u8], place: &str) -> Vec<Leak> {
    let unescaped = unescape(bytes);
    let mut leaks = Vec::new();
    for canary in canaries {
        let value = canary.value.as_bytes();
        let mut found = |form| {
            leaks.push(Leak { canary: canary.value.clone(), form, place: place.to_owned() });
        };
        if contains(bytes, value) {
            found("plain");
        } else if contains(&unescaped, value) {
            found("escaped");
        }
        if contains_folded(bytes, hex(value).as_bytes()) {
            found("hex");
        }
        if base64_forms(value).iter().any(|form| contains(bytes, form.as_bytes())) {
            found("base64");
        }
    }
    leaks
}

/// The base64 of `value` at each of the three alignments, without the characters that depend on
/// neighbours.
fn base64_forms(value: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    for lead in 0..3_usize {
        let mut padded = vec![0; lead];
        padded.extend_from_slice(value);
        let cut_tail = padded.len() % 3 != 0;
        for encoded in [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
            let start = [0, 2, 3][lead];
            let end = encoded.len() - usize::from(cut_tail);
            forms.push(encoded[start..end].to_owned());
        }
    }
    forms
}

/// Undoes `%41`, `\u0041` and `\"` once, everywhere.
fn unescape(bytes: &[u8]) -> Vec<u8> {
    let mut output = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        let (piece, used) = match (byte, tail.first()) {
            (b'%', _) => hex_number(tail.get(..2)).map_or((None, 0), |n| (char::from_u32(n), 2)),
            (b'\\', Some(b'u')) => {
                hex_number(tail.get(1..5)).map_or((None, 0), |n| (char::from_u32(n), 5))
            }
            (b'\\', Some(&next)) if b"\"\\/".contains(&next) => (Some(char::from(next)), 1),
            _ => (None, 0),
        };
        match piece {
            // A percent escape is a byte, not a character: bytes above 127 stay single.
            Some(char) if byte == b'%' => output.push(char as u8),
            Some(char) => output.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
            None => output.push(byte),
        }
        rest = tail.get(if piece.is_some() { used } else { 0 }..).unwrap_or_default();
    }
    output
}

fn hex_number(digits: Option<&[u8]>) -> Option<u32> {
    let text = std::str::from_utf8(digits?).ok()?;
    let all_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if all_hex { u32::from_str_radix(text, 16).ok() } else { None }
}

fn gzip_members(bytes: &[u8]) -> Vec<Vec<u8>> {
    const MAGIC: [u8; 3] = [0x1f, 0x8b, 0x08];
    let mut members = Vec::new();
    let starts = bytes.windows(3).enumerate().filter(|(_, window)| *window == MAGIC);
    for (start, _) in starts {
        let mut unpacked = Vec::new();
        let decoder = flate2::read::GzDecoder::new(&bytes[start..]);
        // What is broken or cut is searched as far as it goes.
        let _ = decoder.take(UNPACKED_BYTES_MAX).read_to_end(&mut unpacked);
        if !unpacked.is_empty() {
            members.push(unpacked);
        }
    }
    members
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    !needle.is_empty() && bytes.windows(needle.len()).any(|window| window == needle)
}

fn contains_folded(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
