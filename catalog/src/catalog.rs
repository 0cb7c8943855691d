//! The catalog: one state, one writer at a time, snapshots to whoever listens.

use std::{
    path::Path,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::RwLock;
use time::OffsetDateTime;
use tokio::sync::{Mutex, Semaphore, watch};
use tracing::Instrument;

use crate::{
    actor::Actor,
    audit::{Checkpoint, Entry, Record},
    change::{Applied, ApplyError, ApplyOptions, Intent},
    clock::Clock,
    document::Document,
    feed::{Feed, Since},
    jobs::Jobs,
    lifecycle::{
        self, EndpointDetails, EndpointMove, PolicyMove, SubscriptionDetails, SubscriptionMove,
    },
    model::{Export, Kind},
    people::{Operation, Rights, View},
    plan_change::{Ground, Planned, plan},
    precondition::Asking,
    problem::Problem,
    secret::{Secrets, verifier_text},
    snapshot::{Snapshot, SnapshotReceiver},
    state::State,
    store::{AuditQuery, Change, SqliteStore, Store, StoreError},
};

/// How often a change is worked out again because somebody else changed the store in between.
const CONFLICT_RETRIES_MAX: usize = 3;
/// Passwords that are hashed at a time.
const HASHING_MAX: usize = 2;
/// Most resources of one page of a list.
pub const PAGE_ITEMS_MAX: usize = 1000;

/// What exists and who may use it. Cheap to clone: all clones are the same catalog.
#[derive(Clone)]
pub struct Catalog {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    store: Arc<dyn Store>,
    secrets: Secrets,
    clock: Clock,
    state: RwLock<Arc<State>>,
    writer: Mutex<()>,
    hashing: Semaphore,
    jobs: Jobs,
    sign_ins_refused: AtomicU64,
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
        let hashing = Semaphore::new(HASHING_MAX);
        let feed = Feed::new(snapshots.borrow().version);
        let sign_ins_refused = AtomicU64::new(0);
        let inner = Arc::new(Inner {
            store,
            secrets,
            clock,
            state,
            writer,
            hashing,
            jobs: Jobs::default(),
            sign_ins_refused,
            snapshots,
            feed,
        });
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
        asking: impl Into<Asking>,
        documents: &[Document],
        options: ApplyOptions,
    ) -> Result<Applied, ApplyError> {
        self.run(asking, Intent::Apply(documents.to_vec(), options)).await
    }

    /// Deletes a resource that nothing refers to.
    ///
    /// # Errors
    /// [`ApplyError::NotFound`], or [`ApplyError::Referenced`] with who refers to it.
    pub async fn delete(
        &self,
        asking: impl Into<Asking>,
        kind: Kind,
        name: &str,
    ) -> Result<Applied, ApplyError> {
        self.run(asking, Intent::Delete(kind, name.to_owned())).await
    }

    /// Approves, suspends, revokes a subscription, and so on. What is done already is no error.
    ///
    /// # Errors
    /// [`ApplyError::NotFound`], or [`ApplyError::WrongState`] with what can be done instead.
    pub async fn move_subscription(
        &self,
        asking: impl Into<Asking>,
        name: &str,
        by: SubscriptionMove,
        details: SubscriptionDetails,
    ) -> Result<Applied, ApplyError> {
        self.run(asking, Intent::MoveSubscription(name.to_owned(), by, details)).await
    }

    /// Publishes, deprecates, retires an endpoint, and so on. What is done already is no error.
    ///
    /// # Errors
    /// [`ApplyError::NotFound`], [`ApplyError::WrongState`] with what can be done instead, or
    /// [`ApplyError::Invalid`] when the successor is not there.
    pub async fn move_endpoint(
        &self,
        asking: impl Into<Asking>,
        name: &str,
        by: EndpointMove,
        details: EndpointDetails,
    ) -> Result<Applied, ApplyError> {
        self.run(asking, Intent::MoveEndpoint(name.to_owned(), by, details)).await
    }

    /// Publishes or discards a policy's draft, or goes back to what an earlier version said.
    ///
    /// # Errors
    /// [`ApplyError::NotFound`], [`ApplyError::WrongState`] with what can be done instead, or
    /// [`ApplyError::Breaks`].
    pub async fn move_policy(
        &self,
        asking: impl Into<Asking>,
        name: &str,
        by: PolicyMove,
        options: ApplyOptions,
    ) -> Result<Applied, ApplyError> {
        self.run(asking, Intent::MovePolicy(name.to_owned(), by, options)).await
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

    /// Revokes a credential or a token, for ever. Doing it twice is no error.
    ///
    /// # Errors
    /// [`ApplyError::NotFound`], [`ApplyError::Forbidden`].
    pub async fn revoke(
        &self,
        asking: impl Into<Asking>,
        kind: Kind,
        name: &str,
    ) -> Result<Applied, ApplyError> {
        self.run(asking, Intent::Revoke(kind, name.to_owned())).await
    }

    /// Ends all tickets that were made by a credential so far, and what reads by them. It can make
    /// new ones.
    ///
    /// # Errors
    /// [`ApplyError::NotFound`], [`ApplyError::Forbidden`].
    pub async fn end_tickets(
        &self,
        asking: impl Into<Asking>,
        credential: &str,
    ) -> Result<Applied, ApplyError> {
        self.run(asking, Intent::EndTickets(credential.to_owned())).await
    }

    /// Reads the store and all secrets again, and publishes a snapshot.
    ///
    /// # Errors
    /// When the store cannot be read; then the old snapshot stays.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let inner = self.inner.clone();
        let task = tokio::spawn(async move { inner.read_anew().await });
        task.await.map_err(|error| StoreError::Database(error.to_string()))?
    }

    /// The catalog as somebody gets to see it.
    pub fn view(&self, rights: &Rights) -> View {
        View { state: self.state(), rights: rights.clone() }
    }

    /// A resource as it was applied, without secrets.
    pub fn find(&self, kind: Kind, name: &str) -> Option<Export> {
        self.view(&Rights::everything()).find(kind, name)
    }

    /// Resources of a kind whose names follow `after` (none: from the first), at most `limit`.
    pub fn list(&self, kind: Kind, after: Option<&str>, limit: usize) -> Page {
        self.view(&Rights::everything()).list(kind, after, limit)
    }

    /// Credentials, users or tokens as [`Catalog::list`] has them, with what their secrets are
    /// checked against. The audit is told first.
    ///
    /// # Errors
    /// [`ApplyError::Forbidden`], or when the audit cannot be written; then nothing is told.
    pub async fn list_verifiers(
        &self,
        actor: &Actor,
        kind: Kind,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, ApplyError> {
        if !actor.rights.may(Operation::ExportVerifiers) {
            let message = actor.rights.refusal(Operation::ExportVerifiers, kind);
            let problem = Problem { kind: Some(kind), message, ..Problem::default() };
            return Err(ApplyError::Forbidden(vec![problem]));
        }
        let state = self.state();
        let mut page = self.list(kind, after, limit);
        let mut names = Vec::new();
        for item in &mut page.items {
            let found = state.resources.find(kind, &item.metadata.name);
            let verifier = found.and_then(|resource| verifier_text::to_json(&resource.spec));
            if let (Some(verifier), Some(spec)) = (verifier, item.spec.as_object_mut()) {
                spec.insert("verifier".to_owned(), verifier);
                names.push(item.metadata.name.clone());
            }
        }
        let data = serde_json::json!({ "names": names });
        self.record(actor, ("verifiers", "exported"), kind.to_string(), data).await?;
        Ok(page)
    }

    /// Tells the audit of something that changes no resource.
    pub(crate) async fn record(
        &self,
        actor: &Actor,
        (noun, verb): (&str, &'static str),
        subject: String,
        data: serde_json::Value,
    ) -> Result<(), StoreError> {
        let (noun, actor, at) = (noun.to_owned(), actor.clone(), self.now());
        self.record_all(vec![Entry { noun, verb, subject, actor, at, data }]).await
    }

    /// Tells the audit of several things at once, in one transaction.
    pub(crate) async fn record_all(&self, entries: Vec<Entry>) -> Result<(), StoreError> {
        let signer = self.state().signer.clone();
        let change = Change { entries, signer, ..Change::default() };
        self.inner.store.record(&change).await
    }

    /// Runs slow work over a password: few at a time, because each takes 19 MiB.
    pub(crate) async fn hash<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let _one_of_few = self.inner.hashing.acquire().await;
        off_thread(work).await.map_err(StoreError::Database)
    }

    pub(crate) fn count_refused_sign_in(&self) {
        self.inner.sign_ins_refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Sign-ins that were refused by this process.
    pub fn sign_ins_refused(&self) -> u64 {
        self.inner.sign_ins_refused.load(Ordering::Relaxed)
    }

    pub(crate) fn weak(&self) -> Weak<Inner> {
        Arc::downgrade(&self.inner)
    }

    pub(crate) fn store(&self) -> &dyn Store {
        self.inner.store.as_ref()
    }

    pub(crate) fn secrets(&self) -> &Secrets {
        &self.inner.secrets
    }

    pub(crate) fn jobs(&self) -> &Jobs {
        &self.inner.jobs
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.inner.clock.now()
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

    /// Waits until what is served is what is stored.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn settle(&self) -> Result<(), StoreError> {
        self.inner.settle().await
    }

    pub(crate) async fn run(
        &self,
        asking: impl Into<Asking>,
        intent: Intent,
    ) -> Result<Applied, ApplyError> {
        let (inner, asking) = (self.inner.clone(), asking.into());
        // A task of its own: a caller that goes away between "stored" and "published" must not
        // leave a revocation unpublished.
        let span = tracing::info_span!(target: "sluicegate_trace", "catalog.change");
        let task = async move { inner.run(asking, intent).await };
        let task = tokio::spawn(task.instrument(span));
        task.await.map_err(|_| ApplyError::Internal)?
    }
}

impl Inner {
    async fn run(&self, asking: Asking, intent: Intent) -> Result<Applied, ApplyError> {
        let _writer = self.writer.lock().await;
        let asked = Arc::new((asking, self.clock.now(), intent));
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
        asked: Arc<(Asking, OffsetDateTime, Intent)>,
    ) -> Result<Planned, ApplyError> {
        let (base, secrets) = (self.state.read().clone(), self.secrets.clone());
        let planned = off_thread(move || {
            let (asking, now, intent) = asked.as_ref();
            asking.check(&base.resources)?;
            let actor = &asking.actor;
            plan(Ground { base: &base, secrets: &secrets, actor, now: *now }, intent)
        });
        let planned = planned.await;
        planned.map_err(|_| ApplyError::Internal)?
    }

    /// Serves nothing any more, for this reason, until something is published.
    pub(crate) fn forget(&self, why: &str) {
        let version = self.snapshots.borrow().version;
        let problems = vec![why.to_owned()];
        let nothing = Snapshot { version, problems, ..Snapshot::default() };
        self.snapshots.send_replace(Arc::new(nothing));
    }

    /// Reads everything again, and serves it.
    pub(crate) async fn read_anew(&self) -> Result<(), StoreError> {
        let _writer = self.writer.lock().await;
        self.reload().await
    }

    /// Waits until what is served is what is stored: a change is told of before it is served.
    pub(crate) async fn settle(&self) -> Result<(), StoreError> {
        let _writer = self.writer.lock().await;
        let version = self.state.read().snapshot.version;
        self.catch_up(version).await
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
