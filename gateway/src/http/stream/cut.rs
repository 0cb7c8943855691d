//! Ends connections of hyper whose streams may not go on. Hyper asks a body for more only when the
//! client takes what it has: a body alone cannot notice that its permit ended while the client
//! does not read. So each connection watches its streams from beside hyper.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::source::Source;
use super::state::Stream;
use crate::http::signal::{Listening, Signal};
use crate::reader::Reader;

/// How long a body that is being read may take to end by itself or to go on under a changed chain:
/// a client that reads loses only its stream, not the connection.
pub const GRACE: Duration = Duration::from_millis(200);

/// A stream that hyper's body and the watch share.
pub type Shared<S> = Arc<Mutex<Stream<S>>>;

/// The streams of one connection.
pub struct Cut<S = Reader> {
    streams: Mutex<Vec<Weak<Mutex<Stream<S>>>>>,
    broken: Arc<AtomicBool>,
    blocked: Arc<AtomicBool>,
    breaking: Notify,
}

impl<S> Default for Cut<S> {
    fn default() -> Self {
        Self {
            streams: Mutex::default(),
            broken: Arc::default(),
            blocked: Arc::default(),
            breaking: Notify::new(),
        }
    }
}

impl<S: Source> Cut<S> {
    /// Watches this stream for as long as its body lives.
    pub fn watch(&self, stream: Stream<S>) -> Shared<S> {
        let stream = Arc::new(Mutex::new(stream));
        let mut streams = self.streams.lock();
        streams.retain(|known| known.strong_count() > 0);
        streams.push(Arc::downgrade(&stream));
        stream
    }

    /// Set by a body whose permit ended: what is unsent on its connection may be discarded.
    pub fn broken(&self) -> &Arc<AtomicBool> {
        &self.broken
    }

    /// Whether a body broke off because its permit ended.
    pub fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Acquire)
    }

    /// Whether the client does not take what the connection has: kept by the connection.
    pub fn blocked(&self) -> &Arc<AtomicBool> {
        &self.blocked
    }

    /// Ends the connection: something on it may not reach the client any more.
    pub fn break_off(&self) {
        self.breaking.notify_one();
    }

    /// Waits until a stream must end and its body does not notice, or until it is broken off.
    pub async fn due(&self, signal: &Arc<Signal>) {
        tokio::select! {
            () = self.breaking.notified() => {}
            () = self.behind(signal) => {}
        }
    }

    async fn behind(&self, signal: &Arc<Signal>) {
        let mut listening = Listening::new(Arc::clone(signal));
        loop {
            let told = std::future::poll_fn(|context| listening.poll_told(context));
            match self.expires() {
                None => told.await,
                Some(at) => {
                    // Late or told: either way the streams are looked at.
                    let _ = tokio::time::timeout_at(at, told).await;
                }
            }
            if self.any_behind() {
                tokio::time::sleep(GRACE).await;
                if self.any_behind() {
                    return;
                }
            }
        }
    }

    /// The nearest moment at which a credential expires.
    fn expires(&self) -> Option<Instant> {
        let streams = self.streams.lock();
        let alive = streams.iter().filter_map(Weak::upgrade);
        alive.filter_map(|stream| stream.lock().expires()).min()
    }

    fn any_behind(&self) -> bool {
        let streams = self.streams.lock();
        let mut alive = streams.iter().filter_map(Weak::upgrade);
        alive.any(|stream| stream.lock().is_behind())
    }
}
