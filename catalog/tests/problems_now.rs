//! `Snapshot.problems` says what is wrong now: neither forgets what still is, nor keeps what was.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use catalog::{Actor, Catalog, MasterKey, Secrets, model::Kind};
use support::{BASE, apply, document};

const PLAN: &str = "{endpoint: orders, policies: [pseudonyms]}";
const SUBSCRIPTION: &str = "{application: shipping, endpoint: orders, plan: orders-hashed}";

fn hashed() -> String {
    document("Key", "customers", "{version: 1, secretFrom: {env: HASH_KEY}}")
        + &document("Policy", "pseudonyms", "{rules: [{hash: {path: $.id, hashKey: customers}}]}")
        + &document("Plan", "orders-hashed", PLAN)
        + &document("Subscription", "shipping-orders", SUBSCRIPTION)
}

/// A catalog whose hash key is in the environment while `there`.
async fn with_key(there: &Arc<AtomicBool>) -> Catalog {
    let there = there.clone();
    let master = MasterKey::new(&[7; 32]).unwrap();
    let secrets = Secrets::with_environment(Some(master), move |name| {
        (name == "HASH_KEY" && there.load(Ordering::SeqCst))
            .then(|| "a hash key of enough bytes".to_owned())
    });
    let catalog = Catalog::in_memory(secrets).await.unwrap();
    apply(&catalog, BASE).await;
    apply(&catalog, &hashed()).await;
    assert!(catalog.snapshot().problems.is_empty());
    catalog
}

fn chain_is_ok(catalog: &Catalog) -> bool {
    let snapshot = catalog.snapshot();
    snapshot.grant("shipping", "orders").unwrap().chain.is_ok()
}

fn tells_of_policy(catalog: &Catalog) -> bool {
    let snapshot = catalog.snapshot();
    let tells = |problem: &String| problem.starts_with("Policy/pseudonyms: ");
    snapshot.problems.iter().any(tells)
}

#[tokio::test]
async fn what_is_still_wrong_is_told_after_every_refresh_and_change() {
    let there = Arc::new(AtomicBool::new(true));
    let catalog = with_key(&there).await;
    there.store(false, Ordering::SeqCst);
    for _ in 0..3 {
        catalog.refresh().await.unwrap();
        assert!(tells_of_policy(&catalog));
        assert!(!chain_is_ok(&catalog));
    }
    // A change of something else is not refused for it.
    apply(&catalog, &document("Application", "other", "{}")).await;
    assert!(tells_of_policy(&catalog));
    assert!(!chain_is_ok(&catalog));
}

#[tokio::test]
async fn what_a_refresh_puts_right_is_told_no_more() {
    let there = Arc::new(AtomicBool::new(true));
    let catalog = with_key(&there).await;
    there.store(false, Ordering::SeqCst);
    catalog.refresh().await.unwrap();
    assert!(tells_of_policy(&catalog));
    there.store(true, Ordering::SeqCst);
    catalog.refresh().await.unwrap();
    assert_eq!(catalog.snapshot().problems, Vec::<String>::new());
    assert!(chain_is_ok(&catalog));
}

#[tokio::test]
async fn what_a_change_of_another_resource_puts_right_is_told_no_more() {
    let there = Arc::new(AtomicBool::new(true));
    let catalog = with_key(&there).await;
    there.store(false, Ordering::SeqCst);
    catalog.refresh().await.unwrap();
    let key = "{version: 2, secretFrom: {generate: true}}";
    apply(&catalog, &document("Key", "customers", key)).await;
    assert_eq!(catalog.snapshot().problems, Vec::<String>::new());
    assert!(chain_is_ok(&catalog));
    catalog.refresh().await.unwrap();
    assert_eq!(catalog.snapshot().problems, Vec::<String>::new());
}

#[tokio::test]
async fn a_policy_that_nobody_subscribes_to_is_not_forgotten_either() {
    let there = Arc::new(AtomicBool::new(true));
    let catalog = with_key(&there).await;
    for (kind, name) in [(Kind::Subscription, "shipping-orders"), (Kind::Plan, "orders-hashed")] {
        catalog.delete(&Actor::system("test"), kind, name).await.unwrap();
    }
    there.store(false, Ordering::SeqCst);
    for _ in 0..3 {
        catalog.refresh().await.unwrap();
        assert!(tells_of_policy(&catalog));
    }
    apply(&catalog, &document("Application", "other", "{}")).await;
    assert!(tells_of_policy(&catalog));
}
