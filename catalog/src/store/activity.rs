//! Activity in a SQLite file of its own: losing it loses history, never a right.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Row, SqlitePool, SqliteTransaction};

use super::StoreError;
use super::sqlite::{connect, make_private};
use crate::activity::{Batch, Counted, Lag};

mod refusals;
mod usage;

/// One writes, some answer questions.
const CONNECTIONS_MAX: u32 = 3;
/// The most rows that one question answers: a month of minutes.
const ROWS_MAX: i64 = 50_000;
/// The most refusals and connections that are answered for one credential.
const LATEST_MAX: i64 = 200;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/activity");

/// What a subscription used in one minute through one door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRow {
    /// The minute's beginning, in seconds since the epoch.
    pub minute: i64,
    /// The credential's id.
    pub credential: String,
    /// The door.
    pub door: String,
    /// How much.
    pub counted: Counted,
}

/// What passed through one door in one step of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageSum {
    /// The step's beginning, in seconds since the epoch.
    pub at: i64,
    /// The door.
    pub door: String,
    /// How much.
    pub counted: Counted,
}

/// Why a credential was refused, on one day.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RefusalRow {
    /// The address that was asked for, as the client sent it; empty: none.
    pub address: String,
    /// The door.
    pub door: String,
    /// The reason as a word of a closed set.
    pub code: String,
    /// The reason in words.
    pub words: String,
    /// How often.
    pub times: i64,
    /// When first on that day, in seconds since the epoch.
    pub first_at: i64,
    /// When last.
    pub last_at: i64,
}

/// A connection that is open.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SessionRow {
    /// The replica it is on.
    pub replica: String,
    /// The door.
    pub door: String,
    /// From where.
    pub peer: String,
    /// What the client says it is.
    pub software: String,
    /// Since when, in seconds since the epoch.
    pub opened_at: i64,
}

/// What a replica said of itself last.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ReplicaRow {
    /// Its name.
    pub name: String,
    /// What is wrong, one line each; empty: nothing.
    pub problems: String,
    /// When it said so, in seconds since the epoch.
    pub seen_at: i64,
}

/// The file.
#[derive(Clone, Debug)]
pub struct ActivityStore {
    pool: SqlitePool,
}

impl ActivityStore {
    pub(crate) async fn open(path: &Path) -> Result<Self, StoreError> {
        make_private(path)
            .map_err(|error| StoreError::Database(format!("{}: {error}", path.display())))?;
        // Not synced at each commit: a power cut may cost the last seconds of history.
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal);
        Ok(Self { pool: connect(options, CONNECTIONS_MAX, &MIGRATIONS).await? })
    }

    pub(crate) async fn write(
        &self,
        replica: &str,
        batch: &Batch,
        now: i64,
    ) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        usage::write(&mut transaction, batch, now).await?;
        refusals::write(&mut transaction, batch, now).await?;
        write_sessions(&mut transaction, replica, batch, now).await?;
        write_lag(&mut transaction, batch, now).await?;
        if let Some(problems) = &batch.health {
            sqlx::query(
                "INSERT OR REPLACE INTO replica (name, problems, seen_at) VALUES (?, ?, ?)",
            )
            .bind(replica)
            .bind(problems.join("\n"))
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Forgets the connections of an earlier process of this name: their numbers begin anew.
    pub(crate) async fn forget_sessions(&self, replica: &str) -> Result<(), StoreError> {
        let deletion = sqlx::query("DELETE FROM session WHERE replica = ?").bind(replica);
        deletion.execute(&self.pool).await?;
        Ok(())
    }

    /// Deletes what is older than `before`, in seconds since the epoch.
    pub(crate) async fn purge(&self, before: i64) -> Result<(), StoreError> {
        let deletions = [
            ("DELETE FROM usage WHERE minute < ?", before / 60),
            ("DELETE FROM refusal WHERE day < ?", before / 86_400),
            ("DELETE FROM session WHERE closed_at < ?", before),
            ("DELETE FROM lag WHERE seen_at < ?", before),
            ("DELETE FROM last_use WHERE used_at < ?", before),
            ("DELETE FROM replica WHERE seen_at < ?", before),
        ];
        for (deletion, bound) in deletions {
            sqlx::query(deletion).bind(bound).execute(&self.pool).await?;
        }
        Ok(())
    }

    pub(crate) async fn refusals(&self, credential: &str) -> Result<Vec<RefusalRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT endpoint, door, code, words, times, first_at, last_at FROM refusal
             WHERE credential = ? ORDER BY last_at DESC LIMIT ?",
        )
        .bind(credential)
        .bind(LATEST_MAX)
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &sqlx::sqlite::SqliteRow| {
            Ok(RefusalRow {
                address: row.try_get(0)?,
                door: row.try_get(1)?,
                code: row.try_get(2)?,
                words: row.try_get(3)?,
                times: row.try_get(4)?,
                first_at: row.try_get(5)?,
                last_at: row.try_get(6)?,
            })
        };
        rows.iter().map(read).collect()
    }

    pub(crate) async fn last_use(&self, credential: &str) -> Result<Option<i64>, StoreError> {
        let query = sqlx::query_scalar("SELECT used_at FROM last_use WHERE credential = ?");
        Ok(query.bind(credential).fetch_optional(&self.pool).await?)
    }

    pub(crate) async fn sessions(&self, credential: &str) -> Result<Vec<SessionRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT replica, door, peer, software, opened_at FROM session
             WHERE credential = ? AND closed_at IS NULL ORDER BY opened_at DESC LIMIT ?",
        )
        .bind(credential)
        .bind(LATEST_MAX)
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &sqlx::sqlite::SqliteRow| {
            Ok(SessionRow {
                replica: row.try_get(0)?,
                door: row.try_get(1)?,
                peer: row.try_get(2)?,
                software: row.try_get(3)?,
                opened_at: row.try_get(4)?,
            })
        };
        rows.iter().map(read).collect()
    }

    pub(crate) async fn lag(&self, subscription: &str) -> Result<Vec<Lag>, StoreError> {
        let rows = sqlx::query(
            "SELECT consumer, partition, committed, log_end FROM lag
             WHERE subscription = ? ORDER BY consumer, partition LIMIT ?",
        )
        .bind(subscription)
        .bind(ROWS_MAX)
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &sqlx::sqlite::SqliteRow| {
            Ok(Lag {
                subscription: subscription.into(),
                consumer: Arc::from(row.try_get::<String, _>(0)?),
                partition: row.try_get(1)?,
                committed: row.try_get(2)?,
                log_end: row.try_get(3)?,
            })
        };
        rows.iter().map(read).collect()
    }

    pub(crate) async fn replicas(&self) -> Result<Vec<ReplicaRow>, StoreError> {
        let query = sqlx::query("SELECT name, problems, seen_at FROM replica ORDER BY name");
        let rows = query.fetch_all(&self.pool).await?;
        let read = |row: &sqlx::sqlite::SqliteRow| {
            Ok(ReplicaRow {
                name: row.try_get(0)?,
                problems: row.try_get(1)?,
                seen_at: row.try_get(2)?,
            })
        };
        rows.iter().map(read).collect()
    }
}

/// SQLite's numbers are signed.
fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

async fn write_last_use(
    transaction: &mut SqliteTransaction<'_>,
    credential: &str,
    door: &str,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query("INSERT OR REPLACE INTO last_use (credential, door, used_at) VALUES (?, ?, ?)")
        .bind(credential)
        .bind(door)
        .bind(now)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

async fn write_sessions(
    transaction: &mut SqliteTransaction<'_>,
    replica: &str,
    batch: &Batch,
    now: i64,
) -> Result<(), StoreError> {
    for session in &batch.opened {
        sqlx::query(
            "INSERT OR REPLACE INTO session
                (replica, number, credential, door, peer, software, opened_at, closed_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
        )
        .bind(replica)
        .bind(number(session.number))
        .bind(session.credential.as_ref())
        .bind(session.door.label())
        .bind(text(session.peer))
        .bind(session.software())
        .bind(now)
        .execute(&mut **transaction)
        .await?;
        write_last_use(transaction, &session.credential, session.door.label(), now).await?;
    }
    for closed in &batch.closed {
        sqlx::query("UPDATE session SET closed_at = ? WHERE replica = ? AND number = ?")
            .bind(now)
            .bind(replica)
            .bind(number(*closed))
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

fn text(address: IpAddr) -> String {
    address.to_canonical().to_string()
}

async fn write_lag(
    transaction: &mut SqliteTransaction<'_>,
    batch: &Batch,
    now: i64,
) -> Result<(), StoreError> {
    for ((subscription, consumer, partition), (committed, log_end)) in &batch.lag {
        sqlx::query(
            "INSERT OR REPLACE INTO lag
                (subscription, consumer, partition, committed, log_end, seen_at)
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(subscription.as_ref())
        .bind(consumer.as_ref())
        .bind(partition)
        .bind(committed)
        .bind(log_end)
        .bind(now)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}
