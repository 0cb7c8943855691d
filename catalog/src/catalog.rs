//! The catalog: one state, one writer at a time, snapshots to whoever listens.

use std::{path::Path, sync::Arc};

use parking_lot::RwLock;
use tokio::sync::{Mutex, watch};

use crate::{
    change::{Applied, ApplyError, ApplyOptions, Intent, SubscriptionMove},
    document::Document,
    model::{Export, Kind},
    plan_change::{Planned, plan},
    resources::export,
    secret::Secrets,
    snapshot::{Snapshot, SnapshotReceiver},
    state::State,
    store::{SqliteStore, Store, StoreError},
};

/// How often a change is worked out again because somebody else changed the store in between.
const CONFLICT_RETRIES_MAX: usize = 3;
/// Most resources of one page of a list.
pub const PAGE_ITEMS_MAX: usize = 1000;

/// What exists and who may use it. Cheap to clone: all clones are the same catalog.
#[derive(Clone)]
pub struct Catalog {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn Store>,
    secrets: Secrets,
    state: RwLock<Arc<State>>,
    writer: Mutex<()>,
    snapshots: watch::Sender<Arc<Snapshot>>,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Resources in the order of their names.
    pub items: Vec<Export>,
    /// The last name of this page when more follow: the next page begins after it.
    pub next: Option<String>,
}

impl Catalog {
    /// Opens the catalog in a SQLite file, which is made if there is none.
    ///
    /// # Errors
    /// When the file cannot be used. A secret that cannot be read is no error: see
    /// [`Snapshot::problems`].
    pub async fn open(path: &Path, secrets: Secrets) -> Result<Self, StoreError> {
        Self::with_store(Arc::new(SqliteStore::open(path).await?), secrets).await
    }

    /// A catalog that ends with the process.
    ///
    /// # Errors
    /// When SQLite fails.
    pub async fn in_memory(secrets: Secrets) -> Result<Self, StoreError> {
        Self::with_store(Arc::new(SqliteStore::in_memory().await?), secrets).await
    }

    /// Opens the catalog in any store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn with_store(store: Arc<dyn Store>, secrets: Secrets) -> Result<Self, StoreError> {
        let stored = store.load().await?;
        let reader = secrets.clone();
        let load = move || State::load(stored, &reader, &State::default());
        let state = off_thread(load).await.map_err(StoreError::Database)?;
        let snapshots = watch::Sender::new(state.snapshot.clone());
        let (state, writer) = (RwLock::new(Arc::new(state)), Mutex::new(()));
        Ok(Self { inner: Arc::new(Inner { store, secrets, state, writer, snapshots }) })
    }

    /// Makes resources be as the documents say: all of them, or none.
    ///
    /// Runs to its end even if the caller stops waiting, so that what is stored is also served.
    ///
    /// # Errors
    /// Every problem of the documents and of what they would break.
    pub async fn apply(
        &self,
        documents: &[Document],
        options: ApplyOptions,
    ) -> Result<Applied, ApplyError> {
        self.run(Intent::Apply(documents.to_vec(), options)).await
    }

    /// Deletes a resource that nothing refers to.
    ///
    /// # Errors
    /// [`ApplyError::NotFound`], or [`ApplyError::Referenced`] with who refers to it.
    pub async fn delete(&self, kind: Kind, name: &str) -> Result<Applied, ApplyError> {
        self.run(Intent::Delete(kind, name.to_owned())).await
    }

    /// Suspends, resumes or revokes a subscription. Doing it twice is no error.
    ///
    /// # Errors
    /// [`ApplyError::NotFound`], or [`ApplyError::WrongState`].
    pub async fn move_subscription(
        &self,
        name: &str,
        to: SubscriptionMove,
    ) -> Result<Applied, ApplyError> {
        self.run(Intent::Move(name.to_owned(), to)).await
    }

    /// Revokes a credential, for ever. Doing it twice is no error.
    ///
    /// # Errors
    /// [`ApplyError::NotFound`].
    pub async fn revoke_credential(&self, name: &str) -> Result<Applied, ApplyError> {
        self.run(Intent::RevokeCredential(name.to_owned())).await
    }

    /// Reads the store and all secrets again, and publishes a snapshot.
    ///
    /// # Errors
    /// When the store cannot be read; then the old snapshot stays.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let inner = self.inner.clone();
        let task = tokio::spawn(async move {
            let _writer = inner.writer.lock().await;
            inner.reload().await.map(|_| ())
        });
        task.await.map_err(|error| StoreError::Database(error.to_string()))?
    }

    /// A resource as it was applied, without secrets.
    pub fn find(&self, kind: Kind, name: &str) -> Option<Export> {
        let state = self.inner.state.read().clone();
        state.resources.find(kind, name).and_then(|resource| export(name, resource).ok())
    }

    /// Resources of a kind whose names follow `after` (none: from the first), at most `limit`.
    pub fn list(&self, kind: Kind, after: Option<&str>, limit: usize) -> Page {
        let state = self.inner.state.read().clone();
        let limit = limit.clamp(1, PAGE_ITEMS_MAX);
        let mut rest = state.resources.after(kind, after.unwrap_or_default());
        let items: Vec<Export> = rest
            .by_ref()
            .take(limit)
            .filter_map(|(name, resource)| export(name, resource).ok())
            .collect();
        let last = items.last().map(|item| item.metadata.name.clone());
        Page { next: last.filter(|_| rest.next().is_some()), items }
    }

    /// The version now, with all that it is made of.
    pub(crate) fn state(&self) -> Arc<State> {
        self.inner.state.read().clone()
    }

    /// The snapshot now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.inner.snapshots.borrow().clone()
    }

    /// Gets each new snapshot.
    pub fn subscribe(&self) -> SnapshotReceiver {
        self.inner.snapshots.subscribe()
    }

    async fn run(&self, intent: Intent) -> Result<Applied, ApplyError> {
        let inner = self.inner.clone();
        // A task of its own: a caller that goes away between "stored" and "published" must not
        // leave a revocation unpublished.
        let task = tokio::spawn(async move { inner.run(Arc::new(intent)).await });
        task.await.map_err(|_| ApplyError::Internal)?
    }
}

impl Inner {
    async fn run(&self, intent: Arc<Intent>) -> Result<Applied, ApplyError> {
        let _writer = self.writer.lock().await;
        let mut retries = 0;
        loop {
            let Planned { next, change, applied, dry_run } = self.plan(intent.clone()).await?;
            if dry_run || change.is_empty() {
                return Ok(applied);
            }
            let expected = self.state.read().snapshot.version;
            match self.store.commit(expected, &change).await {
                Ok(_) => {
                    self.publish(next);
                    return Ok(applied);
                }
                Err(StoreError::Conflict) if retries < CONFLICT_RETRIES_MAX => {
                    retries += 1;
                    self.reload().await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn plan(&self, intent: Arc<Intent>) -> Result<Planned, ApplyError> {
        let (base, secrets) = (self.state.read().clone(), self.secrets.clone());
        let planned = off_thread(move || plan(&base, &intent, &secrets)).await;
        planned.map_err(|_| ApplyError::Internal)?
    }

    async fn reload(&self) -> Result<(), StoreError> {
        let stored = self.store.load().await?;
        let (before, secrets) = (self.state.read().clone(), self.secrets.clone());
        let load = move || State::load(stored, &secrets, &before);
        let state = off_thread(load).await.map_err(StoreError::Database)?;
        self.publish(state);
        Ok(())
    }

    fn publish(&self, state: State) {
        let snapshot = state.snapshot.clone();
        *self.state.write() = Arc::new(state);
        self.snapshots.send_replace(snapshot);
    }
}

/// Work that computes or reads files, off the threads that serve.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())
}
