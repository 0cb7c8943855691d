//! The compiled chain, and how a record goes through it.

use crate::{Fingerprint, HeaderView, RecordView, Verdict};

/// Compiled rules: immutable, shared by every subscriber with the same fingerprint.
#[derive(Clone)]
pub struct Chain {
    fingerprint: Fingerprint,
}

impl Chain {
    /// The chain without rules: every record is kept.
    pub fn empty() -> Self {
        Self {
            fingerprint: Fingerprint::EMPTY,
        }
    }

    /// What identifies this chain's output.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Whether the chain has no rules, so that its image is the batch itself.
    pub fn is_empty(&self) -> bool {
        self.fingerprint == Fingerprint::EMPTY
    }

    /// Whether a rule reads the value as JSON: such a chain needs an endpoint whose format is JSON.
    pub fn reads_json(&self) -> bool {
        false
    }

    /// Whether a rule changes record keys in a way that could merge two keys (anything but an
    /// untruncated keyed hash): refused on compacted topics.
    pub fn merges_keys(&self) -> bool {
        false
    }

    /// Applies the chain to one record. After [`Verdict::Replace`] the changed parts are in
    /// `scratch` until the next call.
    pub fn apply(&self, _record: &RecordView<'_>, _scratch: &mut Scratch) -> Verdict {
        Verdict::Keep
    }
}

/// A worker's reusable buffers. Holds the changed parts of the last record.
#[derive(Default)]
pub struct Scratch {}

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
        Part::Same
    }

    /// The last record's value.
    pub fn value(&self) -> Part<'_> {
        Part::Same
    }

    /// The last record's headers if any changed, in order; `None`: the record's own stand.
    pub fn headers(&self) -> Option<impl ExactSizeIterator<Item = HeaderView<'_>>> {
        None::<std::iter::Empty<HeaderView<'_>>>
    }
}
