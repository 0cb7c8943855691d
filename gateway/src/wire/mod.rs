//! Kafka bytes: pure code over slices. No sockets, no clock, no logging, no panics on input.

pub mod codec;
pub mod consumer_protocol;
pub mod fetch_answer;
pub mod fetch_writer;
pub mod frame;
pub mod guard;
pub mod placeholder;
pub mod produce_writer;
pub mod rebuild;
pub mod record;
pub mod record_batch;

/// What is wrong with bytes from the wire. A closed set: it is a metric label. Never holds payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum WireError {
    /// The bytes end before the structure does.
    #[error("bytes end early")]
    Truncated,
    /// A length, count or varint is impossible where it stands.
    #[error("impossible length or count")]
    BadLength,
    /// Not magic 2.
    #[error("record format before version 2")]
    BadMagic,
    /// CRC-32C does not match.
    #[error("CRC mismatch")]
    BadCrc,
    /// The codec's stream is broken, or its bits name no codec.
    #[error("broken or unknown compression")]
    BadCompression,
    /// Decompressed or framed size is over the limit.
    #[error("over the size limit")]
    TooLarge,
}

impl WireError {
    /// The metric label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::BadLength => "bad_length",
            Self::BadMagic => "bad_magic",
            Self::BadCrc => "bad_crc",
            Self::BadCompression => "bad_compression",
            Self::TooLarge => "too_large",
        }
    }
}
