//! Usage of many minutes at once: summed up by the database, and taken over into it.

use sqlx::Row;

use super::{ActivityStore, ROWS_MAX, UsageSum};
use crate::{activity::PastUse, store::StoreError};

/// Steps cannot be shorter than what is kept.
const STEP_MINUTES_MIN: i64 = 1;

impl ActivityStore {
    pub(crate) async fn summed(
        &self,
        subscriptions: &[String],
        since: i64,
        step_minutes: i64,
    ) -> Result<Vec<UsageSum>, StoreError> {
        let step = step_minutes.max(STEP_MINUTES_MIN);
        // One parameter, however many they are.
        let names = serde_json::Value::from(subscriptions).to_string();
        let rows = sqlx::query(
            "SELECT minute / ?1 * ?1 AS step, door, SUM(events), SUM(bytes) FROM usage
             WHERE subscription IN (SELECT value FROM json_each(?2)) AND minute >= ?3
             GROUP BY step, door ORDER BY step, door LIMIT ?4",
        )
        .bind(step)
        .bind(names)
        .bind(since / 60)
        .bind(ROWS_MAX)
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &sqlx::sqlite::SqliteRow| {
            Ok(UsageSum {
                at: row.try_get::<i64, _>(0)?.saturating_mul(60),
                door: row.try_get(1)?,
                events: row.try_get(2)?,
                bytes: row.try_get(3)?,
            })
        };
        rows.iter().map(read).collect()
    }

    pub(crate) async fn take_over(&self, uses: &[PastUse<'_>]) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        for one in uses {
            sqlx::query(
                "INSERT OR IGNORE INTO usage
                    (minute, subscription, credential, door, events, bytes)
                 VALUES (?, ?, ?, ?, ?, ?)",
            )
            .bind(one.minute)
            .bind(one.subscription)
            .bind(one.credential)
            .bind(one.door)
            .bind(one.events)
            .bind(one.bytes)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}
