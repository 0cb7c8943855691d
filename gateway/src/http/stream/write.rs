//! Writes a stream straight to its socket: no body machinery, no queue. What is not written yet is
//! at most one chunk; a client that does not read is simply waited for.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use smallvec::SmallVec;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::source::Source;
use super::state::{Chunk, End, Stream};

/// How long a closing connection may take to be told goodbye.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection that can be reset: what the kernel has not sent yet is discarded.
pub trait Connection: AsyncRead + AsyncWrite + Unpin + Send {
    /// Makes the close that follows a reset.
    fn reset(&self);

    /// Ends it so that nothing that is unsent reaches the client.
    fn discard(self) -> impl Future<Output = ()> + Send
    where
        Self: Sized,
    {
        async move { self.reset() }
    }
}

impl Connection for TcpStream {
    fn reset(&self) {
        // A failure leaves an ordinary close.
        let _ = socket2::SockRef::from(self).set_linger(Some(Duration::ZERO));
    }
}

impl Connection for TlsStream<TcpStream> {
    fn reset(&self) {
        self.get_ref().0.reset();
    }
}

/// What says what to write.
pub trait Outgoing: Send {
    /// Fills `chunk` (empty) with what to write next.
    fn poll_chunk(&mut self, chunk: &mut Chunk, context: &mut Context<'_>) -> Poll<Option<End>>;

    /// Whether a chunk of which part is written may not be written on.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<End>;

    /// The client does not take what it has.
    fn yield_turn(&mut self);

    /// Counts what was written.
    fn wrote(&mut self, bytes: usize);
}

impl<S: Source> Outgoing for Stream<S> {
    fn poll_chunk(&mut self, chunk: &mut Chunk, context: &mut Context<'_>) -> Poll<Option<End>> {
        Stream::poll_chunk(self, chunk, context)
    }

    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<End> {
        Stream::poll_end(self, true, context)
    }

    fn yield_turn(&mut self) {
        Stream::yield_turn(self);
    }

    fn wrote(&mut self, bytes: usize) {
        Stream::wrote(self, bytes);
    }
}

/// What the client does meanwhile.
pub trait Peer<O>: Send {
    /// Takes in what it says.
    ///
    /// # Errors
    /// When it is gone.
    fn poll(
        &mut self,
        connection: &mut impl Connection,
        outgoing: &mut O,
        context: &mut Context<'_>,
    ) -> io::Result<()>;

    /// What it is to be told between two chunks.
    fn output(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// Whether that was the last of all.
    fn end(&self) -> Option<End> {
        None
    }

    /// Whether it was not heard to the end and may be heard now: nothing wakes the task for that.
    fn is_unheard(&self, _: &O) -> bool {
        false
    }

    /// It takes nothing now.
    fn blocks(&mut self) {}

    /// It took what it was told.
    fn takes(&mut self) {}

    /// Whether it has been silent for too long.
    fn is_silent(&self) -> bool {
        false
    }
}

/// A client that says nothing after its request: one that closes its side, or that sends anything,
/// is done.
pub struct Silent;

impl<O> Peer<O> for Silent {
    fn poll(
        &mut self,
        connection: &mut impl Connection,
        _: &mut O,
        context: &mut Context<'_>,
    ) -> io::Result<()> {
        let mut byte = [0; 1];
        let mut buffer = ReadBuf::new(&mut byte);
        match Pin::new(connection).poll_read(context, &mut buffer) {
            Poll::Pending => Ok(()),
            Poll::Ready(Ok(())) => Err(io::ErrorKind::ConnectionAborted.into()),
            Poll::Ready(Err(error)) => Err(error),
        }
    }
}

/// Writes the answer's head and the stream until either side ends it. The client is in a box: the
/// streams of those who say nothing do not carry room for what others say.
pub async fn write_stream<O: Outgoing>(
    mut connection: impl Connection,
    mut stream: Box<O>,
    head: Vec<u8>,
    mut peer: Box<impl Peer<O>>,
) {
    let mut chunk = Chunk { own: head, ..Chunk::default() };
    let mut written = 0;
    let end = poll_fn(|context| {
        loop {
            peer.poll(&mut connection, &mut *stream, context)?;
            let on = (&mut connection, &mut *peer);
            let end = poll_write(on, &mut *stream, (&mut chunk, &mut written), context);
            if end.is_ready() || !peer.is_unheard(&stream) {
                return end;
            }
        }
    });
    match end.await {
        // In boxes of their own: while the stream lasts it does not carry its end along.
        Ok(End::Closed) => {
            let closing = tokio::time::timeout(CLOSE_TIMEOUT, connection.shutdown());
            let _ = Box::pin(closing).await;
        }
        Ok(End::Reset) => Box::pin(connection.discard()).await,
        // The client went away.
        Err(_) => {}
    }
}

fn poll_write<O: Outgoing>(
    (connection, peer): (&mut impl Connection, &mut impl Peer<O>),
    stream: &mut O,
    (chunk, written): (&mut Chunk, &mut usize),
    context: &mut Context<'_>,
) -> Poll<io::Result<End>> {
    loop {
        let length = chunk.own.len() + chunk.shared.iter().map(|part| part.len()).sum::<usize>();
        if *written < length {
            if let Poll::Ready(end) = stream.poll_end(context) {
                return Poll::Ready(Ok(end));
            }
            let parts = unwritten(chunk, *written);
            let connection = Pin::new(&mut *connection);
            let wrote = match parts.as_slice() {
                [part] => connection.poll_write(context, part),
                parts => connection.poll_write_vectored(context, parts),
            };
            let Poll::Ready(n) = wrote else {
                stream.yield_turn();
                peer.blocks();
                return Poll::Pending;
            };
            let n = n?;
            if n == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *written += n;
            stream.wrote(n);
            continue;
        }
        if length > 0 {
            // TLS may hold all of the chunk while the client takes nothing.
            match Pin::new(&mut *connection).poll_flush(context) {
                Poll::Ready(flushed) => flushed?,
                Poll::Pending => {
                    stream.yield_turn();
                    peer.blocks();
                    return stream.poll_end(context).map(Ok);
                }
            }
        }
        chunk.shared.clear();
        chunk.own.clear();
        *written = 0;
        peer.takes();
        chunk.own = peer.output();
        if !chunk.own.is_empty() {
            continue;
        }
        if let Some(end) = peer.end() {
            return Poll::Ready(Ok(end));
        }
        if peer.is_silent() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        if let Some(end) = ready!(stream.poll_chunk(chunk, context)) {
            return Poll::Ready(Ok(end));
        }
    }
}

/// What of the chunk is left: shared parts first, then the stream's own bytes.
fn unwritten(chunk: &Chunk, mut skip: usize) -> SmallVec<[IoSlice<'_>; 4]> {
    let parts = chunk.shared.iter().map(|part| part.as_ref());
    let mut left = SmallVec::new();
    for part in parts.chain(std::iter::once(chunk.own.as_slice())) {
        match part.get(skip..) {
            Some(rest) => {
                if !rest.is_empty() {
                    left.push(IoSlice::new(rest));
                }
                skip = 0;
            }
            None => skip -= part.len(),
        }
    }
    left
}

#[cfg(test)]
mod tests;
