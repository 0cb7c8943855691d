//! Where the catalog lies between two starts. The only place that knows a database.
//!
//! A store keeps what it is given and compares one version number; what may be stored is decided
//! before. Correctness with several writers comes from that comparison inside the transaction.

pub mod activity;
mod kept;
mod limit;
mod postgres;
mod sending;
mod sqlite;

use std::{collections::BTreeMap, fmt, pin::Pin, sync::Arc};

pub use kept::{Kept, KeptId};
pub use postgres::PostgresStore;
pub use sending::Claim;
pub use sqlite::SqliteStore;

pub(crate) use limit::Limit;

use time::OffsetDateTime;
use tokio::sync::watch;

use crate::{
    audit::{Checkpoint, Entry, Head, Record, Signer},
    model::{Kind, Resource, Spec},
    resources::Resources,
    secret::Sealed,
};

/// What a store's functions return: boxed, so that a store can be chosen at run time.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps the catalog.
pub trait Store: Send + Sync + 'static {
    /// Everything there is, of one version.
    fn load(&self) -> StoreFuture<'_, Stored>;

    /// What changed after a version; `None`: the store cannot tell, everything is to be loaded.
    fn load_since(&self, _version: u64) -> StoreFuture<'_, Option<Later>> {
        Box::pin(async { Ok(None) })
    }

    /// The version now.
    fn version(&self) -> StoreFuture<'_, u64>;

    /// Makes a change whole or not at all, if the version still is `expected`; returns the next
    /// version.
    fn commit<'a>(&'a self, expected: u64, change: &'a Change) -> StoreFuture<'a, u64>;

    /// Writes what the audit is told, without changing anything else, if it is not told too often.
    fn record<'a>(&'a self, change: &'a Change) -> StoreFuture<'a, ()>;

    /// Records of the audit.
    fn records<'a>(&'a self, query: &'a AuditQuery) -> StoreFuture<'a, Vec<Record>>;

    /// The audit's checkpoints in their order.
    fn checkpoints(&self) -> StoreFuture<'_, Vec<Checkpoint>>;

    /// Writes records of a copy as they are, behind those that are there.
    fn restore_audit<'a>(
        &'a self,
        records: &'a [Record],
        checkpoints: &'a [Checkpoint],
    ) -> StoreFuture<'a, ()>;

    /// Keeps something unless it is kept already, and lets go of what has ended by `now`; tells
    /// whether it is kept now by this call: only one of those who ask hears that it is.
    fn keep<'a>(&'a self, kept: &'a Kept, now: i64) -> StoreFuture<'a, bool>;

    /// Keeps something in the place of what was kept there, at once.
    fn keep_instead<'a>(&'a self, kept: &'a Kept) -> StoreFuture<'a, ()>;

    /// What is kept and has not ended by `now`.
    fn kept(&self, what: &'static str, id: KeptId, now: i64) -> StoreFuture<'_, Option<Kept>>;

    /// Lets go of something; tells whether it was there: only one of those who ask hears that it
    /// was.
    fn forget(&self, what: &'static str, id: KeptId) -> StoreFuture<'_, bool>;

    /// Lets go of all that is somebody's.
    fn forget_all<'a>(&'a self, what: &'static str, subject: &'a str) -> StoreFuture<'a, ()>;

    /// Makes somebody the one who sends the audit to a sink, or renews that right; the last record
    /// that was sent. `None`: somebody else sends.
    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Option<u64>>;

    /// Keeps how far the audit was sent, and renews the right; `false`: it is somebody else's now.
    fn sent<'a>(&'a self, claim: &'a Claim, position: u64) -> StoreFuture<'a, bool>;

    /// Gives the right to send back.
    fn release<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, ()>;

    /// Changes whenever the audit may have got more records.
    fn audited(&self) -> watch::Receiver<u64>;

    /// Tells that others may have changed the catalog, where others can. The number is a version
    /// that was heard of; 0: look.
    fn changes(&self) -> Option<watch::Receiver<u64>> {
        None
    }

    /// Tells since when the store is away, where it can be.
    fn lost(&self) -> Option<watch::Receiver<Option<OffsetDateTime>>> {
        None
    }
}

/// Which records of the audit; all that is said must hold.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Of this kind of resource.
    pub kind: Option<Kind>,
    /// Of this resource, such as `Subscription/shipping-orders`.
    pub subject: Option<String>,
    /// Of this type, such as `io.sluicegate.subscription.approved.v1`.
    pub event_type: Option<String>,
    /// By whom.
    pub actor: Option<String>,
    /// From this moment on (RFC 3339, UTC).
    pub since: Option<String>,
    /// Before this moment (RFC 3339, UTC).
    pub until: Option<String>,
    /// Beyond this record in the order asked for.
    pub after: Option<u64>,
    /// Whether the oldest come first.
    pub oldest_first: bool,
    /// How many at most.
    pub limit: u32,
}

/// Why a store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else changed the catalog in between.
    #[error("the catalog was changed by somebody else at the same time; try again")]
    Conflict,
    /// It may be told again after this time only.
    #[error("it was told too often; try again in {} seconds", .wait.as_secs())]
    TooOften {
        /// Until then.
        wait: std::time::Duration,
    },
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

/// What changed after a version. Credentials carry their verifiers.
#[derive(Default)]
pub struct Later {
    pub(crate) version: u64,
    /// Resources that went, or went and came again.
    pub(crate) gone: Vec<(Kind, String)>,
    /// Resources that are there now and were changed.
    pub(crate) put: Vec<(Arc<str>, Arc<Resource>)>,
    /// All sealed secrets: they are few.
    pub(crate) sealed: BTreeMap<String, Sealed>,
}

/// A validated change. Opaque outside of stores.
#[derive(Default)]
pub struct Change {
    pub(crate) put: Vec<(Arc<str>, Arc<Resource>)>,
    pub(crate) delete: Vec<(Kind, Arc<str>)>,
    pub(crate) seal: Vec<(String, Sealed)>,
    pub(crate) unseal: Vec<String>,
    /// What the audit is told of it.
    pub(crate) entries: Vec<Entry>,
    /// Who signs where the audit stands after it.
    pub(crate) signer: Option<Arc<Signer>>,
    /// How often the first entry may be told; only what changes nothing else has such a limit.
    pub(crate) limit: Option<Limit>,
}

impl Change {
    /// The records and the checkpoint that it leaves behind `head`: made inside the transaction,
    /// because the chain has one end.
    fn records(&self, mut head: Head) -> (Vec<Record>, Option<Checkpoint>) {
        let records = self.entries.iter().map(|entry| head.append(entry)).collect();
        let at = self.entries.last().map(|entry| entry.at);
        let signer = self.signer.as_ref();
        (records, signer.zip(at).map(|(signer, at)| signer.sign(head, at)))
    }

    /// What may be told so often only.
    fn limited(&self) -> Option<(&Limit, &Entry)> {
        self.limit.as_ref().zip(self.entries.first())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.put.is_empty() && self.delete.is_empty() && self.seal.is_empty()
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Change({} put, {} deleted)", self.put.len(), self.delete.len())
    }
}

/// A resource from the texts of its row.
fn resource_of(kind: &str, name: &str, labels: &str, spec: &str) -> Result<Resource, StoreError> {
    let what = format!("{kind}/{name}");
    let kind: Kind = kind.parse().map_err(|()| unreadable(&what, "its kind is unknown"))?;
    let labels = serde_json::from_str(labels).map_err(|error| unreadable(&what, error))?;
    let mut spec = serde_json::Deserializer::from_str(spec);
    let spec = Spec::deserialize(kind, &mut spec).map_err(|error| unreadable(&what, error))?;
    Ok(Resource { labels, spec })
}

fn unreadable(what: &str, reason: impl fmt::Display) -> StoreError {
    StoreError::Unreadable { what: what.to_owned(), reason: reason.to_string() }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        StoreError::Database(error.to_string())
    }
}
