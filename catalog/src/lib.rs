//! The truth: clusters, endpoints, plans, applications, subscriptions, credentials, policies and
//! keys, validated whole, stored, and published as an immutable [`Snapshot`] by watch.

pub mod model;
mod snapshot;

pub use snapshot::{Grant, ResolvedCluster, ResolvedEndpoint, Snapshot, SnapshotReceiver};
