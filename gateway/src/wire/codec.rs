//! Compression codecs of record batches, each with an output cap. (Contract; to be written.)

use super::WireError;

/// Attribute bits 0-2 of a record batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// 0
    None,
    /// 1
    Gzip,
    /// 2, raw or xerial framing
    Snappy,
    /// 3, LZ4 frame
    Lz4,
    /// 4
    Zstd,
}

/// Decompresses `input` into `output` (cleared first), never more than `bytes_max`.
///
/// # Errors
/// [`WireError::BadCompression`], [`WireError::TooLarge`].
pub fn decompress(
    codec: Codec,
    input: &[u8],
    output: &mut Vec<u8>,
    bytes_max: usize,
) -> Result<(), WireError> {
    let _ = (codec, input, output, bytes_max);
    Err(WireError::BadCompression)
}
