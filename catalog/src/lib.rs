#![doc = include_str!("../README.md")]

pub mod activity;
pub mod asyncapi;
mod catalog;
mod chains;
mod change;
mod described;
pub mod document;
mod identities;
pub mod model;
mod plan_change;
mod problem;
mod references;
mod resolve;
mod resources;
mod secret;
mod snapshot;
mod state;
pub mod store;

pub use catalog::{Catalog, PAGE_ITEMS_MAX, Page};
pub use change::{
    Action, Applied, AppliedResource, ApplyError, ApplyOptions, IssuedSecret, SubscriptionMove,
};
pub use described::DescribeError;
pub use document::Document;
pub use identities::{Ambiguous, Identities};
pub use problem::Problem;
pub use secret::{MasterKey, MasterKeyError, SecretText, Secrets, credential_id};
pub use snapshot::{Grant, ResolvedCluster, ResolvedEndpoint, Snapshot, SnapshotReceiver};
