//! What is kept for a while beside the catalog: sessions, logins that are under way. Nobody holds
//! the key of such a thing but the browser that it is for: here is only its digest.

use sha2::{Digest, Sha256};

/// Something that is kept until a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What it is: `session`, `login`.
    pub what: &'static str,
    /// What it is found by.
    pub id: KeptId,
    /// Whose it is.
    pub subject: String,
    /// JSON.
    pub data: String,
    /// Until when, in seconds since 1970.
    pub ends: i64,
}

/// SHA-256 of what the browser holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptId(pub(crate) [u8; 32]);

impl KeptId {
    /// Of what the browser holds.
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret).into())
    }
}

const PUT_NEW: &str = "INSERT INTO kept (what, id, subject, data, ends) VALUES ($1, $2, $3, $4, \
                       $5) ON CONFLICT DO NOTHING";
const PUT_INSTEAD: &str = "INSERT INTO kept (what, id, subject, data, ends) VALUES ($1, $2, $3, \
                           $4, $5) ON CONFLICT (what, id) DO UPDATE SET subject = \
                           excluded.subject, data = excluded.data, ends = excluded.ends";

/// The same statements for both stores: SQLite takes PostgreSQL's placeholders.
macro_rules! keeping {
    ($module:ident, $pool:ty) => {
        pub(super) mod $module {
            use sqlx::Row;

            use crate::store::{Kept, KeptId, StoreError};

            type Pool = $pool;

            pub(in crate::store) async fn keep(
                pool: &Pool,
                kept: &Kept,
                now: i64,
            ) -> Result<bool, StoreError> {
                sqlx::query("DELETE FROM kept WHERE ends <= $1").bind(now).execute(pool).await?;
                Ok(put(pool, kept, super::PUT_NEW).await? == 1)
            }

            pub(in crate::store) async fn keep_instead(
                pool: &Pool,
                kept: &Kept,
            ) -> Result<(), StoreError> {
                put(pool, kept, super::PUT_INSTEAD).await.map(drop)
            }

            async fn put(pool: &Pool, kept: &Kept, sql: &'static str) -> Result<u64, StoreError> {
                let done = sqlx::query(sql)
                    .bind(kept.what)
                    .bind(kept.id.0.as_slice())
                    .bind(&kept.subject)
                    .bind(&kept.data)
                    .bind(kept.ends)
                    .execute(pool)
                    .await?;
                Ok(done.rows_affected())
            }

            pub(in crate::store) async fn find(
                pool: &Pool,
                what: &'static str,
                id: KeptId,
                now: i64,
            ) -> Result<Option<Kept>, StoreError> {
                let sql = "SELECT subject, data, ends FROM kept WHERE what = $1 AND id = $2 AND \
                           ends > $3";
                let query = sqlx::query(sql).bind(what).bind(id.0.to_vec()).bind(now);
                let Some(row) = query.fetch_optional(pool).await? else { return Ok(None) };
                let (subject, data, ends) =
                    (row.try_get("subject")?, row.try_get("data")?, row.try_get("ends")?);
                Ok(Some(Kept { what, id, subject, data, ends }))
            }

            pub(in crate::store) async fn forget(
                pool: &Pool,
                what: &'static str,
                id: KeptId,
            ) -> Result<bool, StoreError> {
                let query = sqlx::query("DELETE FROM kept WHERE what = $1 AND id = $2");
                let done = query.bind(what).bind(id.0.to_vec()).execute(pool).await?;
                Ok(done.rows_affected() == 1)
            }

            pub(in crate::store) async fn forget_all(
                pool: &Pool,
                what: &'static str,
                subject: &str,
            ) -> Result<(), StoreError> {
                let query = sqlx::query("DELETE FROM kept WHERE what = $1 AND subject = $2");
                query.bind(what).bind(subject).execute(pool).await?;
                Ok(())
            }
        }
    };
}

keeping!(sqlite, sqlx::SqlitePool);
keeping!(postgres, sqlx::PgPool);
