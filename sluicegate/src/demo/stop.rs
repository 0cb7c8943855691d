//! When the demo ends: Ctrl-C, or the signals by which others ask it to.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits for the first of them. Made before anything that must be cleaned up.
pub(super) struct Stop([Signal; 3]);

impl Stop {
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self([
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    pub(super) async fn asked(&mut self) {
        let Self([interrupt, terminate, hangup]) = self;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
