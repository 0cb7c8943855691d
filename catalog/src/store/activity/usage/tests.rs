use std::path::Path;

use super::super::MIGRATIONS;
use super::*;
use crate::activity::{Report, Usage};
use crate::model::Door;

/// No two alike, so that no column can stand for another.
const COUNTED: Counted = Counted {
    events: 3,
    bytes: 500,
    withheld: 7,
    filtered: 11,
    redacted: 2,
    throttled_millis: 130,
};

fn times(counted: Counted, times: u64) -> Counted {
    let mut sum = Counted::default();
    (0..times).for_each(|_| sum.add(&counted));
    sum
}

fn used(credential: &str, door: Door) -> Report {
    let (subscription, credential) = ("reader-orders".into(), credential.into());
    Report::Used(Usage { subscription, credential, door, counted: COUNTED })
}

async fn write(store: &ActivityStore, minute: i64, reports: impl IntoIterator<Item = Report>) {
    let mut batch = Batch::default();
    reports.into_iter().for_each(|report| batch.add(report));
    store.write("one", &batch, minute * 60).await.unwrap();
}

/// What lies in the columns, read by somebody else's words.
async fn columns(store: &ActivityStore) -> Vec<[i64; 6]> {
    let rows = sqlx::query_as::<_, (i64, i64, i64, i64, i64, i64)>(
        "SELECT throttled_millis, redacted, filtered, withheld, bytes, events FROM usage
         ORDER BY minute, credential",
    );
    let rows = rows.fetch_all(&store.pool).await.unwrap();
    let turned = rows.into_iter().map(|(t, r, f, w, b, e)| [e, b, w, f, r, t]);
    turned.collect()
}

#[tokio::test]
async fn each_count_has_its_column_and_is_added_up_there() {
    let folder = tempfile::tempdir().unwrap();
    let store = ActivityStore::open(&folder.path().join("a.db")).await.unwrap();
    // Twice in one flush, once more in the next, and in a minute of its own through another door.
    write(&store, 10, [used("a", Door::Sse), used("a", Door::Sse), used("b", Door::Sse)]).await;
    write(&store, 10, [used("a", Door::Sse)]).await;
    write(&store, 11, [used("a", Door::Kafka)]).await;
    let one = [3, 500, 7, 11, 2, 130];
    assert_eq!(columns(&store).await, [one.map(|count| count * 3), one, one]);
    let rows = store.usage("reader-orders", 0).await.unwrap();
    let rows: Vec<_> = rows.iter().map(|row| (row.minute, row.counted)).collect();
    assert_eq!(rows, [(600, times(COUNTED, 3)), (600, COUNTED), (660, COUNTED)]);
    let summed = store.summed(&["reader-orders".to_owned()], 0, 60).await.unwrap();
    let summed: Vec<_> = summed.iter().map(|sum| (&*sum.door, sum.counted)).collect();
    assert_eq!(summed, [("kafka", COUNTED), ("sse", times(COUNTED, 4))]);
}

#[tokio::test]
async fn what_is_taken_over_lies_in_the_same_columns() {
    let folder = tempfile::tempdir().unwrap();
    let store = ActivityStore::open(&folder.path().join("a.db")).await.unwrap();
    let (subscription, credential, door) = ("reader-orders", "a", "sse");
    let past = PastUse { minute: 10, subscription, credential, door, counted: COUNTED };
    // What is there already stays.
    let other = PastUse { counted: times(COUNTED, 9), ..past };
    store.take_over(&[past, other]).await.unwrap();
    assert_eq!(columns(&store).await, [[3, 500, 7, 11, 2, 130]]);
}

/// Makes the file as the first version of it did.
async fn first_version(path: &Path) -> sqlx::SqlitePool {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    MIGRATIONS.run_to(1, &pool).await.unwrap();
    pool
}

#[tokio::test]
async fn a_file_of_the_first_version_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let old = first_version(&path).await;
    sqlx::query(
        "INSERT INTO usage (minute, subscription, credential, door, events, bytes)
         VALUES (10, 'reader-orders', 'a', 'sse', 40, 4000)",
    )
    .execute(&old)
    .await
    .unwrap();
    old.close().await;
    let store = ActivityStore::open(&path).await.unwrap();
    let before = Counted { events: 40, bytes: 4000, ..Counted::default() };
    let rows = store.usage("reader-orders", 0).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.counted).collect::<Vec<_>>(), [before]);
    // The minute in which it was upgraded counts on.
    write(&store, 10, [used("a", Door::Sse)]).await;
    let mut both = before;
    both.add(&COUNTED);
    let summed = store.summed(&["reader-orders".to_owned()], 0, 1).await.unwrap();
    assert_eq!(summed.iter().map(|sum| sum.counted).collect::<Vec<_>>(), [both]);
    // It is not upgraded twice.
    drop(store);
    let store = ActivityStore::open(&path).await.unwrap();
    assert_eq!(columns(&store).await, [[43, 4500, 7, 11, 2, 130]]);
}
