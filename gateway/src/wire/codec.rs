//! Compression codecs of record batches. Every decompression has an output cap and a ratio cap, so
//! that no claimed length and no bomb decides how much memory is used.

use std::io::{Read, Write};

use super::WireError;

/// Output beyond this many times the input is a bomb, not data.
const RATIO_MAX: usize = 200;

/// Below this many bytes of output the ratio does not matter.
const RATIO_FLOOR_BYTES: usize = 1024 * 1024;

/// The largest zstd window, as a power of two: 8 MiB, what compressors use below level 20.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// The zstd level of rebuilt batches: the fastest; what is saved in time is worth more here.
const ZSTD_LEVEL: i32 = 1;

/// The xerial framing of snappy, as the Java client writes it.
const XERIAL_MAGIC: [u8; 8] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];

/// Version and compatible version after the magic.
const XERIAL_VERSIONS_BYTES: usize = 8;

/// What one xerial block holds at most when we write it, as the Java client does.
const XERIAL_BLOCK_BYTES: usize = 32 * 1024;

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

impl Codec {
    /// The codec of these attribute bits.
    ///
    /// # Errors
    /// [`WireError::BadCompression`] for bits that name none.
    pub fn from_bits(bits: i16) -> Result<Self, WireError> {
        match bits {
            0 => Ok(Self::None),
            1 => Ok(Self::Gzip),
            2 => Ok(Self::Snappy),
            3 => Ok(Self::Lz4),
            4 => Ok(Self::Zstd),
            _ => Err(WireError::BadCompression),
        }
    }

    /// The attribute bits.
    pub fn bits(self) -> i16 {
        match self {
            Self::None => 0,
            Self::Gzip => 1,
            Self::Snappy => 2,
            Self::Lz4 => 3,
            Self::Zstd => 4,
        }
    }
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
    output.clear();
    let cap = bytes_max.min(input.len().saturating_mul(RATIO_MAX).max(RATIO_FLOOR_BYTES));
    match codec {
        Codec::None if input.len() > bytes_max => Err(WireError::TooLarge),
        Codec::None => {
            output.extend_from_slice(input);
            Ok(())
        }
        Codec::Gzip => read_capped(flate2::bufread::MultiGzDecoder::new(input), output, cap),
        Codec::Snappy => decompress_snappy(input, output, cap),
        Codec::Lz4 => read_capped(lz4_flex::frame::FrameDecoder::new(input), output, cap),
        Codec::Zstd => {
            let decoder = zstd::stream::read::Decoder::with_buffer(input);
            let mut decoder = decoder.map_err(|_| WireError::BadCompression)?;
            let bounded = decoder.window_log_max(ZSTD_WINDOW_LOG_MAX);
            bounded.map_err(|_| WireError::BadCompression)?;
            read_capped(decoder, output, cap)
        }
    }
}

/// Reads to the end, but refuses to hold more than `cap` bytes.
fn read_capped(decoder: impl Read, output: &mut Vec<u8>, cap: usize) -> Result<(), WireError> {
    let limit = u64::try_from(cap).unwrap_or(u64::MAX).saturating_add(1);
    decoder.take(limit).read_to_end(output).map_err(|_| WireError::BadCompression)?;
    if output.len() > cap { Err(WireError::TooLarge) } else { Ok(()) }
}

fn decompress_snappy(input: &[u8], output: &mut Vec<u8>, cap: usize) -> Result<(), WireError> {
    let Some(framed) = input.strip_prefix(&XERIAL_MAGIC) else {
        return append_snappy_block(input, output, cap);
    };
    let mut rest = framed.get(XERIAL_VERSIONS_BYTES..).ok_or(WireError::BadCompression)?;
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length));
        let length = length.map_err(|_| WireError::BadCompression)?;
        let split = after.split_at_checked(length).ok_or(WireError::BadCompression)?;
        append_snappy_block(split.0, output, cap)?;
        rest = split.1;
    }
    if rest.is_empty() { Ok(()) } else { Err(WireError::BadCompression) }
}

fn append_snappy_block(block: &[u8], output: &mut Vec<u8>, cap: usize) -> Result<(), WireError> {
    let claimed = snap::raw::decompress_len(block).map_err(|_| WireError::BadCompression)?;
    let start = output.len();
    if claimed > cap.saturating_sub(start) {
        return Err(WireError::TooLarge);
    }
    output.resize(start + claimed, 0);
    let room = output.get_mut(start..).unwrap_or_default();
    let written = snap::raw::Decoder::new().decompress(block, room);
    let written = written.map_err(|_| WireError::BadCompression)?;
    output.truncate(start + written);
    Ok(())
}

/// Compresses `input`, appending to `output`.
///
/// # Errors
/// [`WireError::BadCompression`] if the library refuses.
pub fn compress(codec: Codec, input: &[u8], output: &mut Vec<u8>) -> Result<(), WireError> {
    match codec {
        Codec::None => output.extend_from_slice(input),
        Codec::Gzip => {
            let level = flate2::Compression::fast();
            let mut encoder = flate2::write::GzEncoder::new(output, level);
            encoder.write_all(input).map_err(|_| WireError::BadCompression)?;
            encoder.finish().map_err(|_| WireError::BadCompression)?;
        }
        Codec::Snappy => compress_snappy(input, output)?,
        Codec::Lz4 => {
            let mut encoder = lz4_flex::frame::FrameEncoder::new(output);
            encoder.write_all(input).map_err(|_| WireError::BadCompression)?;
            encoder.finish().map_err(|_| WireError::BadCompression)?;
        }
        Codec::Zstd => {
            zstd::stream::copy_encode(input, output, ZSTD_LEVEL)
                .map_err(|_| WireError::BadCompression)?;
        }
    }
    Ok(())
}

/// Xerial framing: every client reads it, the Java client nothing else.
fn compress_snappy(input: &[u8], output: &mut Vec<u8>) -> Result<(), WireError> {
    output.extend_from_slice(&XERIAL_MAGIC);
    output.extend_from_slice(&1u32.to_be_bytes());
    output.extend_from_slice(&1u32.to_be_bytes());
    let mut encoder = snap::raw::Encoder::new();
    for block in input.chunks(XERIAL_BLOCK_BYTES) {
        let compressed = encoder.compress_vec(block).map_err(|_| WireError::BadCompression)?;
        let length = u32::try_from(compressed.len()).map_err(|_| WireError::BadCompression)?;
        output.extend_from_slice(&length.to_be_bytes());
        output.extend_from_slice(&compressed);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
