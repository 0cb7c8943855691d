//! Work that takes a while: told to whoever began it, on every replica.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use std::{sync::Arc, time::Duration};

use catalog::{
    Actor, Catalog,
    jobs::{JobError, JobState, Unwanted},
};
use serde_json::json;
use support::{secrets, store};

fn actor() -> Actor {
    Actor::system("tests")
}

#[tokio::test]
async fn progress_and_result_are_told_on_every_replica_to_whoever_began_it() {
    let store = store().await;
    let one = Catalog::with_store(Arc::clone(&store), secrets()).await.unwrap();
    let other = Catalog::with_store(store, secrets()).await.unwrap();
    let mut running = one.begin_job(&actor(), "count").await.unwrap();
    let id = running.job().id.clone();
    let found = other.job(&actor(), &id).await.unwrap().unwrap();
    assert_eq!((found.state, found.what.as_str()), (JobState::Running, "count"));
    assert_eq!(other.job(&Actor::system("others"), &id).await.unwrap(), None);
    assert!(!other.stop_job(&Actor::system("others"), &id).await.unwrap());
    let mut told = one.jobs_told();
    told.mark_unchanged();
    tokio::time::sleep(Duration::from_millis(600)).await;
    running.progress(3, Some(9), "three").await.unwrap();
    assert!(told.has_changed().unwrap(), "this replica hears of it at once");
    let found = other.job(&actor(), &id).await.unwrap().unwrap();
    assert_eq!((found.done, found.total, found.note.as_str()), (3, Some(9), "three"));
    running.done(json!({ "sum": 9 })).await;
    let found = other.job(&actor(), &id).await.unwrap().unwrap();
    assert_eq!((found.state, found.result), (JobState::Done, Some(json!({ "sum": 9 }))));
}

#[tokio::test]
async fn another_replica_can_stop_it() {
    let store = store().await;
    let one = Catalog::with_store(Arc::clone(&store), secrets()).await.unwrap();
    let other = Catalog::with_store(store, secrets()).await.unwrap();
    let mut running = one.begin_job(&actor(), "count").await.unwrap();
    let id = running.job().id.clone();
    assert!(other.stop_job(&actor(), &id).await.unwrap());
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(running.progress(1, None, "").await, Err(Unwanted));
    running.stopped().await;
    assert_eq!(other.job(&actor(), &id).await.unwrap().unwrap().state, JobState::Stopped);
}

#[tokio::test]
async fn no_more_run_at_once_than_may() {
    let catalog = Catalog::with_store(store().await, secrets()).await.unwrap();
    let mut running = Vec::new();
    let busy = loop {
        match catalog.begin_job(&actor(), "one of many").await {
            Ok(job) => running.push(job),
            Err(error) => break error,
        }
    };
    assert!(matches!(busy, JobError::Busy), "{busy}");
    assert_eq!(running.len(), 4);
    running.pop().unwrap().failed(json!({ "code": "why" })).await;
    catalog.begin_job(&actor(), "another").await.unwrap();
}
