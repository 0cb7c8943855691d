//! JSON (RFC 8259): a strict, validating redactor in one pass. No tree is made; what does not
//! change is copied as it was written.

use crate::condition::Condition;
use crate::edit::Edit;
use crate::text::Spelling;
use crate::{DropReason, Withheld};

mod automaton;
mod name;
mod scan;
mod walk;

#[cfg(test)]
mod tests;

pub(crate) use automaton::{Query, Role, TooComplex};

use automaton::Automaton;
use name::Names;
use scan::{DEPTH_MAX, Fault, at, blank, skip_value};
use walk::Walk;

/// How many mask characters stand for a matched value that is not a string: its length would say
/// something about it.
const MASKED_VALUE_CHARS: usize = 4;

/// Most tests of one chain on JSON values: one bit each in a walk.
pub(crate) const TESTS_MAX: usize = 64;

/// Checks that `bytes` are exactly one JSON text, with the same strictness as the redactor (which
/// also refuses repeated names in objects its paths lead into).
///
/// # Errors
/// The reason for which a chain with rules on JSON values would withhold the record.
pub fn validate(bytes: &[u8]) -> Result<(), Withheld> {
    check_text(bytes)?;
    let end = skip_value(bytes, blank(bytes, 0), DEPTH_MAX).and_then(|p| finish(bytes, p));
    end.map_err(Fault::reason)
}

fn check_text(bytes: &[u8]) -> Result<(), Withheld> {
    std::str::from_utf8(bytes).map(drop).map_err(|_| Withheld::InvalidUtf8)
}

/// Only white space may follow the text.
fn finish(bytes: &[u8], p: usize) -> Result<(), Fault> {
    if blank(bytes, p) == bytes.len() { Ok(()) } else { Err(Fault::INVALID) }
}

/// Appends what stands in place of the value `raw`; `false`, and nothing, if it may stand.
///
/// Values that are not strings never pass as they are: a mask makes them a constant, a hash takes
/// their type and raw text, truncation leaves an empty string.
#[inline(always)]
fn write_edit(edit: &Edit, raw: &[u8], text: &mut Vec<u8>, out: &mut Vec<u8>) -> bool {
    let string = raw.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    match edit {
        Edit::Remove => return true,
        Edit::Replace(value) => {
            out.extend_from_slice(value);
            return true;
        }
        Edit::Truncate(length) => {
            let inside = string.unwrap_or_default();
            let kept = Spelling::Json.prefix(inside, *length);
            if string.is_some() && kept == inside.len() {
                return false;
            }
            out.push(b'"');
            out.extend_from_slice(inside.get(..kept).unwrap_or_default());
        }
        Edit::Hash(hash) => {
            out.push(b'"');
            match string_text(raw, text) {
                Some(inside) => hash.write(b"", inside, out),
                None => hash.write(type_tag(raw), raw, out),
            }
        }
        Edit::Mask(mask) => {
            out.push(b'"');
            match string {
                Some(inside) => mask.write(inside, Spelling::Json, out),
                None => mask.fill(Spelling::Json, MASKED_VALUE_CHARS, out),
            }
        }
    }
    out.push(b'"');
    true
}

/// The text of the string `raw`, decoded into `text` if it has escapes; `None` for other values.
pub(crate) fn string_text<'r>(raw: &'r [u8], text: &'r mut Vec<u8>) -> Option<&'r [u8]> {
    let inside = raw.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if !inside.contains(&b'\\') {
        return Some(inside);
    }
    text.clear();
    scan::decode(inside, text);
    Some(text)
}

/// Keeps the hashes of `1` and `"1"` apart: 0xff is in no text.
fn type_tag(raw: &[u8]) -> &'static [u8] {
    match at(raw, 0) {
        b'{' => b"\xffobject:",
        b'[' => b"\xffarray:",
        b't' | b'f' => b"\xffboolean:",
        b'n' => b"\xffnull:",
        _ => b"\xffnumber:",
    }
}

/// All that a chain does to JSON values, compiled.
pub(crate) struct Plan {
    automaton: Automaton,
    edits: Box<[Edit]>,
    tests: Box<[Condition]>,
    /// Tests that some value must pass, and tests that none may.
    wanted: u64,
    unwanted: u64,
}

impl Plan {
    /// Compiles queries; their roles name `edits` (strongest first) and `tests` by index.
    pub(crate) fn compile(
        queries: &[Query<'_>],
        edits: Vec<Edit>,
        tests: Vec<Condition>,
    ) -> Result<Self, TooComplex> {
        let mut automaton = automaton::compile(queries)?;
        automaton.mark_removals(|edit| matches!(edits.get(usize::from(edit)), Some(Edit::Remove)));
        let (mut wanted, mut unwanted) = (0, 0);
        for (bit, test) in tests.iter().enumerate() {
            *(if test.wants_absence() { &mut unwanted } else { &mut wanted }) |= 1 << bit;
        }
        Ok(Self { automaton, edits: edits.into(), tests: tests.into(), wanted, unwanted })
    }

    /// Appends the redacted `value` to `out`. `false`: nothing changes, and nothing was appended.
    ///
    /// # Errors
    /// Why the record is dropped; `out` is as it was.
    pub(crate) fn redact(
        &self,
        value: &[u8],
        work: &mut Work,
        out: &mut Vec<u8>,
    ) -> Result<bool, DropReason> {
        let before = out.len();
        let result = self.walk(value, work, out);
        if result.is_err() {
            out.truncate(before);
        }
        result
    }

    fn walk(&self, value: &[u8], work: &mut Work, out: &mut Vec<u8>) -> Result<bool, DropReason> {
        check_text(value).map_err(DropReason::Withheld)?;
        work.names.clear();
        let mut walk = Walk {
            src: value,
            plan: self,
            names: &mut work.names,
            text: &mut work.text,
            out,
            last: 0,
            passed: 0,
        };
        let start = self.automaton.state(self.automaton.start);
        walk.value(blank(value, 0), start, DEPTH_MAX)
            .and_then(|p| finish(value, p))
            .map_err(|fault| DropReason::Withheld(fault.reason()))?;
        if walk.passed & self.wanted != self.wanted || walk.passed & self.unwanted != 0 {
            return Err(DropReason::Filtered);
        }
        Ok(walk.finish())
    }
}

/// Buffers that passes reuse.
#[derive(Default)]
pub(crate) struct Work {
    names: Names,
    text: Vec<u8>,
}
