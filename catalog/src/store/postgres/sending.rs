//! How far the audit was sent, in PostgreSQL.

use sqlx::{PgPool, Row};

use super::rows::{signed, unsigned};
use crate::store::{Claim, StoreError};

pub(super) async fn claim(pool: &PgPool, claim: &Claim) -> Result<Option<u64>, StoreError> {
    let sql = "INSERT INTO audit_sink (name, position, holder, until)
               VALUES ($1, 0, $2, extract(epoch FROM clock_timestamp())::bigint + $3)
               ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
               WHERE audit_sink.holder = excluded.holder
                   OR audit_sink.until <= extract(epoch FROM clock_timestamp())::bigint
               RETURNING position";
    let query = sqlx::query(sql).bind(&claim.sink).bind(&claim.holder).bind(claim.seconds());
    match query.fetch_optional(pool).await? {
        Some(row) => Ok(Some(unsigned(row.try_get("position")?)?)),
        None => Ok(None),
    }
}

pub(super) async fn sent(pool: &PgPool, claim: &Claim, position: u64) -> Result<bool, StoreError> {
    let sql = "UPDATE audit_sink
               SET position = $1, until = extract(epoch FROM clock_timestamp())::bigint + $2
               WHERE name = $3 AND holder = $4";
    let query = sqlx::query(sql).bind(signed(position)?).bind(claim.seconds());
    let done = query.bind(&claim.sink).bind(&claim.holder).execute(pool).await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn release(pool: &PgPool, claim: &Claim) -> Result<(), StoreError> {
    let query = sqlx::query("UPDATE audit_sink SET until = 0 WHERE name = $1 AND holder = $2");
    query.bind(&claim.sink).bind(&claim.holder).execute(pool).await?;
    Ok(())
}
