//! What can go wrong between the gateway and a broker, before it is told to callers.

use super::UpstreamError;

/// A failed connection attempt or call. The reason holds no secret and no payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) kind: FailureKind,
    pub(super) reason: String,
}

/// What kind of failure it is: decides whether another address may help and how often to retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureKind {
    /// No connection, a connection that broke, or no answer in time.
    Unreachable,
    /// TLS could not be set up.
    Tls,
    /// The login was refused, or the gateway has nothing to log in with.
    Login,
    /// The broker speaks, but not what was expected.
    Protocol,
}

impl Failure {
    pub(super) fn new(kind: FailureKind, reason: impl Into<String>) -> Self {
        Self { kind, reason: reason.into() }
    }

    pub(super) fn unreachable(reason: impl Into<String>) -> Self {
        Self::new(FailureKind::Unreachable, reason)
    }

    pub(super) fn protocol(reason: impl Into<String>) -> Self {
        Self::new(FailureKind::Protocol, reason)
    }

    pub(super) fn login(reason: impl Into<String>) -> Self {
        Self::new(FailureKind::Login, reason)
    }

    /// The same failure with the address at which it happened.
    pub(super) fn at(self, address: &str) -> Self {
        Self { kind: self.kind, reason: format!("{address}: {}", self.reason) }
    }

    pub(super) fn into_error(self, cluster: &str) -> UpstreamError {
        let cluster = cluster.to_owned();
        let reason = self.reason;
        match self.kind {
            FailureKind::Tls | FailureKind::Login => UpstreamError::Refused { cluster, reason },
            FailureKind::Unreachable | FailureKind::Protocol => {
                UpstreamError::Unavailable { cluster, reason }
            }
        }
    }
}
