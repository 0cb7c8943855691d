//! Applying documents, as seen from outside: what is created, what is refused, what is published.

mod support;

use catalog::{Action, ApplyError, ApplyOptions, Catalog, Document, SubscriptionMove, model::Kind};
use support::{BASE, apply, documents, empty, problems};

#[tokio::test]
async fn a_first_apply_creates_everything_and_publishes_it() {
    let catalog = empty().await;
    let mut snapshots = catalog.subscribe();
    let applied = apply(&catalog, BASE).await;
    assert!(
        applied
            .resources
            .iter()
            .all(|resource| resource.action == Action::Created)
    );
    assert_eq!(applied.version, 1);
    assert!(snapshots.has_changed().unwrap());
    let snapshot = snapshots.borrow_and_update().clone();
    assert_eq!(snapshot.version, 1);
    let grant = snapshot.grant("shipping", "orders").unwrap();
    assert_eq!(grant.plan_name, "orders-gold");
    assert_eq!(grant.endpoint.name, "orders");
    assert_eq!(grant.cluster.name, "main");
    assert_eq!(grant.replay_window.unwrap().as_secs(), 7 * 24 * 60 * 60);
    assert!(grant.chain.is_ok());
    assert!(
        snapshot.endpoints.contains_key("shop.orders"),
        "found by address"
    );
    assert!(snapshot.problems.is_empty());
}
