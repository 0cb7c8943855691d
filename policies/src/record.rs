//! A record as the chain sees it: borrowed spans, nothing decoded.

/// One record, borrowed from its batch.
#[derive(Clone, Copy)]
pub struct RecordView<'a> {
    /// The record's key; `None` is a null key, `Some(b"")` an empty one.
    pub key: Option<&'a [u8]>,
    /// The record's value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// Headers in order; names may repeat.
    pub headers: &'a [HeaderView<'a>],
}

/// One record header. Names are UTF-8 by Kafka's protocol but are not checked before a rule looks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HeaderView<'a> {
    /// The header's name, as bytes.
    pub name: &'a [u8],
    /// The header's value; `None` is null.
    pub value: Option<&'a [u8]>,
}
