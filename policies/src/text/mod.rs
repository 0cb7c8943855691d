//! What rules do to text, as spelled in a header or key, or inside a JSON string. A character that
//! JSON spells with an escape is one character, and what is kept stays as it was spelled.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

#[cfg(test)]
mod tests;

/// Length of an HMAC-SHA-256 in base64url without padding.
pub(crate) const HASH_CHARS: usize = 43;

/// How text is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// As itself (UTF-8).
    Plain,
    /// As the inside of a JSON string, already validated.
    Json,
}

impl Spelling {
    /// Bytes that spell the first character of `rest`.
    #[inline(always)]
    fn width(self, rest: &[u8]) -> usize {
        let Some(&first) = rest.first() else { return 1 };
        match first {
            b'\\' if self == Spelling::Json => escape_width(rest),
            ..0x80 => 1,
            0x80..0xe0 => 2,
            0xe0..0xf0 => 3,
            _ => 4,
        }
    }

    /// Whether every byte of `text` spells a character of its own. One pass without a branch:
    /// most texts are short.
    #[inline(always)]
    fn is_bytewise(self, text: &[u8]) -> bool {
        let escape = if self == Spelling::Json { b'\\' } else { 0x80 };
        text.iter().fold(0, |found, &byte| found | (byte & 0x80) | u8::from(byte == escape)) == 0
    }

    /// How many characters `text` has.
    pub(crate) fn count(self, text: &[u8]) -> usize {
        if self.is_bytewise(text) {
            return text.len();
        }
        let (mut p, mut count) = (0, 0);
        while p < text.len() {
            p += self.width(text.get(p..).unwrap_or_default());
            count += 1;
        }
        count
    }

    /// Bytes that spell the first `count` characters of `text`, or all of it.
    pub(crate) fn prefix(self, text: &[u8], count: usize) -> usize {
        if count == 0 {
            return 0;
        }
        if self.is_bytewise(text) {
            return text.len().min(count);
        }
        let mut p = 0;
        for _ in 0..count {
            if p >= text.len() {
                break;
            }
            p += self.width(text.get(p..).unwrap_or_default());
        }
        p.min(text.len())
    }
}

/// Bytes of the escape at the start of `rest`: two of them spell one character if a surrogate.
fn escape_width(rest: &[u8]) -> usize {
    match rest {
        [_, b'u', b'd' | b'D', b'8' | b'9' | b'a' | b'b' | b'A' | b'B', ..] => 12,
        [_, b'u', ..] => 6,
        _ => 2,
    }
}

/// Keeps the first and last characters and writes one in place of each between.
#[derive(Clone, Debug)]
pub(crate) struct Mask {
    pub(crate) keep_first: usize,
    pub(crate) keep_last: usize,
    /// The mask character, plain and as JSON spells it.
    plain: Box<[u8]>,
    json: Box<[u8]>,
}

impl Mask {
    pub(crate) fn new(keep_first: usize, keep_last: usize, with: char) -> Self {
        let plain: Box<[u8]> = with.to_string().into_bytes().into();
        let json = match with {
            '"' | '\\' => [b"\\", &*plain].concat().into(),
            _ => plain.clone(),
        };
        Self { keep_first, keep_last, plain, json }
    }

    /// Appends the mask character `count` times.
    pub(crate) fn fill(&self, spelling: Spelling, count: usize, out: &mut Vec<u8>) {
        let with = if spelling == Spelling::Json { &self.json } else { &self.plain };
        if let [byte] = **with {
            out.resize(out.len() + count, byte);
        } else {
            (0..count).for_each(|_| out.extend_from_slice(with));
        }
    }

    /// Appends `text` masked. Text no longer than what would be kept is masked whole.
    #[inline]
    pub(crate) fn write(&self, text: &[u8], spelling: Spelling, out: &mut Vec<u8>) {
        let bytewise = spelling.is_bytewise(text);
        let count = if bytewise { text.len() } else { spelling.count(text) };
        let kept = self.keep_first.saturating_add(self.keep_last);
        if kept >= count {
            return self.fill(spelling, count, out);
        }
        let (mut first, mut last) = (self.keep_first, count - self.keep_last);
        if !bytewise {
            first = spelling.prefix(text, first);
            last = spelling.prefix(text, last);
        }
        out.extend_from_slice(text.get(..first).unwrap_or_default());
        self.fill(spelling, count - kept, out);
        out.extend_from_slice(text.get(last..).unwrap_or_default());
    }
}

/// A keyed hash: HMAC-SHA-256 as base64url without padding, cut to a length.
#[derive(Clone)]
pub(crate) struct KeyedHash {
    /// Keyed once; cloned for each value.
    keyed: Hmac<Sha256>,
    pub(crate) chars: usize,
}

impl KeyedHash {
    /// `None` if the key cannot be used.
    pub(crate) fn new(secret: &[u8], chars: usize) -> Option<Self> {
        Some(Self { keyed: Hmac::new_from_slice(secret).ok()?, chars })
    }

    /// Appends the hash of `prefix` and `bytes`.
    #[inline]
    pub(crate) fn write(&self, prefix: &[u8], bytes: &[u8], out: &mut Vec<u8>) {
        let mut mac = self.keyed.clone();
        mac.update(prefix);
        mac.update(bytes);
        let tag = mac.finalize().into_bytes();
        let mut text = [0; HASH_CHARS];
        // The buffer has the exact length of the encoded tag: this cannot fail.
        let length = URL_SAFE_NO_PAD.encode_slice(tag, &mut text).unwrap_or(0);
        out.extend_from_slice(text.get(..length.min(self.chars)).unwrap_or_default());
    }
}
