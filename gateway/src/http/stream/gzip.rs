//! A stream as one gzip member (RFC 1952). What many read is compressed once, in segments that are
//! kept with the image; what is the stream's own (ids, signs of life, last words) stands between
//! them uncompressed. Every chunk ends with a flush, so that no decoder waits for the next.

use std::ops::Range;

use bytes::Bytes;
use crc32fast::Hasher;
use prometheus_client::metrics::counter::Counter;

use super::state::{COPIED_BYTES_MAX, Chunk};
use crate::image::{FLUSH, Frame, Piece, stored, stored_parts};

/// Deflate, without a name, a time and a word about the system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/// The last block, without anything in it.
const LAST: [u8; 5] = [1, 0, 0, 0xff, 0xff];

/// What was said so far, in sum.
#[derive(Clone, Debug, Default)]
pub struct Gzip {
    sum: Hasher,
    /// Bytes, modulo 2³² as the trailer has it.
    length: u32,
    begun: bool,
}

impl Gzip {
    /// Adds part of a frame to the chunk.
    pub fn take(&mut self, chunk: &mut Chunk, frame: &Frame, range: Range<usize>, made: &Counter) {
        for piece in frame.pieces(range, made) {
            match piece {
                Piece::Deflated(segment) => {
                    self.sum.combine(&segment.sum);
                    self.count(segment.length);
                    chunk.shared.push(segment.bytes.clone());
                }
                Piece::Plain(bytes) => {
                    self.add(&bytes);
                    chunk.shared.extend(stored_parts(&bytes));
                }
            }
        }
    }

    /// Makes what the chunk has of the stream's own part of the member; `last`: the member ends.
    pub fn seal(&mut self, chunk: &mut Chunk, last: bool) {
        let own = std::mem::take(&mut chunk.own);
        self.add(&own);
        if !std::mem::replace(&mut self.begun, true) {
            chunk.shared.insert(0, Bytes::from_static(&HEADER));
        }
        if chunk.shared.iter().map(Bytes::len).sum::<usize>() <= COPIED_BYTES_MAX {
            for part in chunk.shared.drain(..) {
                chunk.own.extend_from_slice(&part);
            }
        }
        stored(&mut chunk.own, &own);
        if last {
            chunk.own.extend_from_slice(&LAST);
            chunk.own.extend_from_slice(&self.sum.clone().finalize().to_le_bytes());
            chunk.own.extend_from_slice(&self.length.to_le_bytes());
        } else {
            chunk.own.extend_from_slice(&FLUSH);
        }
    }

    fn add(&mut self, plain: &[u8]) {
        self.sum.update(plain);
        self.count(plain.len());
    }

    fn count(&mut self, bytes: usize) {
        #[expect(clippy::cast_possible_truncation, reason = "ISIZE is modulo 2³²")]
        let bytes = bytes as u32;
        self.length = self.length.wrapping_add(bytes);
    }
}

#[cfg(test)]
mod tests;
