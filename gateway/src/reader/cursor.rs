//! The resume point of HTTP doors: every partition's next offset, opaque text, valid on any replica.

/// Next offsets of an endpoint's topic-partitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {}

/// Why a cursor's text cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// Not a cursor, or damaged.
    #[error("not a cursor of this gateway, or damaged")]
    Malformed,
    /// Another endpoint's, or of a topic that has been deleted and created anew since.
    #[error("the cursor belongs to another endpoint or to a topic that was created anew")]
    OtherTopic,
}

impl Cursor {
    /// Appends the cursor's text (base64url, at most 8 KiB with 1,000 partitions) to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        let _ = out;
    }
}
