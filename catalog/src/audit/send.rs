//! Sends the audit elsewhere as it grows: what is told here is kept by others, who notice when its
//! end is cut off. One replica sends at a time, each record at least once, in their order. Nobody
//! who writes the audit waits for it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::sync::watch;
use tokio::time::Instant;

use super::{CHECKPOINT_EVERY, Checkpoint, Record};
use crate::Catalog;
use crate::store::{AuditQuery, Claim, StoreError};

/// Records that are sent at once.
const RECORDS_AT_ONCE: u32 = 100;
/// How long the right to send lasts without being renewed: longer than a batch may take.
const LEASE: Duration = Duration::from_secs(30);
/// How often it is renewed, or asked for while somebody else has it.
const RENEW_EVERY: Duration = Duration::from_secs(10);
/// How long a sink may take for a batch.
const SEND_TIMEOUT: Duration = Duration::from_secs(15);
/// How long to wait after a failure: doubled each time, up to the second.
const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// How long the right to send may take to be given back.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);
/// How often a checkpoint follows the records, at most; after a thousand records in any case.
const CHECKPOINT_PERIOD: Duration = Duration::from_secs(60);

/// What a sink's functions return.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;

/// Where the audit is sent. An error says why in words, without a secret, and what was given is
/// given again.
pub trait Sink: Send + Sync + 'static {
    /// Its name among a server's sinks, such as `file`.
    fn name(&self) -> &'static str;

    /// Takes records: all of them are kept there when it returns.
    fn send<'a>(&'a mut self, records: &'a [Record]) -> Sending<'a>;

    /// Takes a checkpoint over the records that it has.
    fn checkpoint<'a>(&'a mut self, checkpoint: &'a Checkpoint) -> Sending<'a>;
}

/// How a sink fares.
#[derive(Debug)]
pub struct SinkStatus {
    /// Its name.
    pub name: &'static str,
    sent: AtomicU64,
    failures: AtomicU64,
    state: Mutex<State>,
}

#[derive(Clone, Debug)]
enum State {
    /// Another replica sends, or none yet.
    StandsBy,
    /// This one sends; the last record that was sent.
    Sends(u64),
    /// It cannot be sent, since when and why.
    Fails(OffsetDateTime, String),
}

impl SinkStatus {
    fn new(name: &'static str) -> Self {
        let (sent, failures) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { name, sent, failures, state: Mutex::new(State::StandsBy) }
    }

    /// Records that were sent by this process.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Times that sending failed.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Whether sending fails now.
    pub fn is_failing(&self) -> bool {
        matches!(*self.state.lock(), State::Fails(..))
    }

    /// In words, for operators.
    pub fn words(&self) -> String {
        let name = self.name;
        match &*self.state.lock() {
            State::StandsBy => format!("the audit's sink {name}: another replica sends"),
            State::Sends(number) => format!("the audit's sink {name}: sent up to record {number}"),
            State::Fails(since, why) => {
                let since = since.format(&Rfc3339).unwrap_or_default();
                format!("the audit's sink {name} fails since {since}: {why}")
            }
        }
    }

    fn set(&self, state: State) {
        *self.state.lock() = state;
    }

    /// Notes a failure; whether it is the first after all was well.
    fn fail(&self, why: &str) -> bool {
        self.failures.fetch_add(1, Ordering::Relaxed);
        let mut state = self.state.lock();
        let since = match &*state {
            State::Fails(since, _) => Some(*since),
            _ => None,
        };
        let now = OffsetDateTime::now_utc();
        *state = State::Fails(since.unwrap_or(now), why.to_owned());
        since.is_none()
    }
}

/// What sends to one sink; goes on when this is dropped.
pub struct SinkTask {
    /// How the sink fares.
    pub status: Arc<SinkStatus>,
    catalog: Catalog,
    claim: Claim,
    task: tokio::task::JoinHandle<()>,
}

impl SinkTask {
    /// Ends it, and lets another replica send at once. What was being sent may be sent again.
    pub async fn stop(self) {
        self.task.abort();
        let _ = self.task.await;
        let released = self.catalog.store().release(&self.claim);
        // If it cannot be given back, it ends.
        let _ = tokio::time::timeout(RELEASE_TIMEOUT, released).await;
    }
}

/// Sends the catalog's audit to a sink for as long as the task runs. `holder` names this process
/// among those that could send; a single process may always have the same name.
pub fn start(catalog: Catalog, sink: impl Sink, holder: &str) -> SinkTask {
    let name = sink.name();
    let status = Arc::new(SinkStatus::new(name));
    let claim = Claim { sink: name.to_owned(), holder: holder.to_owned(), lasts: LEASE };
    let audited = catalog.store().audited();
    let sender = Sender {
        catalog: catalog.clone(),
        sink,
        claim: claim.clone(),
        status: Arc::clone(&status),
        audited,
        checkpointed: (0, None),
    };
    SinkTask { status, catalog, claim, task: tokio::spawn(sender.run()) }
}

struct Sender<S> {
    catalog: Catalog,
    sink: S,
    claim: Claim,
    status: Arc<SinkStatus>,
    audited: watch::Receiver<u64>,
    /// The last checkpoint that was sent: of which record, and when.
    checkpointed: (u64, Option<Instant>),
}

impl<S: Sink> Sender<S> {
    async fn run(mut self) {
        let mut pause = RETRY.0;
        loop {
            let before = self.status.sent();
            let wait = match self.turn().await {
                Ok(()) => RENEW_EVERY,
                Err(why) => {
                    if self.status.sent() > before {
                        pause = RETRY.0;
                    }
                    if self.status.fail(&why) {
                        let sink = self.status.name;
                        tracing::warn!(sink, why, "the audit is not sent for now");
                    }
                    let wait = pause;
                    pause = (pause * 2).min(RETRY.1);
                    // Another replica may fare better; if it cannot be given back, it ends.
                    let _ = self.catalog.store().release(&self.claim).await;
                    wait
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Sends for as long as this process has the right to. Ends well when somebody else has it.
    async fn turn(&mut self) -> Result<(), String> {
        let Some(mut position) = self.claimed().await? else {
            self.status.set(State::StandsBy);
            return Ok(());
        };
        self.status.set(State::Sends(position));
        loop {
            self.audited.mark_unchanged();
            let records = self.next(position).await.map_err(in_words)?;
            let Some(last) = records.last().map(|record| record.number) else {
                self.checkpoint(position).await?;
                self.status.set(State::Sends(position));
                tokio::select! {
                    changed = self.audited.changed() => {
                        changed.map_err(|_| "the catalog is closed".to_owned())?;
                    }
                    () = tokio::time::sleep(RENEW_EVERY) => match self.claimed().await? {
                        Some(known) => position = known,
                        None => {
                            self.status.set(State::StandsBy);
                            return Ok(());
                        }
                    }
                }
                continue;
            };
            // Who is told looks at the resources that the records are about.
            self.catalog.settle().await.map_err(in_words)?;
            in_time(self.sink.send(&records)).await?;
            self.status.sent.fetch_add(records.len() as u64, Ordering::Relaxed);
            position = last;
            if !self.catalog.store().sent(&self.claim, position).await.map_err(in_words)? {
                self.status.set(State::StandsBy);
                return Ok(());
            }
            self.status.set(State::Sends(position));
        }
    }

    async fn claimed(&self) -> Result<Option<u64>, String> {
        self.catalog.store().claim(&self.claim).await.map_err(in_words)
    }

    async fn next(&self, position: u64) -> Result<Vec<Record>, StoreError> {
        let query = AuditQuery {
            after: Some(position),
            oldest_first: true,
            limit: RECORDS_AT_ONCE,
            ..AuditQuery::default()
        };
        self.catalog.audit(&query).await
    }

    /// Sends the latest checkpoint when it says more than the last one that was sent.
    async fn checkpoint(&mut self, position: u64) -> Result<(), String> {
        let (number, at) = self.checkpointed;
        let soon = at.is_some_and(|at| at.elapsed() < CHECKPOINT_PERIOD);
        let few = position < number.saturating_add(CHECKPOINT_EVERY);
        if position <= number || (soon && few) {
            return Ok(());
        }
        let checkpoints = self.catalog.checkpoints().await.map_err(in_words)?;
        // One that is newer follows its record.
        let mut covered = checkpoints.iter().rev().filter(|one| one.number <= position);
        if let Some(latest) = covered.next().filter(|latest| latest.number > number) {
            in_time(self.sink.checkpoint(latest)).await?;
            self.checkpointed = (latest.number, Some(Instant::now()));
        }
        Ok(())
    }
}

async fn in_time(sending: Sending<'_>) -> Result<(), String> {
    let sent = tokio::time::timeout(SEND_TIMEOUT, sending).await;
    sent.unwrap_or_else(|_| Err(format!("it did not answer within {SEND_TIMEOUT:?}")))
}

fn in_words(error: StoreError) -> String {
    error.to_string()
}
