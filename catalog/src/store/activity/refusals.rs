//! Refusals on their way into the file: added to the row of that day, and no more rows than a
//! credential's owner will ever read.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use sqlx::SqliteTransaction;

use super::number;
use crate::activity::{Batch, Refusal};
use crate::store::StoreError;

/// Different refusals of one credential on one day: whoever varies what it asks for must not fill
/// the disk. What comes after them is kept without its words.
const REFUSALS_PER_DAY_MAX: u32 = 500;
/// The words of what comes after them.
const MORE_REFUSED: &str = "More was refused on this day than is kept one by one.";

pub(super) async fn write(
    transaction: &mut SqliteTransaction<'_>,
    batch: &Batch,
    now: i64,
) -> Result<(), StoreError> {
    let mut kept = HashMap::new();
    for (refusal, times) in &batch.refusals {
        let credential = refusal.credential.as_deref().unwrap_or_default();
        let (address, words) = (refusal.address.as_deref().unwrap_or_default(), &*refusal.words);
        let row = |address, words| RefusedRow { refusal, address, words, times: *times, now };
        if row(address, words).add(transaction).await? {
            continue;
        }
        let kept = match kept.entry(credential) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                unknown.insert(refusals_on(transaction, credential, now).await?)
            }
        };
        if *kept < REFUSALS_PER_DAY_MAX {
            *kept += 1;
            row(address, words).insert(transaction).await?;
        } else if !row("", MORE_REFUSED).add(transaction).await? {
            row("", MORE_REFUSED).insert(transaction).await?;
        }
    }
    Ok(())
}

/// A refusal as it is kept.
#[derive(Clone, Copy)]
struct RefusedRow<'a> {
    refusal: &'a Refusal,
    address: &'a str,
    words: &'a str,
    times: u64,
    now: i64,
}

impl RefusedRow<'_> {
    /// Adds to the row of that day, if there is one.
    async fn add(self, transaction: &mut SqliteTransaction<'_>) -> Result<bool, StoreError> {
        let updated = sqlx::query(
            "UPDATE refusal SET times = times + ?, last_at = ?
             WHERE day = ? AND credential = ? AND endpoint = ? AND door = ? AND code = ?
                AND words = ?",
        )
        .bind(number(self.times))
        .bind(self.now)
        .bind(self.now / 86_400)
        .bind(self.refusal.credential.as_deref().unwrap_or_default())
        .bind(self.address)
        .bind(self.refusal.door.label())
        .bind(self.refusal.code)
        .bind(self.words)
        .execute(&mut **transaction)
        .await?;
        Ok(updated.rows_affected() > 0)
    }

    async fn insert(self, transaction: &mut SqliteTransaction<'_>) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO refusal
                (day, credential, endpoint, door, code, words, times, first_at, last_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(self.now / 86_400)
        .bind(self.refusal.credential.as_deref().unwrap_or_default())
        .bind(self.address)
        .bind(self.refusal.door.label())
        .bind(self.refusal.code)
        .bind(self.words)
        .bind(number(self.times))
        .bind(self.now)
        .bind(self.now)
        .execute(&mut **transaction)
        .await?;
        Ok(())
    }
}

/// How many refusals of a credential are kept of that day.
async fn refusals_on(
    transaction: &mut SqliteTransaction<'_>,
    credential: &str,
    now: i64,
) -> Result<u32, StoreError> {
    let count = sqlx::query_scalar("SELECT COUNT(*) FROM refusal WHERE day = ? AND credential = ?");
    let count = count.bind(now / 86_400).bind(credential);
    Ok(count.fetch_one(&mut **transaction).await?)
}

#[cfg(test)]
mod tests {
    use sqlx::Row;

    use super::super::ActivityStore;
    use super::*;
    use crate::activity::Report;
    use crate::model::Door;

    async fn refuse(store: &ActivityStore, credential: &str, addresses: std::ops::Range<u32>) {
        let mut batch = Batch::default();
        for n in addresses {
            let refusal = Refusal::new(Door::Kafka, "not_found", "no such endpoint");
            batch.add(Report::Refused(refusal.of(credential).at(&format!("topic-{n}"))));
        }
        store.write("one", &batch, 86_400 * 7).await.unwrap();
    }

    async fn kept(store: &ActivityStore, credential: &str) -> (i64, i64) {
        let query = "SELECT COUNT(*), SUM(times) FROM refusal WHERE credential = ?";
        let row = sqlx::query(query).bind(credential).fetch_one(&store.pool).await.unwrap();
        (row.get(0), row.get(1))
    }

    #[tokio::test]
    async fn whoever_varies_what_it_asks_for_does_not_fill_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let store = ActivityStore::open(&folder.path().join("a.db")).await.unwrap();
        let most = REFUSALS_PER_DAY_MAX;
        refuse(&store, "curious", 0..most - 1).await;
        refuse(&store, "curious", 0..1).await;
        assert_eq!(kept(&store, "curious").await, (i64::from(most) - 1, i64::from(most)));
        refuse(&store, "curious", most..most + 50).await;
        refuse(&store, "curious", most + 50..most + 60).await;
        // One more of them, and one for all the others.
        assert_eq!(kept(&store, "curious").await, (i64::from(most) + 1, i64::from(most) + 60));
        // What is kept one by one goes on being counted, and others have their own.
        refuse(&store, "curious", 0..1).await;
        assert_eq!(kept(&store, "curious").await, (i64::from(most) + 1, i64::from(most) + 61));
        refuse(&store, "other", 0..3).await;
        assert_eq!(kept(&store, "other").await, (3, 3));
    }
}
