use super::*;

#[tokio::test]
async fn a_file_that_is_locked_for_a_moment_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite");
    drop(SqliteStore::open(&path).await.unwrap());
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .locking_mode(sqlx::sqlite::SqliteLockingMode::Exclusive);
    let holder = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    sqlx::query("create table held (n integer)").execute(&holder).await.unwrap();
    let opening = tokio::spawn(async move { SqliteStore::open(&path).await.map(|_| ()) });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!opening.is_finished(), "opened although the file is locked");
    holder.close().await;
    opening.await.unwrap().unwrap();
}
