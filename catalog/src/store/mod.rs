//! Where the catalog lies between two starts. The only place that knows a database.
//!
//! A store keeps what it is given and compares one version number; what may be stored is decided
//! before. Correctness with several writers comes from that comparison inside the transaction.

pub mod activity;
mod sqlite;

use std::{collections::BTreeMap, fmt, pin::Pin, sync::Arc};

pub use sqlite::SqliteStore;

use crate::{
    model::{Kind, Resource},
    resources::Resources,
    secret::Sealed,
};

/// What a store's functions return: boxed, so that a store can be chosen at run time.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps the catalog.
pub trait Store: Send + Sync + 'static {
    /// Everything there is, of one version.
    fn load(&self) -> StoreFuture<'_, Stored>;

    /// The version now.
    fn version(&self) -> StoreFuture<'_, u64>;

    /// Makes a change whole or not at all, if the version still is `expected`; returns the next
    /// version.
    fn commit<'a>(&'a self, expected: u64, change: &'a Change) -> StoreFuture<'a, u64>;
}

/// Why a store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else changed the catalog in between.
    #[error("the catalog was changed by somebody else at the same time; try again")]
    Conflict,
    /// The database cannot be reached or refuses.
    #[error("the catalog's database: {0}")]
    Database(String),
    /// The database holds something that this version cannot read.
    #[error("the catalog's database holds {what} that cannot be read: {reason}")]
    Unreadable {
        /// Which row.
        what: String,
        /// Why.
        reason: String,
    },
}

/// All that a store holds. Credentials carry their verifiers.
#[derive(Default)]
pub struct Stored {
    pub(crate) version: u64,
    pub(crate) resources: Resources,
    pub(crate) sealed: BTreeMap<String, Sealed>,
}

/// A validated change. Opaque outside of stores.
#[derive(Default)]
pub struct Change {
    pub(crate) put: Vec<(Arc<str>, Arc<Resource>)>,
    pub(crate) delete: Vec<(Kind, Arc<str>)>,
    pub(crate) seal: Vec<(String, Sealed)>,
    pub(crate) unseal: Vec<String>,
}

impl Change {
    pub(crate) fn is_empty(&self) -> bool {
        self.put.is_empty() && self.delete.is_empty() && self.seal.is_empty()
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Change({} put, {} deleted)", self.put.len(), self.delete.len())
    }
}
