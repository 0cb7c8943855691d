//! A small catalog to begin with, and short ways to apply to it.
#![allow(dead_code, reason = "each test binary uses a part")]
#![allow(clippy::unwrap_used, reason = "tests may")]

use std::sync::Arc;

use catalog::{
    Actor, Applied, ApplyError, ApplyOptions, Catalog, Document, MasterKey, Problem, Secrets,
    store::{PostgresStore, SqliteStore, Store},
};

/// One of everything that does not need a secret.
pub const BASE: &str = r#"
apiVersion: sluicegate/v1
kind: Cluster
metadata: {name: main}
spec:
  bootstrapServers: ["127.0.0.1:9092"]
---
apiVersion: sluicegate/v1
kind: Endpoint
metadata: {name: orders, labels: {team: shop}}
spec:
  cluster: main
  topic: orders
  address: shop.orders
---
apiVersion: sluicegate/v1
kind: Plan
metadata: {name: orders-gold}
spec:
  endpoint: orders
  limits: {eventsPerSecond: 100}
  replayWindow: 7d
---
apiVersion: sluicegate/v1
kind: Application
metadata: {name: shipping}
spec:
  owner: logistics
  attributes: {region: eu}
---
apiVersion: sluicegate/v1
kind: Subscription
metadata: {name: shipping-orders}
spec: {application: shipping, endpoint: orders, plan: orders-gold}
---
apiVersion: sluicegate/v1
kind: Credential
metadata: {name: shipping-1}
spec: {application: shipping}
"#;

/// Secrets with a master key and an environment of `PASSWORD` and `HASH_KEY` only.
pub fn secrets() -> Secrets {
    Secrets::with_environment(Some(MasterKey::new(&[7; 32]).unwrap()), |name| match name {
        "PASSWORD" => Some("canary-environment-password".to_owned()),
        "HASH_KEY" => Some("canary-environment-hash-key".to_owned()),
        _ => None,
    })
}

pub async fn empty() -> Catalog {
    Catalog::with_store(store().await, secrets()).await.unwrap()
}

/// An empty store: SQLite in memory, or a database of its own on the PostgreSQL server that
/// `SLUICEGATE_TEST_POSTGRES` names (`scripts/with-postgres` starts one).
pub async fn store() -> Arc<dyn Store> {
    match std::env::var("SLUICEGATE_TEST_POSTGRES") {
        Ok(server) => Arc::new(PostgresStore::open(&database(&server).await).await.unwrap()),
        Err(_) => Arc::new(SqliteStore::in_memory().await.unwrap()),
    }
}

/// A new database on a server; its URL.
pub async fn database(server: &str) -> String {
    use sqlx::Connection;
    let name = format!("test_{:016x}", rand::random::<u64>());
    let mut connection = sqlx::PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::query(create).execute(&mut connection).await.unwrap();
    format!("{server}/{name}")
}

pub async fn with_base() -> Catalog {
    let catalog = empty().await;
    apply(&catalog, BASE).await;
    catalog
}

/// A document of a kind, with `spec` in YAML flow form.
pub fn document(kind: &str, name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: sluicegate/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"
    )
}

pub fn documents(text: &str) -> Vec<Document> {
    Document::parse_yaml("test.yaml", text).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

pub async fn try_apply(catalog: &Catalog, text: &str) -> Result<Applied, ApplyError> {
    let documents = Document::parse_yaml("test.yaml", text).map_err(ApplyError::Invalid)?;
    catalog.apply(&Actor::system("test"), &documents, ApplyOptions::default()).await
}

pub async fn apply(catalog: &Catalog, text: &str) -> Applied {
    try_apply(catalog, text).await.unwrap_or_else(|error| panic!("{error}"))
}

/// The problems for which a text is refused.
pub async fn problems(catalog: &Catalog, text: &str) -> Vec<Problem> {
    match try_apply(catalog, text).await {
        Err(ApplyError::Invalid(problems)) => problems,
        other => panic!("not refused: {other:?}"),
    }
}
