//! Buffers of large answers, used again. Fresh memory is paid for page by page, which costs a
//! replay as much as reading and writing its bytes; a buffer that was just let go of is there, and
//! often still in the processor's caches.

use std::sync::Arc;

use bytes::{BufMut, Bytes};
use parking_lot::Mutex;

/// Answers below this size get ordinary memory: it is quickly given and taken.
pub(super) const POOLED_BYTES_MIN: usize = 256 * 1024;
/// How much unused memory is kept for the answers to come, in bytes: a few chunks of history.
const KEPT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Buffers are made in multiples of this, so that answers of nearly the same size share them.
const STEP_BYTES: usize = 256 * 1024;

/// The unused buffers of one cluster's connections.
#[derive(Default)]
pub(super) struct Buffers {
    free: Mutex<Free>,
}

#[derive(Default)]
struct Free {
    buffers: Vec<Vec<u8>>,
    bytes: usize,
}

/// A buffer that goes back when the last slice of it is gone.
pub(super) struct Buffer {
    bytes: Vec<u8>,
    home: Arc<Buffers>,
}

impl Buffers {
    /// An empty buffer with room for that many bytes.
    pub(super) fn take(self: &Arc<Self>, room: usize) -> Buffer {
        let found = self.free.lock().take(room);
        let bytes = found.unwrap_or_else(|| Vec::with_capacity(room.next_multiple_of(STEP_BYTES)));
        Buffer { bytes, home: Arc::clone(self) }
    }
}

impl Free {
    /// The one that was let go of last, if it is large enough and not much too large.
    fn take(&mut self, room: usize) -> Option<Vec<u8>> {
        let fits = |buffer: &Vec<u8>| (room..=room * 2 + STEP_BYTES).contains(&buffer.capacity());
        let place = self.buffers.iter().rposition(fits)?;
        let buffer = self.buffers.remove(place);
        self.bytes -= buffer.capacity();
        Some(buffer)
    }

    fn put(&mut self, mut buffer: Vec<u8>) {
        if self.bytes + buffer.capacity() <= KEPT_BYTES_MAX {
            buffer.clear();
            self.bytes += buffer.capacity();
            self.buffers.push(buffer);
        }
    }
}

impl Buffer {
    /// Bytes in it.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Room for at most that many more bytes, of which some is there.
    pub(super) fn room(&mut self, missing: usize, step: usize) -> impl BufMut + '_ {
        if self.bytes.len() == self.bytes.capacity() {
            self.bytes.reserve_exact(missing.min(step));
        }
        (&mut self.bytes).limit(missing)
    }

    /// Its bytes, to be shared.
    pub(super) fn freeze(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.home.free.lock().put(std::mem::take(&mut self.bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_used_again_when_its_last_slice_is_gone() {
        let buffers = Arc::<Buffers>::default();
        let mut buffer = buffers.take(1_000_000);
        buffer.room(3, STEP_BYTES).put_slice(b"abc");
        let (place, bytes) = (buffer.as_ref().as_ptr(), buffer.freeze());
        let slice = bytes.slice(1..2);
        drop(bytes);
        assert_ne!(buffers.take(1_000_000).as_ref().as_ptr(), place);
        assert_eq!(slice, "b");
        drop(slice);
        let again = buffers.take(999_000);
        assert_eq!((again.as_ref().as_ptr(), again.len()), (place, 0));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let buffers = Arc::<Buffers>::default();
        let taken: Vec<Buffer> = (0..40).map(|_| buffers.take(1_000_000)).collect();
        drop(taken);
        let free = buffers.free.lock();
        assert!(free.bytes <= KEPT_BYTES_MAX && free.buffers.len() > 10);
        assert_eq!(free.bytes, free.buffers.iter().map(Vec::capacity).sum::<usize>());
    }
}
