//! The strict JSON scanner: positions in, positions out. It validates (RFC 8259) and skips; it
//! knows nothing of rules, keeps no tree and allocates nothing. The caller has checked UTF-8.

use wide::u8x16;

use crate::Withheld;

/// How deep arrays and objects may nest. A record is walked by recursion: this bounds the stack.
pub(crate) const DEPTH_MAX: u32 = 128;

/// Why a scan stopped. One word, so that a [`Step`] travels in two registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault(usize);

impl Fault {
    pub(super) const INVALID: Fault = Fault(0);
    pub(super) const DUPLICATE: Fault = Fault(1);
    pub(super) const DEEP: Fault = Fault(2);

    pub(super) fn reason(self) -> Withheld {
        match self {
            Fault::INVALID => Withheld::InvalidJson,
            Fault::DUPLICATE => Withheld::DuplicateName,
            Fault::DEEP => Withheld::TooDeep,
            Fault(_) => Withheld::RuleFailed,
        }
    }
}

/// The position after what was read.
pub(super) type Step = Result<usize, Fault>;

/// The byte at `p`. Zero stands for the end: no grammar rule accepts it, and in a string it is a
/// control character, so the end needs no case of its own.
#[inline(always)]
pub(super) fn at(src: &[u8], p: usize) -> u8 {
    src.get(p).copied().unwrap_or(0)
}

/// The first position from `p` on that is not white space.
#[inline(always)]
pub(super) fn blank(src: &[u8], p: usize) -> usize {
    if at(src, p) > b' ' { p } else { blank_run(src, p) }
}

#[inline(never)]
fn blank_run(src: &[u8], mut p: usize) -> usize {
    while matches!(src.get(p), Some(b' ' | b'\n' | b'\r' | b'\t')) {
        p += 1;
    }
    p
}

/// `p + 1` if the byte at `p` is `byte`.
#[inline(always)]
pub(super) fn expect(src: &[u8], p: usize, byte: u8) -> Step {
    if at(src, p) == byte { Ok(p + 1) } else { Err(Fault::INVALID) }
}

const ONES: u64 = u64::from_le_bytes([0x01; 8]);
const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);

/// One high bit for each byte of `word` that is a quote, a backslash or below 0x20. Bits above
/// the lowest may be wrong (a borrow travels upwards); the lowest never is.
#[inline(always)]
fn stops(word: u64) -> u64 {
    let quote = (word ^ (ONES * b'"' as u64)).wrapping_sub(ONES);
    let backslash = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
    let control = word.wrapping_sub(ONES * 0x20);
    // `!word` drops bytes of 0x80 and above, which none of the three can be.
    (quote | backslash | control) & !word & HIGHS
}

/// The first quote, backslash or control character from `p` on, or the end.
///
/// Most strings are about ten bytes: eight are looked at in a register before anything wider.
#[inline(always)]
pub(super) fn find(src: &[u8], p: usize) -> usize {
    let Some(chunk) = src.get(p..).and_then(|rest| rest.first_chunk::<8>()) else {
        return find_by_byte(src, p);
    };
    let mask = stops(u64::from_le_bytes(*chunk));
    if mask != 0 {
        return p + (mask.trailing_zeros() / 8) as usize;
    }
    find_wide(src, p + 8)
}

#[inline(always)]
fn find_wide(src: &[u8], mut p: usize) -> usize {
    let quote = u8x16::splat(b'"');
    let backslash = u8x16::splat(b'\\');
    let control = u8x16::splat(0x1f);
    while let Some(chunk) = src.get(p..).and_then(|rest| rest.first_chunk::<16>()) {
        let bytes = u8x16::new(*chunk);
        let hits = bytes.simd_eq(quote) | bytes.simd_eq(backslash);
        let mask = (hits | bytes.min(control).simd_eq(bytes)).to_bitmask();
        if mask != 0 {
            return p + mask.trailing_zeros() as usize;
        }
        p += 16;
    }
    find_by_byte(src, p)
}

#[inline(never)]
fn find_by_byte(src: &[u8], mut p: usize) -> usize {
    while let Some(&byte) = src.get(p) {
        if byte == b'"' || byte == b'\\' || byte < 0x20 {
            break;
        }
        p += 1;
    }
    p
}

/// The closing quote of the string whose first character is at `p`.
#[inline(always)]
pub(super) fn string(src: &[u8], p: usize) -> Step {
    let stop = find(src, p);
    if at(src, stop) == b'"' { Ok(stop) } else { string_slow(src, stop) }
}

/// The same from a `stop` that is not a quote: escapes, control characters, the end.
#[cold]
#[inline(never)]
pub(super) fn string_slow(src: &[u8], mut stop: usize) -> Step {
    loop {
        match at(src, stop) {
            b'"' => return Ok(stop),
            b'\\' => stop = find(src, escape(src, stop)?),
            _ => return Err(Fault::INVALID),
        }
    }
}

/// The position after the escape at `p`. Surrogates must come in pairs.
fn escape(src: &[u8], p: usize) -> Step {
    match at(src, p + 1) {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(p + 2),
        b'u' => match hex(src, p + 2)? {
            0xd800..=0xdbff => {
                let low = expect(src, expect(src, p + 6, b'\\')?, b'u')?;
                match hex(src, low)? {
                    0xdc00..=0xdfff => Ok(p + 12),
                    _ => Err(Fault::INVALID),
                }
            }
            0xdc00..=0xdfff => Err(Fault::INVALID),
            _ => Ok(p + 6),
        },
        _ => Err(Fault::INVALID),
    }
}

/// The value of four hexadecimal digits.
pub(super) fn hex(src: &[u8], p: usize) -> Result<u32, Fault> {
    let digits = src.get(p..).and_then(|rest| rest.first_chunk::<4>()).ok_or(Fault::INVALID)?;
    digits.iter().try_fold(0, |value, &digit| {
        let digit = char::from(digit).to_digit(16).ok_or(Fault::INVALID)?;
        Ok(value << 4 | digit)
    })
}

#[inline(always)]
fn digits(src: &[u8], mut p: usize) -> usize {
    while at(src, p).is_ascii_digit() {
        p += 1;
    }
    p
}

/// At least one digit.
#[inline(always)]
fn some_digits(src: &[u8], p: usize) -> Step {
    if at(src, p).is_ascii_digit() { Ok(digits(src, p + 1)) } else { Err(Fault::INVALID) }
}

#[inline(always)]
fn number(src: &[u8], mut p: usize) -> Step {
    if at(src, p) == b'-' {
        p += 1;
    }
    p = if at(src, p) == b'0' { p + 1 } else { some_digits(src, p)? };
    if at(src, p) == b'.' {
        p = some_digits(src, p + 1)?;
    }
    if at(src, p) | 0x20 == b'e' {
        let sign = usize::from(matches!(at(src, p + 1), b'+' | b'-'));
        p = some_digits(src, p + 1 + sign)?;
    }
    Ok(p)
}

#[inline(always)]
fn literal(src: &[u8], p: usize, word: &[u8]) -> Step {
    match src.get(p..) {
        Some(rest) if rest.starts_with(word) => Ok(p + word.len()),
        _ => Err(Fault::INVALID),
    }
}

/// The position after the value at `p`. `depth` is how many levels may still open.
#[inline(always)]
pub(super) fn skip_value(src: &[u8], p: usize, depth: u32) -> Step {
    match at(src, p) {
        b'"' => Ok(string(src, p + 1)? + 1),
        b'{' => skip_object(src, p + 1, deeper(depth)?),
        b'[' => skip_array(src, p + 1, deeper(depth)?),
        b't' => literal(src, p, b"true"),
        b'f' => literal(src, p, b"false"),
        b'n' => literal(src, p, b"null"),
        _ => number(src, p),
    }
}

/// One level less, or [`Fault::DEEP`].
#[inline(always)]
pub(super) fn deeper(depth: u32) -> Result<u32, Fault> {
    depth.checked_sub(1).ok_or(Fault::DEEP)
}

fn skip_object(src: &[u8], p: usize, depth: u32) -> Step {
    let mut p = blank(src, p);
    if at(src, p) == b'}' {
        return Ok(p + 1);
    }
    loop {
        p = string(src, expect(src, p, b'"')?)? + 1;
        p = expect(src, blank(src, p), b':')?;
        p = skip_value(src, blank(src, p), depth)?;
        p = blank(src, p);
        match at(src, p) {
            b',' => p = blank(src, p + 1),
            b'}' => return Ok(p + 1),
            _ => return Err(Fault::INVALID),
        }
    }
}

fn skip_array(src: &[u8], p: usize, depth: u32) -> Step {
    let mut p = blank(src, p);
    if at(src, p) == b']' {
        return Ok(p + 1);
    }
    loop {
        p = blank(src, skip_value(src, p, depth)?);
        match at(src, p) {
            b',' => p = blank(src, p + 1),
            b']' => return Ok(p + 1),
            _ => return Err(Fault::INVALID),
        }
    }
}

/// Appends the text of a string's inside (`raw`, already validated) to `text`.
pub(super) fn decode(raw: &[u8], text: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(stop) = rest.iter().position(|&byte| byte == b'\\') {
        let Some((plain, tail)) = rest.split_at_checked(stop) else {
            return;
        };
        text.extend_from_slice(plain);
        let (decoded, length) = unescape(tail);
        text.extend_from_slice(decoded.encode_utf8(&mut [0; 4]).as_bytes());
        rest = tail.get(length..).unwrap_or_default();
    }
    text.extend_from_slice(rest);
}

/// The character of the validated escape at the start of `tail`, and how many bytes spell it.
fn unescape(tail: &[u8]) -> (char, usize) {
    let simple = match at(tail, 1) {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unescape_unicode(tail),
        other => char::from(other),
    };
    (simple, 2)
}

fn unescape_unicode(tail: &[u8]) -> (char, usize) {
    let high = hex(tail, 2).unwrap_or(0);
    if !(0xd800..=0xdbff).contains(&high) {
        return (char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), 6);
    }
    let low = hex(tail, 8).unwrap_or(0);
    let code = 0x10000 + ((high & 0x3ff) << 10 | low & 0x3ff);
    (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12)
}
