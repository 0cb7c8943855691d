//! Work that takes longer than somebody waits for an answer: begun by a request, followed by its
//! progress, stopped when it is not wanted any more. It is kept in the store, so that every replica
//! can tell of it; one whose replica went away is told as lost.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use time::OffsetDateTime;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::Instant,
};

use crate::{
    Actor, Catalog,
    store::{Kept, KeptId, StoreError},
};

/// What jobs, and wishes to stop them, are kept as.
const JOB: &str = "job";
const STOP: &str = "job-stop";
/// How long a job is kept after it was told of last: a day, in seconds.
const KEPT_SECONDS: i64 = 24 * 60 * 60;
/// A job that says nothing for so long has lost its replica, in seconds.
const SILENT_SECONDS: i64 = 120;
/// Progress is kept no more often than this.
const TELL_EVERY: Duration = Duration::from_millis(500);
/// Jobs that run at once on one replica.
const RUNNING_MAX: usize = 4;
/// Bytes of an id.
const ID_BYTES: usize = 16;

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum JobState {
    /// It is being done.
    Running,
    /// It is done: there is a result.
    Done,
    /// It could not be done.
    Failed,
    /// Somebody stopped it.
    Stopped,
    /// Its replica went away. Begin it again.
    Lost,
}

impl JobState {
    /// As it is told.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::Lost => "lost",
        }
    }
}

/// A job as it was told of last.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Job {
    /// What it is found by; nobody can guess it.
    pub id: String,
    /// What is done, in words.
    pub what: String,
    /// Where it stands.
    pub state: JobState,
    /// How much is done.
    pub done: u64,
    /// Of how much; `None`: not known yet.
    pub total: Option<u64>,
    /// What is being done now, in words.
    pub note: String,
    /// When it was begun.
    #[serde(with = "time::serde::timestamp")]
    pub begun_at: OffsetDateTime,
    /// When it was told of last.
    #[serde(with = "time::serde::timestamp")]
    pub told_at: OffsetDateTime,
    /// What came of it.
    pub result: Option<Value>,
    /// Why it failed, for whoever began it.
    pub error: Option<Value>,
}

/// Why a job was not begun.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// As many as there may be run already.
    #[error("{RUNNING_MAX} jobs run already")]
    Busy,
    /// The store cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Somebody wants it no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unwanted;

/// The jobs of one process.
pub(crate) struct Jobs {
    slots: Arc<Semaphore>,
    told: watch::Sender<u64>,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { slots: Arc::new(Semaphore::new(RUNNING_MAX)), told: watch::Sender::new(0) }
    }
}

/// A job that is being done, by whoever holds this.
pub struct Running {
    catalog: Catalog,
    owner: String,
    job: Job,
    told: Instant,
    _slot: OwnedSemaphorePermit,
}

impl Catalog {
    /// Begins a job of somebody's.
    ///
    /// # Errors
    /// [`JobError`].
    pub async fn begin_job(&self, actor: &Actor, what: &str) -> Result<Running, JobError> {
        let slots = Arc::clone(&self.jobs().slots);
        let slot = slots.try_acquire_owned().map_err(|_| JobError::Busy)?;
        let (id, now) = (rand::random::<[u8; ID_BYTES]>(), self.now());
        let job = Job {
            id: id.iter().map(|byte| format!("{byte:02x}")).collect(),
            what: what.to_owned(),
            state: JobState::Running,
            done: 0,
            total: None,
            note: String::new(),
            begun_at: now,
            told_at: now,
            result: None,
            error: None,
        };
        let (catalog, owner) = (self.clone(), actor.to_string());
        let told = Instant::now();
        let mut running = Running { catalog, owner, job, told, _slot: slot };
        running.tell().await?;
        Ok(running)
    }

    /// A job of somebody's; `None`: they have no such job, or it is forgotten.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn job(&self, actor: &Actor, id: &str) -> Result<Option<Job>, StoreError> {
        let now = self.now();
        let kept = self.store().kept(JOB, KeptId::of(id), now.unix_timestamp()).await?;
        let Some(kept) = kept.filter(|kept| kept.subject == actor.to_string()) else {
            return Ok(None);
        };
        let job = serde_json::from_str(&kept.data);
        let mut job: Job = job.map_err(|error| StoreError::Unreadable {
            what: "a job".to_owned(),
            reason: error.to_string(),
        })?;
        let silent = now.unix_timestamp() - job.told_at.unix_timestamp();
        if job.state == JobState::Running && silent > SILENT_SECONDS {
            job.state = JobState::Lost;
        }
        Ok(Some(job))
    }

    /// Stops a job of somebody's soon; whether there is one.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn stop_job(&self, actor: &Actor, id: &str) -> Result<bool, StoreError> {
        let Some(job) = self.job(actor, id).await? else { return Ok(false) };
        if job.state == JobState::Running {
            let ends = self.now().unix_timestamp() + KEPT_SECONDS;
            let (subject, data) = (actor.to_string(), String::new());
            let stop = Kept { what: STOP, id: KeptId::of(id), subject, data, ends };
            self.store().keep_instead(&stop).await?;
        }
        Ok(true)
    }

    /// Changes whenever a job of this replica was told of.
    pub fn jobs_told(&self) -> watch::Receiver<u64> {
        self.jobs().told.subscribe()
    }
}

impl Running {
    /// The job as it stands.
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// Says how far it is.
    ///
    /// # Errors
    /// When somebody wants it no more: then it ends, by [`Running::stopped`].
    pub async fn progress(
        &mut self,
        done: u64,
        total: Option<u64>,
        note: &str,
    ) -> Result<(), Unwanted> {
        (self.job.done, self.job.total) = (done, total);
        note.clone_into(&mut self.job.note);
        if self.told.elapsed() < TELL_EVERY {
            return Ok(());
        }
        self.told = Instant::now();
        let (id, now) = (KeptId::of(&self.job.id), self.catalog.now().unix_timestamp());
        let stop = self.catalog.store().kept(STOP, id, now).await;
        if stop.is_ok_and(|stop| stop.is_some()) {
            return Err(Unwanted);
        }
        // A store that is away for a moment ends no work.
        if let Err(error) = self.tell().await {
            tracing::warn!(%error, "a job's progress was not kept");
        }
        Ok(())
    }

    /// It is done.
    pub async fn done(mut self, result: Value) {
        self.job.result = Some(result);
        self.end(JobState::Done).await;
    }

    /// It cannot be done: a problem document says why.
    pub async fn failed(mut self, problem: Value) {
        self.job.error = Some(problem);
        self.end(JobState::Failed).await;
    }

    /// Somebody wanted it no more.
    pub async fn stopped(self) {
        self.end(JobState::Stopped).await;
    }

    async fn end(mut self, state: JobState) {
        self.job.state = state;
        if let Err(error) = self.tell().await {
            tracing::error!(%error, "a job's end was not kept: it will be told as lost");
        }
    }

    async fn tell(&mut self) -> Result<(), StoreError> {
        self.job.told_at = self.catalog.now();
        let data = serde_json::to_string(&self.job).unwrap_or_default();
        let ends = self.job.told_at.unix_timestamp() + KEPT_SECONDS;
        let (id, subject) = (KeptId::of(&self.job.id), self.owner.clone());
        let kept = Kept { what: JOB, id, subject, data, ends };
        self.catalog.store().keep_instead(&kept).await?;
        self.catalog.jobs().told.send_modify(|told| *told = told.wrapping_add(1));
        Ok(())
    }
}
