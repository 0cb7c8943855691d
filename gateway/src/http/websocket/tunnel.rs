//! A WebSocket through a stream of an HTTP/2 connection (RFC 8441): the same writer as on a
//! connection of its own. Hyper hands the tunnel over and has no way to reset it alone, so who may
//! have nothing more loses the stream if everything was taken, and the connection if not.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::{Client, Hears, ping};
use crate::http::stream::{Connection, Cut, GRACE, Outgoing, write_stream};

/// What is handed over at once, in bytes. Three such pieces may wait for the client's window.
const WRITE_BYTES_MAX: usize = 16 * 1024;
/// Writes after which the first of them has been taken: more than can wait.
const PROBES: usize = 4;
/// How long what was taken may be on its way to the socket.
const SETTLE: Duration = Duration::from_millis(20);

/// Writes to the client and hears it until either side ends the tunnel.
pub async fn carry<O: Outgoing + Hears>(upgrade: OnUpgrade, outgoing: Box<O>, cut: Arc<Cut>) {
    // Otherwise the client went away before it was answered.
    if let Ok(upgraded) = upgrade.await {
        let tunnel = Tunnel { stream: TokioIo::new(upgraded), cut };
        write_stream(tunnel, outgoing, Vec::new(), Box::<Client>::default()).await;
    }
}

/// The tunnel, on the connection that `cut` watches.
struct Tunnel {
    stream: TokioIo<Upgraded>,
    cut: Arc<Cut>,
}

impl Tunnel {
    /// Waits until the connection has taken everything that was written. It takes one write after
    /// the other, and each only when the client has a window for all before it.
    async fn taken(&mut self) -> io::Result<()> {
        let mut frame = Vec::new();
        ping(&mut frame);
        for _ in 0..PROBES {
            self.write_all(&frame).await?;
        }
        tokio::time::sleep(SETTLE).await;
        Ok(())
    }
}

impl Connection for Tunnel {
    fn reset(&self) {
        self.cut.break_off();
    }

    async fn discard(mut self) {
        let taken = tokio::time::timeout(GRACE, self.taken()).await;
        if taken.is_err() || self.cut.blocked().load(Ordering::Acquire) {
            self.reset();
        }
    }
}

impl AsyncRead for Tunnel {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let piece = bytes.get(..WRITE_BYTES_MAX).unwrap_or(bytes);
        Pin::new(&mut self.stream).poll_write(context, piece)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
