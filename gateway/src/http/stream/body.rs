//! The same stream as a body for hyper: HTTP/2, and HTTP/1.1 requests that are not plain.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame};

use super::cut::{Cut, Shared};
use super::source::Source;
use super::state::{Chunk, End, Stream};
use crate::http::BodyError;

/// A stream as a body.
pub struct StreamBody<S> {
    stream: Shared<S>,
    broken: Arc<AtomicBool>,
    pending: VecDeque<Bytes>,
}

impl<S: Source> StreamBody<S> {
    /// The body of this stream on the connection that `cut` watches.
    pub fn new(stream: Stream<S>, cut: &Cut<S>) -> Self {
        Self {
            stream: cut.watch(stream),
            broken: Arc::clone(cut.broken()),
            pending: VecDeque::new(),
        }
    }

    fn broken(&self) -> BodyError {
        self.broken.store(true, Ordering::Release);
        "the permit ended".into()
    }
}

impl<S: Source> Body for StreamBody<S> {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        let mut stream = this.stream.lock();
        if !this.pending.is_empty()
            && let Poll::Ready(_) = stream.poll_end(true, context)
        {
            return Poll::Ready(Some(Err(this.broken())));
        }
        while this.pending.is_empty() {
            let mut chunk = Chunk::default();
            match stream.poll_chunk(&mut chunk, context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(End::Closed)) => return Poll::Ready(None),
                Poll::Ready(Some(End::Reset)) => {
                    return Poll::Ready(Some(Err(this.broken())));
                }
                Poll::Ready(None) => {
                    this.pending.extend(chunk.shared);
                    if !chunk.own.is_empty() {
                        this.pending.push_back(Bytes::from(chunk.own));
                    }
                }
            }
        }
        // Hyper may not ask again for as long as the client takes nothing.
        stream.yield_turn();
        let data = this.pending.pop_front().unwrap_or_default();
        stream.wrote(data.len());
        Poll::Ready(Some(Ok(Frame::data(data))))
    }
}
