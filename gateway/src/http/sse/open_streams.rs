//! The streams that are open on one hyper connection. While a client does not read, hyper does not
//! ask a body for more, so the body cannot notice that its permit has ended: the connection does.

use std::sync::Arc;
use std::time::Duration;

use catalog::Snapshot;
use parking_lot::Mutex;

use crate::authz::{self, Permit};
use crate::http::signal::{Listening, Signal};

/// How long bodies that are asked for more have to notice a change by themselves.
const GRACE: Duration = Duration::from_millis(300);

/// The permits of a connection's open streams.
#[derive(Default)]
pub struct OpenStreams {
    permits: Mutex<Vec<Arc<Mutex<Permit>>>>,
}

/// One stream's entry; gone when the stream is dropped.
pub struct Registered {
    permit: Arc<Mutex<Permit>>,
    open: Arc<OpenStreams>,
}

impl OpenStreams {
    /// Adds a stream.
    pub fn register(self: &Arc<Self>, permit: Permit) -> Registered {
        let permit = Arc::new(Mutex::new(permit));
        self.permits.lock().push(Arc::clone(&permit));
        Registered {
            permit,
            open: Arc::clone(self),
        }
    }

    /// Resolves when a stream should have ended, or changed its chain, and did not.
    pub async fn overdue(&self, signal: &Arc<Signal>) {
        let mut listening = Listening::new(Arc::clone(signal));
        loop {
            std::future::poll_fn(|context| listening.poll_told(context)).await;
            if self.is_stale(&signal.snapshot()) {
                tokio::time::sleep(GRACE).await;
                if self.is_stale(&signal.snapshot()) {
                    return;
                }
            }
        }
    }

    fn is_stale(&self, snapshot: &Snapshot) -> bool {
        self.permits.lock().iter().any(|permit| {
            let permit = permit.lock();
            let chain = |permit: &Permit| {
                permit
                    .grant()
                    .chain
                    .as_ref()
                    .map(|chain| chain.fingerprint())
                    .ok()
            };
            match authz::renew(&permit, snapshot) {
                Ok(renewed) => chain(&renewed) != chain(&permit),
                Err(_) => true,
            }
        })
    }
}

impl Registered {
    /// Notes what the stream works under now.
    pub fn renew(&self, permit: &Permit) {
        let mut known = self.permit.lock();
        if !Arc::ptr_eq(known.grant(), permit.grant()) {
            *known = permit.clone();
        }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.open
            .permits
            .lock()
            .retain(|permit| !Arc::ptr_eq(permit, &self.permit));
    }
}
