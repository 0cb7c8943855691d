//! Builds a batch from surviving and changed records. Never renumbers: base offset, last offset
//! delta, deltas, timestamps, producer fields and attributes stay what they were; only lengths, the
//! count, the codec bits and the CRC are made anew (kafka.md 3.1; KIP-98).

use bytes::Bytes;
use policies::HeaderView;

use super::WireError;
use super::codec::{self, Codec};
use super::record::{RecordSpan, varint_bytes, write_varint};
use super::record_batch::{BatchHeader, CRC_FROM, HEADER_BYTES, LENGTH_PREFIX_BYTES, RecordBatch};

/// A record whose key, value or headers were changed.
pub struct Changed<'a> {
    /// The new key; `None` is null.
    pub key: Option<&'a [u8]>,
    /// The new value; `None` is null.
    pub value: Option<&'a [u8]>,
    /// The new headers.
    pub headers: &'a [HeaderView<'a>],
}

/// Appends a changed record in wire form: attributes and deltas are the old record's.
pub fn append_record(out: &mut Vec<u8>, old: &RecordSpan<'_>, new: &Changed<'_>) {
    let mut length = 1
        + varint_bytes(old.timestamp_delta)
        + varint_bytes(i64::from(old.offset_delta))
        + nullable_bytes(new.key)
        + nullable_bytes(new.value)
        + varint_bytes(as_i64(new.headers.len()));
    for header in new.headers {
        length += nullable_bytes(Some(header.name)) + nullable_bytes(header.value);
    }
    write_varint(out, as_i64(length));
    out.push(old.attributes);
    write_varint(out, old.timestamp_delta);
    write_varint(out, i64::from(old.offset_delta));
    write_nullable(out, new.key);
    write_nullable(out, new.value);
    write_varint(out, as_i64(new.headers.len()));
    for header in new.headers {
        write_nullable(out, Some(header.name));
        write_nullable(out, header.value);
    }
}

/// A batch of these records (uncompressed wire form, `record_count` of them) under `old`'s header,
/// compressed with `codec`. No records is a legal batch.
///
/// # Errors
/// [`WireError::TooLarge`] if the batch would not fit its length field; the codec's errors.
pub fn batch(
    old: &BatchHeader,
    records: &[u8],
    record_count: u32,
    codec: Codec,
) -> Result<RecordBatch, WireError> {
    let mut out = Vec::with_capacity(HEADER_BYTES + records.len());
    let mut header = old.with_codec(codec);
    header.record_count = i32::try_from(record_count).map_err(|_| WireError::TooLarge)?;
    header.write(&mut out);
    codec::compress(codec, records, &mut out)?;
    let length = out.len() - LENGTH_PREFIX_BYTES;
    header.length = i32::try_from(length).map_err(|_| WireError::TooLarge)?;
    header.crc = crc32c::crc32c(out.get(CRC_FROM..).unwrap_or_default());
    let mut head = Vec::with_capacity(HEADER_BYTES);
    header.write(&mut head);
    if let Some(place) = out.get_mut(..HEADER_BYTES) {
        place.copy_from_slice(&head);
    }
    Ok(RecordBatch { header, bytes: Bytes::from(out) })
}

fn nullable_bytes(span: Option<&[u8]>) -> usize {
    span.map_or(varint_bytes(-1), |span| varint_bytes(as_i64(span.len())) + span.len())
}

fn write_nullable(out: &mut Vec<u8>, span: Option<&[u8]>) {
    match span {
        None => write_varint(out, -1),
        Some(span) => {
            write_varint(out, as_i64(span.len()));
            out.extend_from_slice(span);
        }
    }
}

/// Lengths in memory never reach 2^63.
fn as_i64(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
