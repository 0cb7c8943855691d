//! Usage on its way into the file and out of it: by minute, summed up by the database, and taken
//! over into it. Here alone its columns are named.

use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Row, Sqlite, SqliteTransaction};

use super::{ActivityStore, ROWS_MAX, UsageRow, UsageSum, number, write_last_use};
use crate::activity::{Batch, Counted, PastUse};
use crate::store::StoreError;

/// Steps cannot be shorter than what is kept.
const STEP_MINUTES_MIN: i64 = 1;

/// A row's columns, in the order in which they are bound.
macro_rules! inserted {
    () => {
        "INTO usage
            (minute, subscription, credential, door,
             events, bytes, withheld, filtered, redacted, throttled_millis)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    };
}

const ADD: &str = concat!(
    "INSERT ",
    inserted!(),
    " ON CONFLICT DO UPDATE SET
        events = events + excluded.events,
        bytes = bytes + excluded.bytes,
        withheld = withheld + excluded.withheld,
        filtered = filtered + excluded.filtered,
        redacted = redacted + excluded.redacted,
        throttled_millis = throttled_millis + excluded.throttled_millis"
);

const TAKE_OVER: &str = concat!("INSERT OR IGNORE ", inserted!());

const SUM: &str = "SELECT minute / ?1 * ?1 AS step, door,
        SUM(events) AS events, SUM(bytes) AS bytes, SUM(withheld) AS withheld,
        SUM(filtered) AS filtered, SUM(redacted) AS redacted,
        SUM(throttled_millis) AS throttled_millis
    FROM usage
    WHERE subscription IN (SELECT value FROM json_each(?2)) AND minute >= ?3
    GROUP BY step, door ORDER BY step, door LIMIT ?4";

type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

fn bind<'q>(statement: Statement<'q>, counted: &Counted) -> Statement<'q> {
    let Counted { events, bytes, withheld, filtered, redacted, throttled_millis } = *counted;
    [events, bytes, withheld, filtered, redacted, throttled_millis]
        .into_iter()
        .fold(statement, |statement, count| statement.bind(number(count)))
}

fn counted(row: &SqliteRow) -> Result<Counted, StoreError> {
    let count = |column: &str| {
        let count = row.try_get::<i64, _>(column)?;
        Ok::<_, StoreError>(u64::try_from(count).unwrap_or(0))
    };
    Ok(Counted {
        events: count("events")?,
        bytes: count("bytes")?,
        withheld: count("withheld")?,
        filtered: count("filtered")?,
        redacted: count("redacted")?,
        throttled_millis: count("throttled_millis")?,
    })
}

/// Adds what was used to the rows of this minute.
pub(super) async fn write(
    transaction: &mut SqliteTransaction<'_>,
    batch: &Batch,
    now: i64,
) -> Result<(), StoreError> {
    for ((subscription, credential, door), counted) in &batch.usage {
        let statement = sqlx::query(ADD)
            .bind(now / 60)
            .bind(subscription.as_ref())
            .bind(credential.as_ref())
            .bind(door.label());
        bind(statement, counted).execute(&mut **transaction).await?;
        write_last_use(transaction, credential, door.label(), now).await?;
    }
    Ok(())
}

impl ActivityStore {
    pub(crate) async fn usage(
        &self,
        subscription: &str,
        since: i64,
    ) -> Result<Vec<UsageRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM usage
             WHERE subscription = ? AND minute >= ? ORDER BY minute LIMIT ?",
        )
        .bind(subscription)
        .bind(since / 60)
        .bind(ROWS_MAX)
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &SqliteRow| {
            Ok(UsageRow {
                minute: row.try_get::<i64, _>("minute")?.saturating_mul(60),
                credential: row.try_get("credential")?,
                door: row.try_get("door")?,
                counted: counted(row)?,
            })
        };
        rows.iter().map(read).collect()
    }

    pub(crate) async fn summed(
        &self,
        subscriptions: &[String],
        since: i64,
        step_minutes: i64,
    ) -> Result<Vec<UsageSum>, StoreError> {
        let step = step_minutes.max(STEP_MINUTES_MIN);
        // One parameter, however many they are.
        let names = serde_json::Value::from(subscriptions).to_string();
        let rows = sqlx::query(SUM)
            .bind(step)
            .bind(names)
            .bind(since / 60)
            .bind(ROWS_MAX)
            .fetch_all(&self.pool)
            .await?;
        let read = |row: &SqliteRow| {
            Ok(UsageSum {
                at: row.try_get::<i64, _>("step")?.saturating_mul(60),
                door: row.try_get("door")?,
                counted: counted(row)?,
            })
        };
        rows.iter().map(read).collect()
    }

    pub(crate) async fn take_over(&self, uses: &[PastUse<'_>]) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        for one in uses {
            let statement = sqlx::query(TAKE_OVER)
                .bind(one.minute)
                .bind(one.subscription)
                .bind(one.credential)
                .bind(one.door);
            bind(statement, &one.counted).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
