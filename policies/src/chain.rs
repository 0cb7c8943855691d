//! The compiled chain, and how a record goes through it.
//!
//! Order: tests of key and headers, then the value (where tests of the value are part of the one
//! pass), then key and headers. A null value passes every test and stays null.

use std::sync::Arc;

use crate::condition::Condition;
use crate::edit::Edit;
use crate::payload::json;
use crate::{DropReason, Fingerprint, HeaderView, RecordView, Verdict, Withheld};

/// Compiled rules: immutable, shared by every subscriber with the same fingerprint.
#[derive(Clone)]
pub struct Chain {
    fingerprint: Fingerprint,
    program: Option<Arc<Program>>,
}

/// All that a chain does.
#[derive(Default)]
pub(crate) struct Program {
    pub(crate) json: Option<json::Plan>,
    pub(crate) key: Option<Edit>,
    pub(crate) key_tests: Vec<Condition>,
    /// At most one edit for a name.
    pub(crate) headers: Vec<(Box<[u8]>, Edit)>,
    pub(crate) header_tests: Vec<(Box<[u8]>, Condition)>,
    pub(crate) merges_keys: bool,
}

impl Chain {
    /// The chain without rules: every record is kept.
    pub fn empty() -> Self {
        Self { fingerprint: Fingerprint::EMPTY, program: None }
    }

    pub(crate) fn new(fingerprint: Fingerprint, program: Program) -> Self {
        Self { fingerprint, program: Some(Arc::new(program)) }
    }

    /// What identifies this chain's output.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Whether the chain has no rules, so that its image is the batch itself.
    pub fn is_empty(&self) -> bool {
        self.program.is_none()
    }

    /// Whether a rule reads the value as JSON: such a chain needs an endpoint whose format is JSON.
    pub fn reads_json(&self) -> bool {
        self.program.as_ref().is_some_and(|program| program.json.is_some())
    }

    /// Whether a rule changes record keys in a way that could merge two keys (anything but an
    /// untruncated keyed hash): refused on compacted topics.
    pub fn merges_keys(&self) -> bool {
        self.program.as_ref().is_some_and(|program| program.merges_keys)
    }

    /// Applies the chain to one record. After [`Verdict::Replace`] the changed parts are in
    /// `scratch` until the next call; after any other verdict it holds none.
    pub fn apply(&self, record: &RecordView<'_>, scratch: &mut Scratch) -> Verdict {
        scratch.clear();
        let Some(program) = &self.program else {
            return Verdict::Keep;
        };
        match program.run(record, scratch) {
            Ok(()) if scratch.has_changes() => Verdict::Replace,
            Ok(()) => Verdict::Keep,
            Err(reason) => {
                scratch.clear();
                Verdict::Drop(reason)
            }
        }
    }
}

impl Program {
    fn run(&self, record: &RecordView<'_>, scratch: &mut Scratch) -> Result<(), DropReason> {
        if let Some(value) = record.value {
            self.test_key(record.key)?;
            self.test_headers(record.headers)?;
            if let Some(plan) = &self.json {
                scratch.value_changed =
                    plan.redact(value, &mut scratch.json, &mut scratch.value)?;
            }
        }
        if let (Some(edit), Some(key)) = (&self.key, record.key) {
            if edit.counts_characters() {
                check_text(key)?;
            }
            scratch.key_changed = edit.write_plain(key, &mut scratch.key);
        }
        self.edit_headers(record.headers, scratch)
    }

    fn test_key(&self, key: Option<&[u8]>) -> Result<(), DropReason> {
        for test in &self.key_tests {
            if let Some(key) = key {
                check_text(key)?;
            }
            let passed = key.is_some_and(|key| test.holds_text(key));
            if passed == test.wants_absence() {
                return Err(DropReason::Filtered);
            }
        }
        Ok(())
    }

    fn test_headers(&self, headers: &[HeaderView<'_>]) -> Result<(), DropReason> {
        for (name, test) in &self.header_tests {
            let mut passed = false;
            for header in headers.iter().filter(|header| *header.name == **name) {
                if let Some(value) = header.value {
                    check_text(value)?;
                }
                passed |= match header.value {
                    Some(value) => test.holds_text(value),
                    None => test.is_presence(),
                };
            }
            if passed == test.wants_absence() {
                return Err(DropReason::Filtered);
            }
        }
        Ok(())
    }

    fn header_edit(&self, name: &[u8]) -> Option<&Edit> {
        self.headers.iter().find(|(own, _)| **own == *name).map(|(_, edit)| edit)
    }

    /// Rewrites all headers if one changes: a batch holds them as one block.
    fn edit_headers(
        &self,
        headers: &[HeaderView<'_>],
        scratch: &mut Scratch,
    ) -> Result<(), DropReason> {
        if self.headers.is_empty() || !headers.iter().any(|h| self.header_edit(h.name).is_some()) {
            return Ok(());
        }
        for header in headers {
            match (self.header_edit(header.name), header.value) {
                (Some(Edit::Remove), _) => scratch.headers_changed = true,
                (Some(edit), Some(value)) => {
                    if !matches!(edit, Edit::Replace(_)) {
                        check_text(value)?;
                    }
                    scratch.push_edited(header.name, value, edit);
                }
                (_, value) => scratch.push_header(header.name, value),
            }
        }
        Ok(())
    }
}

fn check_text(bytes: &[u8]) -> Result<(), DropReason> {
    let invalid = DropReason::Withheld(Withheld::InvalidUtf8);
    std::str::from_utf8(bytes).map(drop).map_err(|_| invalid)
}

/// A worker's reusable buffers. Holds the changed parts of the last record.
#[derive(Default)]
pub struct Scratch {
    key: Vec<u8>,
    key_changed: bool,
    value: Vec<u8>,
    value_changed: bool,
    header_bytes: Vec<u8>,
    headers: Vec<HeaderSpan>,
    headers_changed: bool,
    json: json::Work,
}

/// Where a header is in `header_bytes`: its name, then its value.
struct HeaderSpan {
    start: usize,
    name_end: usize,
    value_end: Option<usize>,
}

/// One part of the last record after [`Verdict::Replace`]. A null part is never changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// The record's own bytes (or null) stand.
    Same,
    /// These bytes stand in their place.
    New(&'a [u8]),
}

impl Scratch {
    /// The last record's key.
    pub fn key(&self) -> Part<'_> {
        if self.key_changed { Part::New(&self.key) } else { Part::Same }
    }

    /// The last record's value.
    pub fn value(&self) -> Part<'_> {
        if self.value_changed { Part::New(&self.value) } else { Part::Same }
    }

    /// The last record's headers if any changed, in order; `None`: the record's own stand.
    pub fn headers(&self) -> Option<impl ExactSizeIterator<Item = HeaderView<'_>>> {
        let view = |span: &HeaderSpan| HeaderView {
            name: self.header_bytes.get(span.start..span.name_end).unwrap_or_default(),
            value: span.value_end.and_then(|end| self.header_bytes.get(span.name_end..end)),
        };
        self.headers_changed.then(|| self.headers.iter().map(view))
    }

    fn has_changes(&self) -> bool {
        self.key_changed || self.value_changed || self.headers_changed
    }

    fn clear(&mut self) {
        self.key.clear();
        self.value.clear();
        self.header_bytes.clear();
        self.headers.clear();
        self.key_changed = false;
        self.value_changed = false;
        self.headers_changed = false;
    }

    fn push_header(&mut self, name: &[u8], value: Option<&[u8]>) {
        let start = self.header_bytes.len();
        self.header_bytes.extend_from_slice(name);
        let name_end = self.header_bytes.len();
        self.header_bytes.extend_from_slice(value.unwrap_or_default());
        let value_end = value.map(|_| self.header_bytes.len());
        self.headers.push(HeaderSpan { start, name_end, value_end });
    }

    fn push_edited(&mut self, name: &[u8], value: &[u8], edit: &Edit) {
        self.push_header(name, None);
        if edit.write_plain(value, &mut self.header_bytes) {
            self.headers_changed = true;
        } else {
            self.header_bytes.extend_from_slice(value);
        }
        let end = self.header_bytes.len();
        if let Some(span) = self.headers.last_mut() {
            span.value_end = Some(end);
        }
    }
}
