//! Frames in, frames out. Memory follows what has arrived, not what a length announces; a length
//! that is over the limit of its API ends the connection before anything is reserved for it.

use std::io::IoSlice;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use kafka_protocol::messages::ApiKey;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use crate::wire::{WireError, frame};

/// The largest frame before a login, in bytes: with all that a connection needs beside it, it is at
/// most 64 KiB. The longest login, a token of 16 KiB, is far below.
pub(super) const GREETING_BYTES_MAX: usize = 48 * 1024;
/// The largest Produce request, in bytes: what brokers accept by default
/// (`socket.request.max.bytes`).
const PRODUCE_BYTES_MAX: usize = 100 * 1024 * 1024;
/// The largest other request, in bytes: the assignment of a group of some thousands fits.
const REQUEST_BYTES_MAX: usize = 8 * 1024 * 1024;
/// What an idle connection holds for its next request: most fit.
const IDLE_BYTES: usize = 512;
/// How far the buffer grows at once for a request that is arriving.
const GROW_BYTES: usize = 64 * 1024;
/// The same for a client that has logged in: what producers send at most by default
/// (`max.request.size`) arrives in one piece of memory.
const REQUEST_AT_ONCE_BYTES: usize = 1024 * 1024 + 4 * 1024;
/// Parts handed to the system in one write; it takes 1,024 at most (`IOV_MAX`).
const PARTS_PER_WRITE_MAX: usize = 256;
/// Parts below this size are written as one: copying so little costs less than a part does.
const GATHERED_BELOW: usize = 2 * 1024;
/// How long a client may take nothing of its answer.
const STALL_TIMEOUT: Duration = Duration::from_secs(30);

/// Why there is no next frame, or an answer is not written.
#[derive(Debug, thiserror::Error)]
pub(super) enum FrameError {
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error("the connection is gone")]
    Gone,
}

impl From<std::io::Error> for FrameError {
    fn from(_: std::io::Error) -> Self {
        Self::Gone
    }
}

/// A connection as frames.
pub(super) struct Frames<C> {
    connection: C,
    buffer: BytesMut,
    greeting: bool,
}

impl<C: AsyncRead + AsyncWrite + Unpin> Frames<C> {
    /// Begins with the limits of a greeting.
    pub(super) fn new(connection: C) -> Self {
        Self { connection, buffer: BytesMut::new(), greeting: true }
    }

    /// From now on the limits are those of a client that has logged in.
    pub(super) fn logged_in(&mut self) {
        self.greeting = false;
    }

    /// Whether a frame has begun to arrive.
    pub(super) fn has_begun(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// Ready when a frame has begun to arrive, or the client has closed.
    pub(super) async fn begun(&mut self) -> Result<(), FrameError> {
        if self.buffer.is_empty() {
            self.buffer.reserve(IDLE_BYTES);
            self.connection.read_buf(&mut self.buffer).await?;
        }
        Ok(())
    }

    /// The next frame without its length; `None`: the client closed between two frames. May be
    /// dropped at any await without losing bytes.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, FrameError> {
        loop {
            let missing = match self.length()? {
                Some(length) if self.buffer.len() >= frame::PREFIX_BYTES + length => {
                    self.buffer.advance(frame::PREFIX_BYTES);
                    let frame = self.buffer.split_to(length).freeze();
                    if self.buffer.is_empty() {
                        // What was read is let go of with the frame.
                        self.buffer = BytesMut::new();
                    }
                    return Ok(Some(frame));
                }
                Some(length) => frame::PREFIX_BYTES + length - self.buffer.len(),
                None => 0,
            };
            let room = self.buffer.capacity() - self.buffer.len();
            if room == 0 || (missing > room && room < IDLE_BYTES) {
                let at_once = if self.greeting { GROW_BYTES } else { REQUEST_AT_ONCE_BYTES };
                self.buffer.reserve(missing.clamp(IDLE_BYTES, at_once));
            }
            if self.connection.read_buf(&mut self.buffer).await? == 0 {
                return match self.buffer.is_empty() {
                    true => Ok(None),
                    false => Err(FrameError::Gone),
                };
            }
        }
    }

    /// The length of the frame that has begun, once it is known to be acceptable.
    fn length(&self) -> Result<Option<usize>, WireError> {
        let Some((prefix, rest)) = self.buffer.split_first_chunk() else {
            return Ok(None);
        };
        // Before the API is known: whatever any API may have.
        let length = frame::length(*prefix, self.bytes_max(None))?;
        if let Some((api, _)) = rest.split_first_chunk() {
            frame::length(*prefix, self.bytes_max(Some(i16::from_be_bytes(*api))))?;
        }
        Ok(Some(length))
    }

    fn bytes_max(&self, api: Option<i16>) -> usize {
        match api {
            _ if self.greeting => GREETING_BYTES_MAX,
            None => PRODUCE_BYTES_MAX,
            Some(api) if api == ApiKey::Produce as i16 => PRODUCE_BYTES_MAX,
            Some(_) => REQUEST_BYTES_MAX,
        }
    }

    /// Writes one frame of these parts.
    pub(super) async fn write(&mut self, head: &[u8], parts: &[Bytes]) -> Result<(), FrameError> {
        let length = head.len() + parts.iter().map(Bytes::len).sum::<usize>();
        let length = i32::try_from(length).map_err(|_| WireError::TooLarge)?;
        let pieces = gather(&length.to_be_bytes(), head, parts);
        let mut left: Vec<&[u8]> = pieces.iter().map(AsRef::as_ref).collect();
        left.reverse();
        while !left.is_empty() {
            let slices: Vec<IoSlice<'_>> = left
                .iter()
                .rev()
                .take(PARTS_PER_WRITE_MAX)
                .map(|part| IoSlice::new(part))
                .collect();
            let written = timeout(STALL_TIMEOUT, self.connection.write_vectored(&slices)).await;
            let written = written.map_err(|_| FrameError::Gone)??;
            if written == 0 {
                return Err(FrameError::Gone);
            }
            advance(&mut left, written);
        }
        let flushed = timeout(STALL_TIMEOUT, self.connection.flush()).await;
        Ok(flushed.map_err(|_| FrameError::Gone)??)
    }

    /// Says goodbye.
    pub(super) async fn close(&mut self) {
        // A client that does not listen is not waited for.
        let _ = timeout(Duration::from_secs(1), self.connection.shutdown()).await;
    }
}

/// A frame's pieces: length, head and parts in their order, small ones put together, large ones as
/// they are.
fn gather(length: &[u8], head: &[u8], parts: &[Bytes]) -> Vec<Bytes> {
    let is_small = |part: &&Bytes| part.len() < GATHERED_BELOW;
    let small = parts.iter().filter(is_small).map(Bytes::len).sum::<usize>();
    let mut own = BytesMut::with_capacity(length.len() + head.len() + small);
    own.extend_from_slice(length);
    own.extend_from_slice(head);
    let mut pieces = Vec::new();
    for part in parts {
        if is_small(&part) {
            own.extend_from_slice(part);
            continue;
        }
        if !own.is_empty() {
            pieces.push(own.split().freeze());
        }
        pieces.push(part.clone());
    }
    if !own.is_empty() {
        pieces.push(own.freeze());
    }
    pieces
}

/// Takes written bytes off the parts that are left, the next part last.
fn advance(left: &mut Vec<&[u8]>, mut written: usize) {
    while let Some(part) = left.pop() {
        if let Some(rest) = part.get(written..).filter(|rest| !rest.is_empty()) {
            left.push(rest);
            return;
        }
        written = written.saturating_sub(part.len());
    }
}

#[cfg(test)]
mod tests;
