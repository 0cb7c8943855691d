//! How far the audit was sent, in SQLite.

use sqlx::{Row, SqlitePool};

use super::number;
use crate::store::{Claim, StoreError, unreadable};

pub(super) async fn claim(pool: &SqlitePool, claim: &Claim) -> Result<Option<u64>, StoreError> {
    let sql = "INSERT INTO audit_sink (name, position, holder, until)
               VALUES (?, 0, ?, unixepoch() + ?)
               ON CONFLICT DO UPDATE SET holder = excluded.holder, until = excluded.until
               WHERE audit_sink.holder = excluded.holder OR audit_sink.until <= unixepoch()
               RETURNING position";
    let query = sqlx::query(sql).bind(&claim.sink).bind(&claim.holder).bind(claim.seconds());
    let Some(row) = query.fetch_optional(pool).await? else { return Ok(None) };
    let position: i64 = row.try_get("position")?;
    let position = u64::try_from(position);
    position.map(Some).map_err(|_| unreadable("a sink's position", "it is below 0"))
}

pub(super) async fn sent(
    pool: &SqlitePool,
    claim: &Claim,
    position: u64,
) -> Result<bool, StoreError> {
    let sql = "UPDATE audit_sink SET position = ?, until = unixepoch() + ?
               WHERE name = ? AND holder = ?";
    let query = sqlx::query(sql).bind(number(position)?).bind(claim.seconds());
    let done = query.bind(&claim.sink).bind(&claim.holder).execute(pool).await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn release(pool: &SqlitePool, claim: &Claim) -> Result<(), StoreError> {
    let query = sqlx::query("UPDATE audit_sink SET until = 0 WHERE name = ? AND holder = ?");
    query.bind(&claim.sink).bind(&claim.holder).execute(pool).await?;
    Ok(())
}
