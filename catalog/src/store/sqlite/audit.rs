//! The audit's records and checkpoints in SQLite.

use sqlx::{
    QueryBuilder, Row, Sqlite, SqliteConnection, SqliteExecutor, SqlitePool, sqlite::SqliteRow,
};

use super::number;
use crate::{
    audit::{CHECKPOINT_EVERY, Checkpoint, Hash, Head, Record},
    store::{AuditQuery, Change, StoreError, unreadable},
};

/// Writes what a change leaves in the audit.
pub(super) async fn append(
    connection: &mut SqliteConnection,
    change: &Change,
) -> Result<(), StoreError> {
    if change.entries.is_empty() {
        return Ok(());
    }
    let (records, checkpoint) = change.records(head(connection).await?);
    if let Some(checkpoint) = &checkpoint {
        // Of those since the last thousand only the latest is kept.
        let full = checkpoint.number.saturating_sub(1) / CHECKPOINT_EVERY * CHECKPOINT_EVERY;
        sqlx::query("DELETE FROM checkpoint WHERE number > ?")
            .bind(number(full)?)
            .execute(&mut *connection)
            .await?;
    }
    write(connection, &records, checkpoint.as_slice()).await
}

/// Writes records and checkpoints as they are.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    records: &[Record],
    checkpoints: &[Checkpoint],
) -> Result<(), StoreError> {
    for record in records {
        sqlx::query("INSERT INTO audit (number, hash, event) VALUES (?, ?, ?)")
            .bind(number(record.number)?)
            .bind(record.hash.0.as_slice())
            .bind(&record.event)
            .execute(&mut *connection)
            .await?;
    }
    let sql = "INSERT INTO checkpoint (number, hash, at, key, signature) VALUES (?, ?, ?, ?, ?)";
    for checkpoint in checkpoints {
        sqlx::query(sql)
            .bind(number(checkpoint.number)?)
            .bind(checkpoint.hash.0.as_slice())
            .bind(&checkpoint.at)
            .bind(&checkpoint.key)
            .bind(&checkpoint.signature)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn head(connection: &mut SqliteConnection) -> Result<Head, StoreError> {
    let query = sqlx::query("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1");
    match query.fetch_optional(connection).await? {
        Some(row) => Ok(Head { number: unsigned(&row)?, hash: hash(&row)? }),
        None => Ok(Head::default()),
    }
}

/// Records that a query asks for.
pub(super) async fn records<'c>(
    connection: impl SqliteExecutor<'c>,
    asked: &AuditQuery,
) -> Result<Vec<Record>, StoreError> {
    let mut query = QueryBuilder::<Sqlite>::new("SELECT number, hash, event FROM audit WHERE 1");
    let mut only = |sql: &str, value: &Option<String>| {
        if let Some(value) = value {
            query.push(sql).push_bind(value.clone());
        }
    };
    only(" AND json_extract(event, '$.subject') = ", &asked.subject);
    only(" AND json_extract(event, '$.subject') >= ", &asked.kind.map(|kind| format!("{kind}/")));
    // `0` is what follows `/`.
    only(" AND json_extract(event, '$.subject') < ", &asked.kind.map(|kind| format!("{kind}0")));
    only(" AND json_extract(event, '$.type') = ", &asked.event_type);
    only(" AND json_extract(event, '$.data.actor.name') = ", &asked.actor);
    only(" AND json_extract(event, '$.time') >= ", &asked.since);
    only(" AND json_extract(event, '$.time') < ", &asked.until);
    if let Some(after) = asked.after {
        let sql = if asked.oldest_first { " AND number > " } else { " AND number < " };
        query.push(sql).push_bind(number(after)?);
    }
    query.push(if asked.oldest_first { " ORDER BY number" } else { " ORDER BY number DESC" });
    query.push(" LIMIT ").push_bind(i64::from(asked.limit));
    let rows = query.build().fetch_all(connection).await?;
    rows.iter()
        .map(|row| {
            let (number, hash) = (unsigned(row)?, hash(row)?);
            Ok(Record { number, hash, event: row.try_get("event")? })
        })
        .collect()
}

/// All checkpoints, in their order: one for each thousand records, and one more.
pub(super) async fn checkpoints(pool: &SqlitePool) -> Result<Vec<Checkpoint>, StoreError> {
    let query =
        sqlx::query("SELECT number, hash, at, key, signature FROM checkpoint ORDER BY number");
    let rows = query.fetch_all(pool).await?;
    rows.iter()
        .map(|row| {
            Ok(Checkpoint {
                number: unsigned(row)?,
                hash: hash(row)?,
                at: row.try_get("at")?,
                key: row.try_get("key")?,
                signature: row.try_get("signature")?,
            })
        })
        .collect()
}

fn unsigned(row: &SqliteRow) -> Result<u64, StoreError> {
    let number: i64 = row.try_get("number")?;
    u64::try_from(number).map_err(|_| unreadable("an audit record", "its number is below 0"))
}

fn hash(row: &SqliteRow) -> Result<Hash, StoreError> {
    let hash: Vec<u8> = row.try_get("hash")?;
    let hash = hash.try_into().map_err(|_| unreadable("an audit record", "its hash is no hash"))?;
    Ok(Hash(hash))
}
