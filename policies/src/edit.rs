//! What a rule does to one value, compiled: the same five edits for JSON values, headers and keys.
//! How they are written into JSON is `payload::json`'s; here is how they change plain text.

use crate::text::{KeyedHash, Mask, Spelling};

/// An edit.
#[derive(Clone)]
pub(crate) enum Edit {
    /// Take the value out, with its name.
    Remove,
    /// These bytes instead: a JSON text in JSON, the text itself elsewhere.
    Replace(Box<[u8]>),
    /// The keyed hash.
    Hash(KeyedHash),
    /// The masked text.
    Mask(Mask),
    /// The first characters.
    Truncate(usize),
}

impl Edit {
    /// Which edit wins where several are meant for one value: the lowest.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Edit::Remove => 0,
            Edit::Replace(_) => 1,
            Edit::Hash(_) => 2,
            Edit::Mask(_) => 3,
            Edit::Truncate(_) => 4,
        }
    }

    /// Whether the edit counts characters, so that what it edits must be UTF-8.
    pub(crate) fn counts_characters(&self) -> bool {
        matches!(self, Edit::Mask(_) | Edit::Truncate(_))
    }

    /// Appends what stands in place of the plain `text`; `false`, and nothing, if it may stand.
    pub(crate) fn write_plain(&self, text: &[u8], out: &mut Vec<u8>) -> bool {
        match self {
            Edit::Remove => {}
            Edit::Replace(value) => out.extend_from_slice(value),
            Edit::Hash(hash) => hash.write(b"", text, out),
            Edit::Mask(mask) => mask.write(text, Spelling::Plain, out),
            Edit::Truncate(length) => {
                let kept = Spelling::Plain.prefix(text, *length);
                if kept == text.len() {
                    return false;
                }
                out.extend_from_slice(text.get(..kept).unwrap_or_default());
            }
        }
        true
    }
}
