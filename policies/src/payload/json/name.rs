//! Member names: a cheap exact key for look-ups, and the check that an object on a redaction path
//! names no member twice. Names are compared as decoded text, never as spelled.

use super::scan::{Fault, Step, at, decode, find, string_slow};

/// From this many members on, an object's names are sorted once at its end instead of compared
/// one by one: crafted names cannot make the check quadratic.
const SCAN_MEMBERS_MAX: usize = 32;

/// First and last eight bytes (zero-padded) and the length: equal keys of up to 16 bytes are
/// equal names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NameKey {
    first: u64,
    last: u64,
    len: usize,
}

impl NameKey {
    /// The key of `text[start..end]`. Reading eight bytes at once is why it takes the whole.
    #[inline(always)]
    pub(super) fn of(text: &[u8], start: usize, end: usize) -> Self {
        let len = end.wrapping_sub(start);
        if len >= 8 {
            return Self { first: word(text, start), last: word(text, end - 8), len };
        }
        let first = word(text, start) & !(u64::MAX << (8 * len));
        Self { first, last: 0, len }
    }

    /// Whether equal keys leave the bytes to compare.
    #[inline(always)]
    pub(super) fn is_partial(self) -> bool {
        self.len > 16
    }

    #[inline(always)]
    fn hash(self) -> u64 {
        let len = (self.len as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (self.first ^ self.last.rotate_left(29) ^ len).wrapping_mul(0xd6e8_feb8_6659_fd93)
    }
}

#[inline(always)]
fn word(text: &[u8], p: usize) -> u64 {
    match text.get(p..).and_then(|rest| rest.first_chunk::<8>()) {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => word_at_end(text, p),
    }
}

#[inline(never)]
fn word_at_end(text: &[u8], p: usize) -> u64 {
    (0..8).fold(0, |word, i| word | u64::from(at(text, p + i)) << (8 * i))
}

/// Where a name's decoded bytes are: in the record, or behind its end in the decoded names.
#[derive(Clone, Copy)]
pub(super) struct Name {
    pub(super) key: NameKey,
    start: usize,
    end: usize,
}

#[derive(Clone, Copy)]
struct Seen {
    hash: u64,
    start: usize,
    end: usize,
}

/// The names of all open objects of one record, and the text of those spelled with escapes.
#[derive(Default)]
pub(super) struct Names {
    seen: Vec<Seen>,
    decoded: Vec<u8>,
    /// Where the last decoded name begins.
    decoded_last: usize,
}

/// What one object's check needs while its members are read.
pub(super) struct Object {
    base: usize,
    filter: u64,
}

impl Names {
    pub(super) fn clear(&mut self) {
        self.seen.clear();
        self.decoded.clear();
    }

    /// Reads the name whose first character is at `p`; also the position of its closing quote.
    #[inline(always)]
    pub(super) fn read(&mut self, src: &[u8], p: usize) -> Result<(Name, usize), Fault> {
        let stop = find(src, p);
        if at(src, stop) == b'"' {
            return Ok((Name { key: NameKey::of(src, p, stop), start: p, end: stop }, stop));
        }
        // Only one word comes back from the slow path: a name that came through memory would be
        // written in halves and read whole, which stalls every name, not only the escaped ones.
        let quote = self.read_escaped(src, p, stop)?;
        let (start, end) = (self.decoded_last, self.decoded.len());
        let key = NameKey::of(&self.decoded, start, end);
        Ok((Name { key, start: src.len() + start, end: src.len() + end }, quote))
    }

    #[cold]
    #[inline(never)]
    fn read_escaped(&mut self, src: &[u8], p: usize, stop: usize) -> Step {
        let quote = string_slow(src, stop)?;
        self.decoded_last = self.decoded.len();
        decode(src.get(p..quote).unwrap_or_default(), &mut self.decoded);
        Ok(quote)
    }

    /// The decoded bytes of `name`.
    #[inline(always)]
    pub(super) fn bytes<'a>(&'a self, src: &'a [u8], name: Name) -> &'a [u8] {
        bytes(src, &self.decoded, name.start, name.end)
    }

    #[inline(always)]
    pub(super) fn open(&self) -> Object {
        Object { base: self.seen.len(), filter: 0 }
    }

    /// Adds a member's name; a fault if the object has it already (if it has few members).
    #[inline(always)]
    pub(super) fn add(&mut self, src: &[u8], object: &mut Object, name: Name) -> Result<(), Fault> {
        let hash = name.key.hash();
        let bit = 1 << (hash >> 58);
        if object.filter & bit != 0 {
            self.compare(src, object.base, hash, name)?;
        }
        object.filter |= bit;
        self.seen.push(Seen { hash, start: name.start, end: name.end });
        Ok(())
    }

    #[inline(never)]
    fn compare(&self, src: &[u8], base: usize, hash: u64, name: Name) -> Result<(), Fault> {
        let seen = self.seen.get(base..).unwrap_or_default();
        if seen.len() >= SCAN_MEMBERS_MAX {
            return Ok(()); // `close` sorts.
        }
        let text = self.bytes(src, name);
        let same = |s: &Seen| s.hash == hash && bytes(src, &self.decoded, s.start, s.end) == text;
        if seen.iter().any(same) { Err(Fault::DUPLICATE) } else { Ok(()) }
    }

    /// Ends the object and forgets its names.
    #[inline(always)]
    pub(super) fn close(&mut self, src: &[u8], object: &Object) -> Result<(), Fault> {
        if self.seen.len() - object.base > SCAN_MEMBERS_MAX {
            self.sort(src, object.base)?;
        }
        self.seen.truncate(object.base);
        Ok(())
    }

    #[inline(never)]
    fn sort(&mut self, src: &[u8], base: usize) -> Result<(), Fault> {
        let decoded = &self.decoded;
        let text = |s: &Seen| (s.hash, bytes(src, decoded, s.start, s.end));
        let seen = self.seen.get_mut(base..).unwrap_or_default();
        seen.sort_unstable_by(|a, b| text(a).cmp(&text(b)));
        let twice = |pair: &[Seen]| matches!(pair, [a, b] if text(a) == text(b));
        if seen.windows(2).any(twice) { Err(Fault::DUPLICATE) } else { Ok(()) }
    }
}

#[inline(always)]
fn bytes<'a>(src: &'a [u8], decoded: &'a [u8], start: usize, end: usize) -> &'a [u8] {
    // A name in the record ends before its closing quote, so `start` tells the two apart.
    if start < src.len() {
        src.get(start..end).unwrap_or_default()
    } else {
        decoded.get(start - src.len()..end - src.len()).unwrap_or_default()
    }
}
