//! What is kept for a while, in PostgreSQL.

use sqlx::{PgPool, Row};

use crate::store::{Kept, KeptId, StoreError};

pub(super) async fn keep(pool: &PgPool, kept: &Kept, now: i64) -> Result<bool, StoreError> {
    let mut transaction = pool.begin().await?;
    sqlx::query("DELETE FROM kept WHERE ends <= $1").bind(now).execute(&mut *transaction).await?;
    let sql = "INSERT INTO kept (what, id, subject, data, ends) VALUES ($1, $2, $3, $4, $5) ON \
               CONFLICT DO NOTHING";
    let done = sqlx::query(sql)
        .bind(kept.what)
        .bind(kept.id.0.as_slice())
        .bind(&kept.subject)
        .bind(&kept.data)
        .bind(kept.ends)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn find(
    pool: &PgPool,
    what: &'static str,
    id: KeptId,
    now: i64,
) -> Result<Option<Kept>, StoreError> {
    let sql = "SELECT subject, data, ends FROM kept WHERE what = $1 AND id = $2 AND ends > $3";
    let query = sqlx::query(sql).bind(what).bind(id.0.to_vec()).bind(now);
    let Some(row) = query.fetch_optional(pool).await? else { return Ok(None) };
    let (subject, data, ends) =
        (row.try_get("subject")?, row.try_get("data")?, row.try_get("ends")?);
    Ok(Some(Kept { what, id, subject, data, ends }))
}

pub(super) async fn forget(
    pool: &PgPool,
    what: &'static str,
    id: KeptId,
) -> Result<bool, StoreError> {
    let query = sqlx::query("DELETE FROM kept WHERE what = $1 AND id = $2");
    let done = query.bind(what).bind(id.0.to_vec()).execute(pool).await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn forget_all(
    pool: &PgPool,
    what: &'static str,
    subject: &str,
) -> Result<(), StoreError> {
    let query = sqlx::query("DELETE FROM kept WHERE what = $1 AND subject = $2");
    query.bind(what).bind(subject).execute(pool).await?;
    Ok(())
}
