//! The catalog: one state, one writer at a time, snapshots to whoever listens.

use std::{
    path::Path,
    sync::{Arc, Weak},
};

use parking_lot::RwLock;
use time::OffsetDateTime;
use tokio::sync::{Mutex, watch};

use crate::{
    actor::Actor,
    audit::{Checkpoint, Entry, Record},
    change::{Applied, ApplyError, ApplyOptions, Intent},
    clock::Clock,
    document::Document,
    feed::{Feed, Since},
    lifecycle::{self, EndpointDetails, EndpointMove, SubscriptionDetails, SubscriptionMove},
    model::{CredentialKind, Export, Kind},
    plan_change::{Ground, Planned, plan},
    resources::export,
    secret::{Secrets, verifier_text},
    select::{self, Filter, Order},
    snapshot::{Snapshot, SnapshotReceiver},
    state::State,
    store::{AuditQuery, Change, SqliteStore, Store, StoreError},
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
    clock: Clock,
    state: RwLock<Arc<State>>,
    writer: Mutex<()>,
    snapshots: watch::Sender<Arc<Snapshot>>,
    feed: Feed,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Resources in the order of their names.
    pub items: Vec<Export>,
    /// The last name of this page when more follow: the next page begins after it.
    pub next: Option<String>,
    /// How many there are on all pages.
    pub total: usize,
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
        Self::with_clock(store, secrets, Clock::default()).await
    }

    /// Opens the catalog in any store, by another clock than the system's: for tests.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn with_clock(
        store: Arc<dyn Store>,
        secrets: Secrets,
        clock: Clock,
    ) -> Result<Self, StoreError> {
        let stored = store.load().await?;
        let reader = secrets.clone();
        let load = move || State::load(stored, &reader, &State::default());
        let state = off_thread(load).await.map_err(StoreError::Database)?;
        let snapshots = watch::Sender::new(state.snapshot.clone());
        let changes = store.changes();
        let (state, writer) = (RwLock::new(Arc::new(state)), Mutex::new(()));
        let feed = Feed::new(snapshots.borrow().version);
        let inner = Arc::new(Inner { store, secrets, clock, state, writer, snapshots, feed });
        if let Some(changes) = changes {
            tokio::spawn(follow(Arc::downgrade(&inner), changes));
        }
        Ok(Self { inner })
    }

    /// Makes resources be as the documents say: all of them, or none.
    ///
    /// Runs to its end even if the caller stops waiting, so that what is stored is also served.
    ///
    /// # Errors
    /// Every problem of the documents and of what they would break.
    pub async fn apply(
        &self,
        actor: &Actor,
        documents: &[Document],
        options: ApplyOptions,
    ) -> Result<Applied, ApplyError> {
        self.run(actor, Intent::Apply(documents.to_vec(), options)).await
    }

    /// Deletes a resource that nothing refers to.
    ///
    /// # Errors
    /// [`ApplyError::NotFound`], or [`ApplyError::Referenced`] with who refers to it.
    pub async fn delete(
        &self,
        actor: &Actor,
        kind: Kind,
        name: &str,
    ) -> Result<Applied, ApplyError> {
        self.run(actor, Intent::Delete(kind, name.to_owned())).await
    }

    /// Approves, suspends, revokes a subscription, and so on. What is done already is no error.
    ///
    /// # Errors
    /// [`ApplyError::NotFound`], or [`ApplyError::WrongState`] with what can be done instead.
    pub async fn move_subscription(
        &self,
        actor: &Actor,
        name: &str,
        by: SubscriptionMove,
        details: SubscriptionDetails,
    ) -> Result<Applied, ApplyError> {
        self.run(actor, Intent::MoveSubscription(name.to_owned(), by, details)).await
    }

    /// Publishes, deprecates, retires an endpoint, and so on. What is done already is no error.
    ///
    /// # Errors
    /// [`ApplyError::NotFound`], [`ApplyError::WrongState`] with what can be done instead, or
    /// [`ApplyError::Invalid`] when the successor is not there.
    pub async fn move_endpoint(
        &self,
        actor: &Actor,
        name: &str,
        by: EndpointMove,
        details: EndpointDetails,
    ) -> Result<Applied, ApplyError> {
        self.run(actor, Intent::MoveEndpoint(name.to_owned(), by, details)).await
    }

    /// Ends the subscriptions whose time is over; returns when the next one ends by itself.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn expire_due(&self) -> Result<Option<OffsetDateTime>, ApplyError> {
        if self.next_due().is_some_and(|due| due <= self.inner.clock.now()) {
            self.run(&Actor::system("expiry"), Intent::ExpireDue).await?;
        }
        Ok(self.next_due())
    }

    /// When the next subscription ends by itself.
    fn next_due(&self) -> Option<OffsetDateTime> {
        lifecycle::next_due(&self.state().resources)
    }

    /// Revokes a credential, for ever. Doing it twice is no error.
    ///
    /// # Errors
    /// [`ApplyError::NotFound`].
    pub async fn revoke_credential(
        &self,
        actor: &Actor,
        name: &str,
    ) -> Result<Applied, ApplyError> {
        self.run(actor, Intent::RevokeCredential(name.to_owned())).await
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
        let total = state.resources.of(kind).count();
        Page { next: last.filter(|_| rest.next().is_some()), items, total }
    }

    /// Resources of a kind that a filter takes, in an order.
    pub fn select(
        &self,
        kind: Kind,
        (filter, order): (&Filter, &Order),
        after: Option<&str>,
        limit: usize,
    ) -> Page {
        if filter.is_empty() && order.is_by_name() {
            return self.list(kind, after, limit);
        }
        let state = self.state();
        let all = state.resources.of(kind);
        let found = all.filter_map(|(name, resource)| export(name, resource).ok());
        let found = found.filter(|resource| filter.takes(resource)).collect();
        select::page(found, order, after, limit.clamp(1, PAGE_ITEMS_MAX))
    }

    /// Credentials as [`Catalog::list`] has them, with the verifiers of those that are secrets. The
    /// audit is told first.
    ///
    /// # Errors
    /// When the audit cannot be written; then nothing is told.
    pub async fn list_verifiers(
        &self,
        actor: &Actor,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let state = self.state();
        let mut page = self.list(Kind::Credential, after, limit);
        let mut names = Vec::new();
        for item in &mut page.items {
            let credential = state.resources.credential(&item.metadata.name);
            let secret = credential.filter(|held| held.kind() == CredentialKind::Secret);
            if let (Some(credential), Some(spec)) = (secret, item.spec.as_object_mut()) {
                let verifier = verifier_text::to_json(&credential.verifier);
                spec.insert("verifier".to_owned(), verifier);
                names.push(item.metadata.name.clone());
            }
        }
        let data = serde_json::json!({ "credentials": names });
        let told = vec![Entry {
            noun: "verifiers".to_owned(),
            verb: "exported",
            subject: "Credential".to_owned(),
            actor: actor.clone(),
            at: self.inner.clock.now(),
            data,
        }];
        let change = Change { entries: told, signer: state.signer.clone(), ..Change::default() };
        self.inner.store.record(&change).await?;
        Ok(page)
    }

    /// What changed after a version, as far as it is remembered.
    pub fn since(&self, version: u64) -> Since {
        self.inner.feed.since(version)
    }

    /// Tells the latest version as it rises.
    pub fn latest(&self) -> watch::Receiver<u64> {
        self.inner.feed.latest()
    }

    /// Records of the audit.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn audit(&self, query: &AuditQuery) -> Result<Vec<Record>, StoreError> {
        self.inner.store.records(query).await
    }

    /// The audit's checkpoints in their order.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn checkpoints(&self) -> Result<Vec<Checkpoint>, StoreError> {
        self.inner.store.checkpoints().await
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

    async fn run(&self, actor: &Actor, intent: Intent) -> Result<Applied, ApplyError> {
        let (inner, actor) = (self.inner.clone(), actor.clone());
        // A task of its own: a caller that goes away between "stored" and "published" must not
        // leave a revocation unpublished.
        let task = tokio::spawn(async move { inner.run(actor, intent).await });
        task.await.map_err(|_| ApplyError::Internal)?
    }
}

impl Inner {
    async fn run(&self, actor: Actor, intent: Intent) -> Result<Applied, ApplyError> {
        let _writer = self.writer.lock().await;
        let asked = Arc::new((actor, self.clock.now(), intent));
        let mut retries = 0;
        loop {
            let Planned { next, change, applied, dry_run } = self.plan(asked.clone()).await?;
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

    async fn plan(
        &self,
        asked: Arc<(Actor, OffsetDateTime, Intent)>,
    ) -> Result<Planned, ApplyError> {
        let (base, secrets) = (self.state.read().clone(), self.secrets.clone());
        let planned = off_thread(move || {
            let (actor, now, intent) = asked.as_ref();
            plan(Ground { base: &base, secrets: &secrets, actor, now: *now }, intent)
        });
        let planned = planned.await;
        planned.map_err(|_| ApplyError::Internal)?
    }

    /// Reads the store again if it is of another version.
    async fn catch_up(&self, version: u64) -> Result<(), StoreError> {
        if self.store.version().await? == version {
            return Ok(());
        }
        let Some(later) = self.store.load_since(version).await? else {
            return self.reload().await;
        };
        let (before, secrets) = (self.state.read().clone(), self.secrets.clone());
        let load = move || State::after(&before, later, &secrets);
        self.publish(off_thread(load).await.map_err(StoreError::Database)?);
        Ok(())
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
        let state = Arc::new(state);
        let before = std::mem::replace(&mut *self.state.write(), state.clone());
        self.snapshots.send_replace(state.snapshot.clone());
        let version = state.snapshot.version;
        if version != before.snapshot.version {
            self.feed.push(version, &before.resources, &state.resources);
        }
    }
}

/// Takes over what other replicas change, until the catalog is gone.
async fn follow(inner: Weak<Inner>, mut changes: watch::Receiver<u64>) {
    while changes.changed().await.is_ok() {
        let heard = *changes.borrow_and_update();
        let Some(inner) = inner.upgrade() else { return };
        let _writer = inner.writer.lock().await;
        // Its own changes are heard of too.
        let now = inner.state.read().snapshot.version;
        if heard != 0 && heard <= now {
            continue;
        }
        if let Err(error) = inner.catch_up(now).await {
            tracing::warn!(%error, "what others changed in the catalog is not taken over yet");
        }
    }
}

/// Work that computes or reads files, off the threads that serve.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())
}
