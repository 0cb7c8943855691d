#![doc = include_str!("../README.md")]

pub mod activity;
mod actor;
pub mod asyncapi;
pub mod audit;
pub mod backup;
mod breaks;
mod catalog;
mod chains;
mod change;
pub mod change_report;
mod clock;
mod described;
pub mod document;
mod feed;
pub mod formats;
mod identities;
pub mod inspect;
pub mod jobs;
mod lifecycle;
pub mod messages;
pub mod model;
mod named;
mod notices;
mod once;
pub mod people;
mod plan_change;
mod precondition;
mod problem;
mod references;
mod resolve;
mod resources;
pub mod search;
mod secret;
mod select;
mod snapshot;
mod stale;
mod state;
pub mod store;
pub mod ticket;

pub use actor::{Actor, ActorKind};
pub use breaks::Breaks;
pub use catalog::{Catalog, PAGE_ITEMS_MAX, Page};
pub use change::{Action, Applied, AppliedResource, ApplyError, ApplyOptions, IssuedSecret, Sides};
pub use clock::Clock;
pub use described::DescribeError;
pub use document::Document;
pub use feed::{Changed, ChangedResource, Since};
pub use identities::{Ambiguous, Identities};
pub use lifecycle::{
    EndpointDetails, EndpointMove, PolicyMove, SubscriptionDetails, SubscriptionMove,
};
pub use notices::Notice;
pub use once::{Before, Once};
pub use precondition::{Asking, Demand, Precondition, etag};
pub use problem::Problem;
pub use secret::{MasterKey, MasterKeyError, SecretText, Secrets, credential_id};
pub use select::{Filter, Order};
pub use snapshot::{
    Grant, GrantsByEndpoint, ResolvedCluster, ResolvedEndpoint, Snapshot, SnapshotReceiver,
};
pub use stale::Staleness;
