//! Records inside an uncompressed record section: spans, nothing copied. (Contract; to be written.)

use smallvec::SmallVec;

use policies::HeaderView;

/// One record, borrowed from the section.
pub struct RecordSpan<'a> {
    /// The whole record, its length varint included.
    pub bytes: &'a [u8],
    /// Attributes byte (unused by Kafka).
    pub attributes: i8,
    /// Milliseconds relative to the batch's base timestamp (a varlong).
    pub timestamp_delta: i64,
    /// Offset relative to the batch's base offset.
    pub offset_delta: i32,
    /// Key; `None` is null.
    pub key: Option<&'a [u8]>,
    /// Value; `None` is null.
    pub value: Option<&'a [u8]>,
    /// Headers in order.
    pub headers: SmallVec<[HeaderView<'a>; 4]>,
}
