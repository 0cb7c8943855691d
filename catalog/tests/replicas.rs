//! Two catalogs on one database: what one changes the other serves, and neither loses a change.
//! Only with PostgreSQL (`scripts/with-postgres`); SQLite has one process.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use std::{sync::Arc, time::Duration};

use catalog::{
    Actor, Catalog, SubscriptionDetails, SubscriptionMove, model::Kind, store::PostgresStore,
};
use support::{BASE, apply, database, document, secrets};

/// How long a change may take to the other replica.
const HEARD: Duration = Duration::from_secs(10);

async fn two() -> Option<[Catalog; 2]> {
    let server = std::env::var("SLUICEGATE_TEST_POSTGRES").ok()?;
    let url = database(&server).await;
    let open = async || {
        let store = Arc::new(PostgresStore::open(&url).await.unwrap());
        Catalog::with_store(store, secrets()).await.unwrap()
    };
    Some([open().await, open().await])
}

#[tokio::test]
async fn a_change_is_told_to_the_other_replica() {
    let Some([one, other]) = two().await else { return };
    let mut snapshots = other.subscribe();
    apply(&one, BASE).await;
    let seen = snapshots.wait_for(|snapshot| snapshot.grant("shipping", "orders").is_some());
    tokio::time::timeout(HEARD, seen).await.unwrap().unwrap();
    let actor = Actor::system("test");
    let (by, details) = (SubscriptionMove::Revoke, SubscriptionDetails::default());
    other.move_subscription(&actor, "shipping-orders", by, details).await.unwrap();
    let mut snapshots = one.subscribe();
    let gone = snapshots.wait_for(|snapshot| snapshot.grant("shipping", "orders").is_none());
    tokio::time::timeout(HEARD, gone).await.unwrap().unwrap();
    assert_eq!(one.snapshot().version, other.snapshot().version);
}

#[tokio::test]
async fn what_goes_and_comes_again_is_taken_over_too() {
    let Some([one, other]) = two().await else { return };
    apply(&one, BASE).await;
    let actor = Actor::system("test");
    let seen = async |check: &dyn Fn(&Catalog) -> bool| {
        let mut snapshots = other.subscribe();
        let seen = snapshots.wait_for(|_| check(&other));
        tokio::time::timeout(HEARD, seen).await.unwrap().unwrap();
    };
    seen(&|other| other.find(Kind::Credential, "shipping-1").is_some()).await;
    one.delete(&actor, Kind::Credential, "shipping-1").await.unwrap();
    seen(&|other| other.find(Kind::Credential, "shipping-1").is_none()).await;
    let again = document("Credential", "shipping-1", "{application: shipping}");
    let secret = apply(&one, &again).await.secrets.remove(0).secret;
    seen(&|other| other.find(Kind::Credential, "shipping-1").is_some()).await;
    let known = other.snapshot().credentials["shipping-1"].verify(secret.expose());
    assert!(known, "the new secret, not the old one");
    // The same as one that reads everything.
    let before: Vec<_> = Kind::ALL.map(|kind| other.list(kind, None, 100)).into();
    other.refresh().await.unwrap();
    assert_eq!(before, Kind::ALL.map(|kind| other.list(kind, None, 100)));
}

#[tokio::test]
async fn changes_at_the_same_time_are_all_kept() {
    let Some([one, other]) = two().await else { return };
    apply(&one, BASE).await;
    let many = |catalog: Catalog, name: &'static str| async move {
        for n in 0..20 {
            let name = format!("{name}{n}");
            // Who comes second too often is told so, and asks again.
            let text = document("Plan", &name, "{endpoint: orders}");
            while support::try_apply(&catalog, &text).await.is_err() {}
        }
    };
    let (first, second) =
        (tokio::spawn(many(one.clone(), "a")), tokio::spawn(many(other.clone(), "b")));
    first.await.unwrap();
    second.await.unwrap();
    one.refresh().await.unwrap();
    let plans = one.list(Kind::Plan, None, 100).items.len();
    assert_eq!(plans, 41);
    // One chain over both.
    let query = catalog::store::AuditQuery { limit: 1, ..Default::default() };
    assert_eq!(one.audit(&query).await.unwrap()[0].number, 46);
}

/// Ends all connections to a database and keeps new ones out, or lets them in again.
async fn allow(server: &str, url: &str, allowed: bool) {
    use sqlx::Connection;
    let name = url.rsplit('/').next().unwrap();
    let mut connection = sqlx::PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
    let mut run = async |sql: String| {
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    };
    run(format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}")).await;
    if !allowed {
        run(format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        ))
        .await;
    }
}

#[tokio::test]
async fn without_its_database_a_replica_goes_on_for_a_while_and_then_refuses_everything() {
    let Ok(server) = std::env::var("SLUICEGATE_TEST_POSTGRES") else { return };
    let url = database(&server).await;
    let store = Arc::new(PostgresStore::open(&url).await.unwrap());
    let catalog = Catalog::with_store(store, secrets()).await.unwrap();
    apply(&catalog, BASE).await;
    let at_most = Duration::from_secs(4);
    catalog.serve_stale(at_most);
    assert_eq!(catalog.staleness(at_most), None);
    allow(&server, &url, false).await;
    let begun = std::time::Instant::now();
    while catalog.staleness(at_most).is_none() {
        assert!(begun.elapsed() < HEARD, "the loss is not noticed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(catalog.snapshot().grant("shipping", "orders").is_some(), "what was known is served");
    let refused = support::try_apply(&catalog, &document("Team", "t", "{}")).await;
    assert!(refused.is_err(), "no change without the database");
    let mut snapshots = catalog.subscribe();
    let gone = snapshots.wait_for(|snapshot| snapshot.grant("shipping", "orders").is_none());
    tokio::time::timeout(HEARD, gone).await.unwrap().unwrap();
    assert!(begun.elapsed() >= at_most, "too early: {:?}", begun.elapsed());
    assert!(catalog.snapshot().problems[0].contains("is away since"));
    allow(&server, &url, true).await;
    let back = snapshots.wait_for(|snapshot| snapshot.grant("shipping", "orders").is_some());
    tokio::time::timeout(HEARD, back).await.unwrap().unwrap();
    assert_eq!(catalog.staleness(at_most), None);
    apply(&catalog, &document("Team", "t", "{}")).await;
}

#[tokio::test]
async fn a_read_only_database_refuses_changes_and_serves_what_it_has() {
    use sqlx::Connection;
    let Ok(server) = std::env::var("SLUICEGATE_TEST_POSTGRES") else { return };
    let url = database(&server).await;
    let name = url.rsplit('/').next().unwrap();
    let store = Arc::new(PostgresStore::open(&url).await.unwrap());
    let catalog = Catalog::with_store(store, secrets()).await.unwrap();
    apply(&catalog, BASE).await;
    let mut connection = sqlx::PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
    let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    // As after a failover: new connections are read-only.
    allow(&server, &url, false).await;
    allow(&server, &url, true).await;
    let refused = support::try_apply(&catalog, &document("Team", "t", "{}")).await.unwrap_err();
    assert!(refused.to_string().contains("read-only"), "{refused}");
    assert!(catalog.snapshot().grant("shipping", "orders").is_some());
    // Nor is anybody let in whom the audit could not be told of.
    assert!(catalog.sign_in("nobody", "whatever it may be", None).await.is_err());
}
