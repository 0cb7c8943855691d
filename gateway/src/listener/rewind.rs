//! A connection with the bytes that were already read put back in front, and which can be told from
//! outside to end with a reset.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::http::Connection;

/// Reads `front` first, then the connection.
pub struct Rewind<C: Connection> {
    front: Bytes,
    connection: C,
    resetting: Arc<AtomicBool>,
    /// Whether the client does not take what it has.
    blocked: Arc<AtomicBool>,
}

impl<C: Connection> Rewind<C> {
    /// Puts `front` back in front of the connection, which says in `blocked` whether it is.
    pub fn new(front: Bytes, connection: C, blocked: Arc<AtomicBool>) -> Self {
        Self { front, connection, resetting: Arc::default(), blocked }
    }

    fn note<T>(&self, outcome: Poll<T>) -> Poll<T> {
        self.blocked.store(outcome.is_pending(), Ordering::Release);
        outcome
    }

    /// Whether the connection is reset, what is unsent discarded, when this is dropped.
    pub fn resetting(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.resetting)
    }
}

impl<C: Connection> Drop for Rewind<C> {
    fn drop(&mut self) {
        if self.resetting.load(Ordering::Acquire) {
            self.connection.reset();
        }
    }
}

impl<C: Connection> AsyncRead for Rewind<C> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.front.is_empty() {
            return Pin::new(&mut self.connection).poll_read(context, buffer);
        }
        let length = self.front.len().min(buffer.remaining());
        buffer.put_slice(self.front.get(..length).unwrap_or_default());
        self.front.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl<C: Connection> AsyncWrite for Rewind<C> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.connection).poll_write(context, bytes);
        self.note(wrote)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.connection).poll_flush(context);
        self.note(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.connection).poll_write_vectored(context, parts);
        self.note(wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.connection.is_write_vectored()
    }
}
