//! Every bound of the data plane that is not local to one file: name, unit, reason.

/// The largest frame accepted from a broker, in bytes. Fetch answers are asked for with a smaller
/// maximum, but the first batch of an answer comes whole, however large (KIP-74).
pub const UPSTREAM_FRAME_BYTES_MAX: usize = 128 * 1024 * 1024;

/// The largest uncompressed record section of one batch, in bytes; beyond it the batch is withheld.
pub const BATCH_DECOMPRESSED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A chunk of a stream between two id lines, in bytes: what a broken connection may repeat.
pub const CHUNK_BYTES_MAX: usize = 256 * 1024;
