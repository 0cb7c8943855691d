//! The catalog in PostgreSQL 15 or later, for several replicas: a change locks one row, and is told
//! to all who listen.

mod audit;
mod listen;
mod rows;
mod sending;

use std::{str::FromStr, time::Duration};

use sqlx::{
    ConnectOptions, PgPool, Row,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use time::OffsetDateTime;
use tokio::sync::watch;

use super::{
    AuditQuery, Change, Claim, Kept, KeptId, Later, Store, StoreError, StoreFuture, Stored,
    kept::postgres as kept,
};
use crate::{
    audit::{Checkpoint, Record},
    resources::Resources,
};

/// Connections to the database: changes are one at a time, reads are few.
const CONNECTIONS_MAX: u32 = 8;
/// How long anybody waits for a connection before the database counts as away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a statement may take: longer, and the database is not well.
const STATEMENT_TIMEOUT: &str = "30s";

/// One snapshot of the database: everything is of one version.
const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// A store in a PostgreSQL database.
#[derive(Clone, Debug)]
pub struct PostgresStore {
    pool: PgPool,
    heard: listen::Heard,
}

impl PostgresStore {
    /// Connects to `postgres://user:password@host:port/database`, brings the tables up to date, and
    /// begins to listen. Password and certificates may also come from libpq's environment
    /// variables.
    ///
    /// # Errors
    /// When the address is none, or the database cannot be reached or migrated.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|_| StoreError::Database("its address is not a postgres:// URL".to_owned()))?
            .application_name("sluicegate")
            .options([("statement_timeout", STATEMENT_TIMEOUT)])
            .disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options)
            .await?;
        MIGRATIONS.run(&pool).await.map_err(|error| StoreError::Database(error.to_string()))?;
        let heard = listen::start(pool.clone());
        Ok(Self { pool, heard })
    }
}

impl Store for PostgresStore {
    fn load(&self) -> StoreFuture<'_, Stored> {
        Box::pin(async move {
            let mut transaction = self.pool.begin_with(READ).await?;
            let version = rows::version(&mut transaction, false).await?;
            let mut resources = Resources::default();
            for (name, resource) in rows::resources(&mut transaction, 0).await? {
                resources.put(name, resource);
            }
            let sealed = rows::sealed(&mut transaction).await?;
            transaction.commit().await?;
            Ok(Stored { version, resources, sealed })
        })
    }

    fn load_since(&self, version: u64) -> StoreFuture<'_, Option<Later>> {
        Box::pin(async move {
            let mut transaction = self.pool.begin_with(READ).await?;
            let later = Later {
                version: rows::version(&mut transaction, false).await?,
                gone: rows::gone(&mut transaction, version).await?,
                put: rows::resources(&mut transaction, version).await?,
                sealed: rows::sealed(&mut transaction).await?,
            };
            transaction.commit().await?;
            // A database that was restored from a backup is behind: nothing can be said of it.
            Ok(Some(later).filter(|later| later.version >= version))
        })
    }

    fn version(&self) -> StoreFuture<'_, u64> {
        Box::pin(async move {
            let query = sqlx::query("SELECT version FROM catalog WHERE id = 1");
            rows::unsigned(query.fetch_one(&self.pool).await?.try_get(0)?)
        })
    }

    fn commit<'a>(&'a self, expected: u64, change: &'a Change) -> StoreFuture<'a, u64> {
        Box::pin(async move {
            let mut transaction = self.pool.begin().await?;
            if rows::version(&mut transaction, true).await? != expected {
                return Err(StoreError::Conflict);
            }
            let next = expected + 1;
            rows::write(&mut transaction, change, next).await?;
            audit::append(&mut transaction, change).await?;
            // Told when the transaction is, and only then.
            sqlx::query("SELECT pg_notify($1, $2)")
                .bind(listen::CHANNEL)
                .bind(next.to_string())
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(next)
        })
    }

    fn record<'a>(&'a self, change: &'a Change) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let mut transaction = self.pool.begin().await?;
            // The chain has one end: who holds the catalog's row may write there.
            rows::version(&mut transaction, true).await?;
            if let Some((limit, entry)) = change.limited() {
                let latest = audit::records(&mut *transaction, &limit.query(entry)).await?;
                limit.check(entry, &latest)?;
            }
            audit::append(&mut transaction, change).await?;
            let told = sqlx::query("SELECT pg_notify($1, '')").bind(listen::AUDIT);
            told.execute(&mut *transaction).await?;
            Ok(transaction.commit().await?)
        })
    }

    fn records<'a>(&'a self, query: &'a AuditQuery) -> StoreFuture<'a, Vec<Record>> {
        Box::pin(audit::records(&self.pool, query))
    }

    fn checkpoints(&self) -> StoreFuture<'_, Vec<Checkpoint>> {
        Box::pin(audit::checkpoints(&self.pool))
    }

    fn restore_audit<'a>(
        &'a self,
        records: &'a [Record],
        checkpoints: &'a [Checkpoint],
    ) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let mut transaction = self.pool.begin().await?;
            audit::write(&mut transaction, records, checkpoints).await?;
            Ok(transaction.commit().await?)
        })
    }

    fn keep<'a>(&'a self, kept: &'a Kept, now: i64) -> StoreFuture<'a, bool> {
        Box::pin(kept::keep(&self.pool, kept, now))
    }

    fn keep_instead<'a>(&'a self, kept: &'a Kept) -> StoreFuture<'a, ()> {
        Box::pin(kept::keep_instead(&self.pool, kept))
    }

    fn kept(&self, what: &'static str, id: KeptId, now: i64) -> StoreFuture<'_, Option<Kept>> {
        Box::pin(kept::find(&self.pool, what, id, now))
    }

    fn forget(&self, what: &'static str, id: KeptId) -> StoreFuture<'_, bool> {
        Box::pin(kept::forget(&self.pool, what, id))
    }

    fn forget_all<'a>(&'a self, what: &'static str, subject: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(kept::forget_all(&self.pool, what, subject))
    }

    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Option<u64>> {
        Box::pin(sending::claim(&self.pool, claim))
    }

    fn sent<'a>(&'a self, claim: &'a Claim, position: u64) -> StoreFuture<'a, bool> {
        Box::pin(sending::sent(&self.pool, claim, position))
    }

    fn release<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, ()> {
        Box::pin(sending::release(&self.pool, claim))
    }

    fn audited(&self) -> watch::Receiver<u64> {
        self.heard.audited.clone()
    }

    fn changes(&self) -> Option<watch::Receiver<u64>> {
        Some(self.heard.changes.clone())
    }

    fn lost(&self) -> Option<watch::Receiver<Option<OffsetDateTime>>> {
        Some(self.heard.lost.clone())
    }
}
